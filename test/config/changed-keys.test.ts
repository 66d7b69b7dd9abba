import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changedKeys } from '../../src/config/changed-keys.ts';
import { parseConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';

const parse = (text: string) => parseConfig(text, 'postern.yaml', {});

const cases: readonly { name: string; after: string; changes: readonly string[] }[] = [
  { name: 'nothing', after: 'hostname: a.example', changes: [] },
  { name: 'a default that is written out', after: 'hostname: a.example\nsmtp: { max_recipients: 1000 }', changes: [] },
  {
    name: 'keys at the top and of smtp, also such as had no default',
    after: 'hostname: b.example\ncontact: c\nsmtp: { greeting_delay: 1s, rates: { messages_per_sender: 1 } }',
    changes: ['contact', 'hostname', 'smtp.greeting_delay', 'smtp.rates'],
  },
  {
    name: 'a listener',
    after: 'hostname: a.example\nsmtp: { listen: [{ address: "127.0.0.1:26" }] }',
    changes: ['smtp.listen'],
  },
];
for (const c of cases) {
  test(c.name, () => assert.deepEqual(changedKeys(parse('hostname: a.example'), parse(c.after)).toSorted(), c.changes));
}

test('certificates are no such key: they are renewed while it runs; TLS from the first byte is', () => {
  const config = parse('hostname: a.example');
  const withTls = (cert: string, implicit: boolean): Config => {
    const tls = { cert, key: cert, more_certificates: [], min_version: 'TLSv1.2' as const, implicit };
    return { ...config, smtp: { ...config.smtp, listen: config.smtp.listen.map(listener => ({ ...listener, tls })) } };
  };
  assert.deepEqual(changedKeys(withTls('old', false), withTls('new', false)), []);
  assert.deepEqual(changedKeys(withTls('old', false), withTls('old', true)), ['smtp.listen']);
});

test('rules and the lists that they read are no such keys: they are taken as it runs; the seal beside them is', () => {
  const before = parse('hostname: a.example');
  const lists =
    'hostname: a.example\nlists: { known: [l.example] }\nforwarders: [{ spf_domain: f.example }]\narc: { trusted_sealers: [s.example] }';
  const after = parse(lists);
  assert.deepEqual(changedKeys(before, after), []);
  const elsewhere = parse('hostname: a.example\nrules: { folders: [/etc/rules], apply_limit: 2% }');
  assert.deepEqual(changedKeys(before, elsewhere), []);
  const seal = { domain: 'a.example', selector: 's', key: 'k', when: 'altered' as const };
  assert.deepEqual(changedKeys(before, { ...after, arc: { ...after.arc, seal } }), ['arc.seal']);
});
