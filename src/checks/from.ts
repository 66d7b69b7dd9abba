// Whose name and address a reader sees, and whether they agree with each other and with the envelope.

import type { AddressList } from '../content/addresses.ts';
import { addressDefects } from '../content/addresses.ts';
import { clipped, fitting, withUnseenShown } from '../content/bounds.ts';
import { registrableDomain } from '../content/urls.ts';
import { domainOf } from '../model/address.ts';
import { choice, count, flag, text, texts } from '../model/shape.ts';
import { check } from './check.ts';

export const fromCheck = check({
  name: 'from',
  after: [],
  timeoutMs: 1000,
  about: 'The From field as its reader sees it, and Reply-To. Not authentication: that is `auth.dmarc`.',
  evidence: {
    count: count('From fields; RFC 5322 §3.6 wants exactly one.'),
    addresses: count('Mailboxes in all From fields.'),
    address: text('The first mailbox, lower case; empty where there is none.'),
    domain: text('Its domain, lower case; empty where there is none.'),
    organisation: text('The domain under which that domain was registered.'),
    domains: texts('Distinct domains of all mailboxes, at most 10.'),
    display_name: text('The first mailbox’s name, decoded, unseen characters written out, at most 200 characters.'),
    display_has_address: flag('The name has a mail address in it.'),
    display_address_domain: text('The domain of that address; empty without.'),
    display_address_differs: flag('That address’s organisation is another one than the mailbox’s.'),
    is_parsable: flag(
      'One From field, at least one mailbox with a domain, and no defect but a group or unquoted 8-bit text.',
    ),
    defect: choice(['none', ...addressDefects], 'The gravest thing that is wrong with the fields.'),
    reply_to: text('The first mailbox of Reply-To, lower case; empty without.'),
    reply_to_domain: text('Its domain; empty without.'),
    reply_to_differs: flag('Reply-To is there, and of another organisation than From.'),
    differs_from_envelope: flag('The reverse-path is not null, and of another organisation than From.'),
    is_local: flag('The domain is one of ours.'),
  },
  observe({ mail, envelope, site }) {
    const lists = mail.addresses('from');
    const mailboxes = lists.flatMap(list => list.mailboxes);
    const [first] = mailboxes;
    const domain = first?.domain ?? '';
    const organisation = organisationOf(domain);
    const displayName = clipped(withUnseenShown(first?.displayName ?? ''), 200);
    const displayed = addressIn(displayName);
    const replyTo = mail.addresses('reply-to').flatMap(list => list.mailboxes)[0];
    const replyToDomain = replyTo?.domain ?? '';
    const envelopeDomain = domainOf(envelope.reversePath);
    return {
      count: lists.length,
      addresses: mailboxes.length,
      address: clipped(first?.address.toLowerCase() ?? '', 320),
      domain: clipped(domain, 255),
      organisation,
      domains: fitting(new Set(mailboxes.map(m => m.domain).filter(d => d !== '')), {
        items: 10,
        chars: 1000,
        each: 255,
      }),
      display_name: displayName,
      display_has_address: displayed !== '',
      display_address_domain: displayed,
      display_address_differs: displayed !== '' && organisationOf(displayed) !== organisation,
      is_parsable: lists.length === 1 && isParsable(lists[0]),
      defect: addressDefects.find(defect => lists.some(list => list.defects.includes(defect))) ?? 'none',
      reply_to: clipped(replyTo?.address.toLowerCase() ?? '', 320),
      reply_to_domain: clipped(replyToDomain, 255),
      reply_to_differs: replyToDomain !== '' && organisationOf(replyToDomain) !== organisation,
      differs_from_envelope: envelopeDomain !== null && organisationOf(envelopeDomain) !== organisation,
      is_local: site.domains.includes(domain),
    };
  },
});

const organisationOf = (domain: string): string => (domain === '' ? '' : clipped(registrableDomain(domain), 255));

/** The domain of a mail address in `name`, lower case; `''` where there is none. */
function addressIn(name: string): string {
  return /[\w.+%-]{1,64}@((?:[a-z0-9-]{1,63}\.){1,8}[a-z][a-z0-9-]{1,62})/i.exec(name)?.[1]?.toLowerCase() ?? '';
}

const tolerable: ReadonlySet<string> = new Set(['group', 'unquoted 8-bit text']);

function isParsable(list: AddressList | undefined): boolean {
  if (list === undefined || !list.mailboxes.some(mailbox => isDomain(mailbox.domain))) return false;
  return list.defects.every(defect => tolerable.has(defect));
}

/** A dotted name, with or without non-ASCII letters, or an address literal. */
const isDomain = (domain: string): boolean =>
  domain.length <= 255 && /^(?:[\w\x80-\uffff-]{1,63}(?:\.[\w\x80-\uffff-]{1,63})+|\[[0-9a-f.:ipv]+\])$/i.test(domain);
