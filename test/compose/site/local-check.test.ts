// What `postern config check` says without asking anybody: certificates, and who looks at the quarantine.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { createToken, openTokens, type Scope } from '../../../src/api/tokens.ts';
import { certificateWarnings, reviewerWarnings } from '../../../src/compose/site/local-check.ts';
import { parseConfig } from '../../../src/config/load.ts';
import { makeAuthority, type Signed } from '../../support/authority.ts';
import { countingRandom, FakeClock } from '../../support/clock.ts';
import { type Ending, tempDir } from '../../support/temp.ts';

const configOf = (keys: Record<string, unknown>) =>
  parseConfig(JSON.stringify({ hostname: 'gate.test', domains: { 'ours.test': {} }, ...keys }), 'postern.yaml', {});

describe('the certificates of a listener', () => {
  const authority = makeAuthority({ after });
  const day = 86_400_000;
  const pair = ({ cert, key }: Signed) => ({ cert, key });
  const gate = pair(authority.issue(['gate.test']));
  const other = pair(authority.issue(['other.test']));
  const short = pair(authority.issue(['short.test'], { days: 13 }));
  const now = Date.now();
  const cases = [
    { name: 'one that is good', tls: gate, says: [] },
    { name: 'one for the host behind one for another name', tls: { ...other, more_certificates: [gate] }, says: [] },
    { name: 'one for another name', tls: other, says: [/^smtp\.listen 127\.0\.0\.1:0: .* is not for gate\.test: /] },
    {
      name: 'one of several that runs out',
      tls: { ...gate, more_certificates: [short] },
      says: [/the certificate expires on .*, in 1[23] days\./],
    },
    {
      name: 'one that ran out, for another name',
      tls: short,
      at: now + 20 * day,
      says: [/the certificate expired on /, /is not for gate\.test: it has DNS:short\.test/],
    },
  ];
  for (const { name, tls, at = now, says } of cases)
    test(name, () => {
      const warnings = certificateWarnings(configOf({ smtp: { listen: [{ address: '127.0.0.1:0', tls }] } }), at);
      assert.equal(warnings.length, says.length, warnings.join('\n'));
      for (const [i, pattern] of says.entries()) assert.match(warnings[i] ?? '', pattern);
    });

  test('a listener without one is no fault', () => assert.deepEqual(certificateWarnings(configOf({}), now), []));
});

describe('whoever looks at the quarantine', () => {
  /** A directory that a gateway has run on, with tokens of these names and scopes. */
  async function dataDir(t: Ending, tokens: readonly (readonly [string, readonly Scope[]])[]): Promise<string> {
    const folder = tempDir(t);
    writeFileSync(join(folder, 'quarantine.sqlite'), '');
    const kept = await openTokens(join(folder, 'api-tokens.json'), null);
    for (const [name, scopes] of tokens)
      await kept.add(createToken(name, scopes, new FakeClock(), countingRandom()).token);
    return folder;
  }

  const cases: readonly {
    name: string;
    tokens?: readonly (readonly [string, readonly Scope[]])[];
    keys?: Record<string, unknown>;
    warns: boolean;
  }[] = [
    { name: 'nobody', warns: true },
    { name: 'whoever has the first token', tokens: [['first', ['admin']]], warns: true },
    { name: 'a token that may read it', tokens: [['anna', ['quarantine:read']]], warns: false },
    { name: 'another token that may do all', tokens: [['anna', ['admin']]], warns: false },
    { name: 'a token for metrics', tokens: [['prometheus', ['metrics:read']]], warns: true },
    { name: 'nobody, and all is observed', keys: { mode: 'observe' }, warns: false },
    { name: 'nobody, and nothing is checked', keys: { checks: 'none' }, warns: false },
    {
      name: 'nobody, and one domain is not only observed',
      keys: { mode: 'observe', domains: { 'a.test': {}, 'b.test': { mode: 'enforce' } } },
      warns: true,
    },
    { name: 'nobody, and each domain is observed', keys: { domains: { 'a.test': { mode: 'observe' } } }, warns: false },
    { name: 'nobody, for any domain', keys: { domains: {} }, warns: true },
  ];
  for (const { name, tokens = [], keys = {}, warns } of cases)
    test(name, async t => {
      const warnings = await reviewerWarnings(configOf({ ...keys, data_dir: await dataDir(t, tokens) }));
      assert.equal(warnings.length, warns ? 1 : 0);
      if (warns) assert.match(warnings[0] ?? '', /nobody is known to look: .*postern quarantine list.*mode: observe/);
    });

  test('is not asked for where no gateway has run yet', async t => {
    assert.deepEqual(await reviewerWarnings(configOf({ data_dir: join(tempDir(t), 'new') })), []);
  });

  test('is not known where the tokens cannot be read', async t => {
    const folder = await dataDir(t, []);
    mkdirSync(join(folder, 'api-tokens.json'), { recursive: true });
    assert.match((await reviewerWarnings(configOf({ data_dir: folder })))[0] ?? '', /cannot be read: .* not known/);
  });
});
