// The list of checks. Its order is that of the reference page; what runs first is said by `after`.

import { accessCheck } from './access.ts';
import { attachmentsCheck } from './attachments.ts';
import { arcCheck } from './auth-arc.ts';
import { dkimCheck } from './auth-dkim.ts';
import { dmarcCheck } from './auth-dmarc.ts';
import { spfCheck } from './auth-spf.ts';
import { charactersCheck } from './characters.ts';
import type { Check } from './check.ts';
import { clamavCheck } from './clamav.ts';
import { clientCheck } from './client.ts';
import { dnsListsCheck } from './dns-lists.ts';
import { eicarCheck } from './eicar.ts';
import { envelopeCheck } from './envelope.ts';
import { fromCheck } from './from.ts';
import { gtubeCheck } from './gtube.ts';
import { headerCheck } from './header.ts';
import { historyCheck } from './history.ts';
import { htmlCheck } from './html.ts';
import { languageCheck } from './language.ts';
import { messageCheck } from './message.ts';
import { mimeCheck } from './mime.ts';
import { resemblanceCheck } from './resemblance.ts';
import { subjectCheck } from './subject.ts';
import { textCheck } from './text.ts';
import { urlsCheck } from './urls.ts';

export const checks: readonly Check[] = [
  clientCheck,
  dnsListsCheck,
  envelopeCheck,
  fromCheck,
  messageCheck,
  headerCheck,
  subjectCheck,
  spfCheck,
  dkimCheck,
  dmarcCheck,
  arcCheck,
  historyCheck,
  accessCheck,
  mimeCheck,
  textCheck,
  resemblanceCheck,
  charactersCheck,
  languageCheck,
  htmlCheck,
  urlsCheck,
  attachmentsCheck,
  gtubeCheck,
  eicarCheck,
  clamavCheck,
];
