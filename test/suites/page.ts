// docs/conformance.md: what the suites say, for people.

import type { Suite, SuiteReport } from './suite.ts';

const introduction = `# Conformance

Suites that others wrote, run through Postern's own checks: the question to the DNS, the budgets of a message and the verifiers in
their strict mode. A case comes out as the suite expects, or it is listed below with what it is instead, and why. A test holds
this page to what the suites say (\`test/suites\`); it is skipped where they are not beside the checkout.
`;

export function page(reports: ReadonlyMap<Suite, SuiteReport>): string {
  const rows = [...reports].map(
    ([{ name }, { cases, passed }]) => `| ${name} | ${cases} | ${passed} | ${cases - passed} |`,
  );
  const table = ['| suite | cases | as expected | otherwise |', '| --- | ---: | ---: | ---: |', ...rows];
  const sections = [...reports].flatMap(([{ name }, { departed }]) => section(name, departed));
  return `${[introduction, ...table, '', ...sections].join('\n').trimEnd()}\n`;
}

function section(name: string, departed: SuiteReport['departed']): readonly string[] {
  const byReason = Map.groupBy(departed, ({ why }) => why);
  if (byReason.size === 0) return [];
  return [`## ${name}`, '', ...[...byReason].flatMap(([why, cases]) => [`- ${why}`, ...outcomes(cases)]), ''];
}

/** What is expected and what comes of it, and the cases in which that is so. */
function outcomes(cases: SuiteReport['departed']): readonly string[] {
  const byOutcome = Map.groupBy(cases, ({ expected, got }) => `${shown(expected)}, and it is ${shown(got)}`);
  return [...byOutcome].map(
    ([outcome, of]) => `  - ${of.map(({ name }) => `\`${name}\``).join(', ')}: expected ${outcome}`,
  );
}

const shown = (outcome: string): string =>
  outcome.length > 60 ? `${outcome.slice(0, 20)}…${outcome.slice(-36)}` : outcome;
