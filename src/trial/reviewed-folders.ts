// Mail that was sorted into folders, as thresholds are calibrated by it: each message speaks for itself.

import type { JudgedGroup } from '../model/disposition.ts';
import type { Facts } from '../model/evidence.ts';
import { strongest } from '../rules/weigh.ts';
import { isWanted, type Label } from './label.ts';
import type { Reviewed, ReviewedMail } from './reviewed.ts';
import { independence, senderOf, similarity } from './senders.ts';

interface SortedMail {
  readonly label: Label;
  /** Equal for messages that say the same: they count as one. */
  readonly body: string;
  readonly facts: Facts;
  readonly verdict: JudgedGroup['verdict'];
}

export function reviewedInFolders(sorted: readonly SortedMail[], freemail: ReadonlySet<string> | undefined): Reviewed {
  const mails = [...new Map(sorted.map(mail => [`${isWanted(mail.label)} ${mail.body}`, mail])).values()].map(
    (mail, number) => ({ ...mail, isWanted: isWanted(mail.label), sender: senderIn(mail.facts, number, freemail) }),
  );
  const wanted = Map.groupBy(
    mails.filter(mail => mail.isWanted),
    ({ sender }) => sender,
  );
  const alike = similarity(
    new Map([...wanted].map(([sender, of]) => [sender, of.map(({ verdict }) => verdict.score)])),
  );
  const reviewed = mails.map(
    ({ isWanted, sender, verdict }): ReviewedMail => ({
      isWanted,
      sender,
      standsFor: 1,
      independence: independence(wanted.get(sender)?.length ?? 1, alike),
      hits: verdict.hits,
      floor: strongest(verdict.floors.map(({ action }) => action)),
    }),
  );
  const independent = reviewed.reduce((sum, mail) => sum + (mail.isWanted ? mail.independence : 0), 0);
  return { mails: reviewed, unseen: [], independent, similarity: alike };
}

/** By From: where mail was collected, its reverse-path is seldom kept. Without one it is nobody else’s. */
function senderIn({ from }: Facts, number: number, freemail: ReadonlySet<string> | undefined): string {
  const { address = '' } = from?.state === 'observed' ? (from.value as { readonly address?: string }) : {};
  return address === '' ? `message ${number}` : senderOf(address, freemail);
}
