// Verdicts of one message for several recipients: entries of one never change the verdict of another, and the same stored
// facts give the same verdicts again.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgingBy } from '../../src/compose/parts/judging.ts';
import { ruleSetOf } from '../../src/compose/rules/rule-set.ts';
import { parseConfig } from '../../src/config/load.ts';
import { type AccessRecord, accessFor } from '../../src/model/access.ts';
import type { Envelope } from '../../src/model/envelope.ts';
import type { Evidence, Facts } from '../../src/model/evidence.ts';
import { factsFor, scopesAmong } from '../../src/rules/recipient-facts.ts';

const config = parseConfig('domains: { ours.example: {} }\nrecipient_delimiter: "+"\n', 'postern.yaml', {});
const rules = ruleSetOf(config);
const { groupsOf, judge } = judgingBy(config, () => rules);

const record = (recipients: string, kind: 'allow' | 'block' = 'block'): AccessRecord => ({
  kind,
  subject: 'network',
  value: '192.0.2.1',
  recipients,
  is_authenticated: true,
  set_by: `f:${recipients}`,
});

function evidenceOf(...entries: readonly AccessRecord[]): Evidence {
  const value = { ...accessFor(entries, []), entries, left_out: 0 };
  const facts: Facts = { access: { state: 'observed', ms: 0, value } };
  return { facts, patternHits: { digest: rules.patternDigest, hits: [], overran: [] }, timings: {} };
}

function verdicts(evidence: Evidence, ...paths: readonly string[]) {
  const recipients = paths.map(path => ({ path, parameters: [] }));
  const groups = groupsOf({ recipients } as unknown as Envelope, evidence);
  return Object.fromEntries(
    groups.map(group => {
      const { hits } = judge(evidence, group);
      return [
        group.recipients.join(' '),
        hits.filter(({ symbol }) => symbol.startsWith('ACCESS_')).map(({ symbol, because }) => `${symbol} ${because}`),
      ];
    }),
  );
}

const blocked = (recipients: string) => `ACCESS_BLOCKED network 192.0.2.1 (f:${recipients})`;

test('recipients that no entry divides share a group', () => {
  assert.deepEqual(verdicts(evidenceOf(), 'ann@ours.example', 'ben@ours.example'), {
    'ann@ours.example ben@ours.example': [],
  });
  assert.deepEqual(verdicts(evidenceOf(record('')), 'ann@ours.example', 'ben@ours.example'), {
    'ann@ours.example ben@ours.example': [blocked('')],
  });
});

test('an entry for one is the verdict of that one only, under each name that it has', () => {
  const evidence = evidenceOf(record('ann@ours.example'));
  assert.deepEqual(verdicts(evidence, 'ben@ours.example', 'Ann+x@OURS.example', 'carl@ours.example'), {
    'ben@ours.example carl@ours.example': [],
    'Ann+x@OURS.example': [blocked('ann@ours.example')],
  });
});

test('entries for a domain and for one in it add to those for all', () => {
  const evidence = evidenceOf(record('', 'allow'), record('@ours.example'), record('ann@ours.example'));
  const allowed = 'ACCESS_ALLOWED network 192.0.2.1 (f:)';
  // Without From and client it cannot be told whether one of our own names is shown: nobody is let in.
  const withFrom = {
    ...evidence,
    facts: { ...evidence.facts, from: { state: 'observed', ms: 0, value: { domain: 'other.example' } } },
  } as const;
  assert.deepEqual(verdicts(withFrom, 'ann@ours.example', 'ben@ours.example', 'x@other.example'), {
    'ann@ours.example': [allowed, `${blocked('@ours.example')}, network 192.0.2.1 (f:ann@ours.example)`],
    'ben@ours.example': [allowed, blocked('@ours.example')],
    'x@other.example': [allowed],
  });
  assert.deepEqual(verdicts(evidence, 'x@other.example'), { 'x@other.example': [] });
});

test('what was stored is judged again to the same verdict', () => {
  const evidence = evidenceOf(record('ann@ours.example'), record('', 'allow'));
  const [group] = groupsOf(
    { recipients: [{ path: 'ann@ours.example', parameters: [] }] } as unknown as Envelope,
    evidence,
  );
  assert.ok(group !== undefined);
  const stored = JSON.parse(JSON.stringify({ evidence, group })) as { evidence: Evidence; group: typeof group };
  assert.deepEqual(judge(stored.evidence, stored.group), judge(evidence, group));
  // The facts are kept as they are for all: narrowing them changes nothing in them.
  assert.deepEqual(evidence, evidenceOf(record('ann@ours.example'), record('', 'allow')));
});

test('facts without entries stay as they are', () => {
  const failed: Facts = { access: { state: 'failed', ms: 0, reason: 'x' } };
  for (const facts of [{}, failed]) {
    assert.equal(factsFor(facts, ['ann@ours.example']), facts);
    assert.deepEqual(scopesAmong(facts), []);
  }
});
