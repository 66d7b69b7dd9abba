// Eval functions that compare the addresses of many recipients: harvested lists are sorted, and alike.

import { addresses, type Examined, type Holds, isStated, once } from './examined.ts';

const manySorted = 7;
const manyAlike = 5;
const maxCompared = 256;
/** Characters of a name that are compared. */
const prefix = 2;

export const recipientEvals: Readonly<Record<string, Holds>> = {
  sorted_recipients: of => {
    const all = recipients(of);
    return all.length >= manySorted && all.join(',') === all.toSorted(byCode).join(',');
  },
  similar_recipients: (of, [least, most]) => {
    const share = alike(of);
    return (!isStated(least) || share >= Number(least)) && (!isStated(most) || share < Number(most));
  },
};

const byCode = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Without one that stands beside itself. */
const recipients = once((of: Examined): readonly string[] => {
  const open = addresses(of, 'tocc');
  const all = open.length >= manyAlike ? open : [...open, ...addresses(of, 'bcc')];
  const end = all.findIndex(mailbox => mailbox === '' || mailbox === '0');
  const distinct = all
    .slice(0, end === -1 ? all.length : end)
    .filter((mailbox, i) => mailbox.toLowerCase() !== (all[i - 1] ?? '').toLowerCase());
  return distinct.slice(0, maxCompared);
});

/** How many of all pairs begin alike, before the sign and behind it. */
const alike = once((of: Examined): number => {
  const all = recipients(of);
  if (all.length < manyAlike) return 0;
  const parts = all.map(mailbox => {
    const domain = /@(.*)/s.exec(mailbox)?.[1];
    return { user: mailbox.slice(0, prefix), domain, host: domain?.slice(0, prefix) };
  });
  let hits = 0;
  for (const [i, one] of parts.entries()) {
    for (const other of parts.slice(i + 1)) {
      if (one.user === other.user) hits += 1;
      if (one.host === other.host && one.domain !== other.domain) hits += 1;
    }
  }
  return hits / ((all.length * (all.length - 1)) / 2);
});
