// docs/profiles.md: how profiles are used, and what each of the shipped ones does otherwise than the default.

import { actions, type Points, showPoints } from '../model/verdict.ts';
import { inWords } from '../rules/invariant.ts';
import type { Override, Profile } from '../rules/profile.ts';
import { page, row } from './reference-pages.ts';

const intro = `A profile is an industry's policy over the same rules: thresholds, weights of groups, scores, what is quarantined whatever its score,
and which files are ordinary. Which one holds for whom is said in the configuration, by the gateway (\`profile\`), by domain
(\`domains.NAME.profile\`), by LDAP group (\`ldap.groups\`) or by address (\`recipient_profiles\`). How a profile is written stands in [rules](rules.md#profiles).

\`postern profiles list\` shows those in force, yours included. \`postern profiles test\` judges the mail that each must deliver or catch
(\`fixtures/profiles/NAME/deliver\` and \`catch\`, made up, in each language that the industry writes), without DNS, and exits 65 where a verdict
is not the one that is asked for. With \`--fixtures FOLDER\` it judges yours: keep the mail there that must never be lost again, and run it before
each change. The mail is to \`@westgate.test\`; \`Comments: may be tagged: WHY\` in its header allows a tag, too.

A profile's \`invariants\` are what it promises whatever becomes of scores and weights. They are checked when rules are loaded: a set that breaks
one, by a new rule, an override or a fit, does not replace the one in force, and the message names the line of the promise.

**On call.** A check that could not run defers mail for a while, and greylisting does. Addresses that call somebody out of bed should not wait:

\`\`\`yaml
domains: { hospital.example: { profile: healthcare } }
recipient_profiles: { call@hospital.example: healthcare-on-call }
\`\`\`

With \`never_defer: true\`, what follows a deferral follows at once, and nothing is greylisted. A transaction that names other recipients, too,
waits with them: give the address that calls a message of its own.`;

/** What each does otherwise is told against the one called \`default\`. */
export function profilesPage(profiles: readonly Profile[]): string {
  const base = profiles.find(({ name }) => name === 'default');
  const sections = profiles.flatMap(profile => section(profile, profile === base ? null : (base ?? null)));
  return page('Profiles', intro, '', ...overview(profiles), '', ...sections);
}

const overview = (profiles: readonly Profile[]): readonly string[] => [
  '| profile | tag | quarantine | reject | languages |',
  '| --- | --- | --- | --- | --- |',
  ...profiles.map(({ name, thresholds: { tag, quarantine, reject }, languages }) =>
    row(`[${name}](#${name})`, showPoints(tag), showPoints(quarantine), shown(reject), languages.join(' ')),
  ),
];

const shown = (points: Points | null): string => (points === null ? 'never' : showPoints(points));

function section(profile: Profile, base: Profile | null): readonly string[] {
  const { name, summary, version, changes } = profile;
  return [
    `## ${name}`,
    '',
    summary,
    '',
    ...(changes.length > 0 ? changes.map((change, index) => `${index + 1}. ${change}`) : [`Version ${version}.`]),
    '',
    ...overrides('weight of the group', profile.weights, base?.weights),
    ...overrides('score of', profile.scores, base?.scores),
    ...policy(profile, base),
    ...promises(profile, base),
  ];
}

function overrides(
  what: string,
  of: ReadonlyMap<string, Override>,
  base: ReadonlyMap<string, Override> | undefined,
): readonly string[] {
  const own = [...of].filter(([name, { value }]) => base?.get(name)?.value !== value);
  if (own.length === 0) return [];
  const rows = own.map(([name, { value, why }]) => row(`\`${name}\``, showPoints(value), why));
  return [`| ${what} | is | why |`, '| --- | --- | --- |', ...rows, ''];
}

/** What asks for an action whatever the score, and what never waits. */
function policy(profile: Profile, base: Profile | null): readonly string[] {
  const lines = actions.flatMap(action => {
    const symbols = [...profile.always].filter(([name, is]) => is === action && base?.always.get(name) !== is);
    const files = [...profile.fileTypes].filter(([name, is]) => is === action && base?.fileTypes.get(name) !== is);
    const named = [...symbols.map(([name]) => `\`${name}\``), ...files.map(([name]) => `\`.${name}\``)];
    return named.length === 0 ? [] : [`* ${action}: ${named.join(', ')}`];
  });
  const waiting = profile.neverDefers ? ['* nothing is deferred or greylisted'] : [];
  return lines.length + waiting.length === 0 ? [] : ['Whatever the score:', '', ...lines, ...waiting, ''];
}

function promises(profile: Profile, base: Profile | null): readonly string[] {
  const own = profile.invariants.filter(invariant => base?.invariants.includes(invariant) !== true);
  return own.length === 0 ? [] : ['Invariants:', '', ...own.map(invariant => `* ${inWords(invariant)}`), ''];
}
