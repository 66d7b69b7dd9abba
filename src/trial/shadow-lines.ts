// The report on what is on trial, for people: a paragraph for each rule and profile.

import type { ShadowReport, ShadowShare } from './shadow.ts';

export function shadowLines({ messages, rules, profiles }: ShadowReport): readonly string[] {
  const nothing = rules.length + profiles.length === 0 ? ['nothing on trial had anything to say'] : [];
  return [
    `${messages} messages`,
    ...nothing,
    ...rules.flatMap(share => [`${share.name} fired in ${share.verdicts} verdicts`, ...shareLines(share)]),
    ...profiles.flatMap(share => [`${share.name} judged ${share.verdicts} verdicts`, ...shareLines(share)]),
  ];
}

function shareLines(share: ShadowShare): readonly string[] {
  const { stricter, milder, flips, released, deleted } = share;
  const reviewed = `  of this mail ${released} released and ${deleted} deleted by reviewers`;
  const flipped = `${share.flipsReleased} released and ${share.flipsDeleted} deleted`;
  return [
    ...(released + deleted === 0 ? [] : [reviewed]),
    stricter + milder === 0
      ? '  nothing would have gone another way'
      : `  would have been stricter with ${stricter}, milder with ${milder}; of these ${flipped}`,
    ...flips.map(({ from, to, verdicts }) => `    ${from} -> ${to}: ${verdicts}`),
  ];
}
