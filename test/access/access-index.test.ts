// Which entries name a message, for whom, and until when.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AccessIndex } from '../../src/access/access-index.ts';
import { type AccessSubject, accessSubjects, accessValue, type PlacedEntry } from '../../src/model/access.ts';
import type { AccessTraits } from '../../src/model/ask.ts';

const nobody: AccessTraits = {
  clientAddress: '',
  reversePath: '',
  headerFrom: [],
  alignedDomain: '',
  signers: [],
  recipients: ['ann@ours.example'],
};

function entry(subject: AccessSubject, value: string, over: Partial<PlacedEntry> = {}): PlacedEntry {
  const written = accessValue(subject, value) ?? assert.fail(value);
  return { kind: 'block', subject, value: written, scope: '', expiresAt: null, comment: '', setBy: 'f:1', ...over };
}

function indexOf(...entries: readonly PlacedEntry[]): AccessIndex {
  const index = new AccessIndex();
  for (const one of entries) index.add(one);
  return index;
}

/** The values of the entries that name `traits`. */
const found = (index: AccessIndex, traits: Partial<AccessTraits>, now = 0): readonly string[] =>
  index.find({ ...nobody, ...traits }, path => [path], now).map(({ value }) => value);

/** How a message is of a name, for each subject. */
const traitsOf: Readonly<Record<Exclude<AccessSubject, 'network'>, (name: string) => Partial<AccessTraits>>> = {
  aligned_domain: alignedDomain => ({ alignedDomain }),
  dkim_signer: signer => ({ signers: ['other.example', signer] }),
  envelope_from: domain => ({ reversePath: `Jane@${domain}` }),
  header_from: domain => ({ headerFrom: ['x@other.example', `jane@${domain}`] }),
};
const domains = [
  { value: 'example.com', names: ['example.com', 'EXAMPLE.com.'], not: ['a.example.com', 'notexample.com', 'com', ''] },
  { value: '.example.com', names: ['a.example.com', 'a.b.example.com'], not: ['example.com', 'notexample.com'] },
  { value: 'bücher.example', names: ['bücher.example', 'xn--bcher-kva.example'], not: ['bucher.example'] },
];
for (const subject of accessSubjects.filter(known => known !== 'network'))
  for (const { value, names, not } of domains)
    test(`${subject} ${value} is found by ${names.join(', ')}, and not by ${not.join(', ')}`, () => {
      const index = indexOf(entry(subject, value));
      for (const name of names) assert.equal(found(index, traitsOf[subject](name)).length, 1, name);
      for (const name of not) assert.deepEqual(found(index, traitsOf[subject](name)), [], name);
    });

test('an entry of one subject is not found by another', () => {
  const index = indexOf(entry('aligned_domain', 'example.com'));
  assert.deepEqual(found(index, { signers: ['example.com'], reversePath: 'a@example.com' }), []);
});

test('an address is found by itself, in any case', () => {
  const index = indexOf(entry('envelope_from', 'jane@example.com'), entry('header_from', 'joe@example.com'));
  assert.deepEqual(found(index, { reversePath: 'JANE@Example.com', headerFrom: ['joe@example.com'] }), [
    'jane@example.com',
    'joe@example.com',
  ]);
  assert.deepEqual(found(index, { reversePath: 'joe@example.com', headerFrom: ['jane@example.com'] }), []);
});

const networks = [
  { value: '192.0.2.7', holds: ['192.0.2.7'], not: ['192.0.2.6', '', '::c000:207'] },
  { value: '192.0.2.0/25', holds: ['192.0.2.0', '192.0.2.127'], not: ['192.0.2.128', '192.0.3.0'] },
  { value: '128.0.0.0/1', holds: ['255.255.255.255', '128.0.0.0'], not: ['127.255.255.255', '8000::'] },
  { value: '2001:db8:a::/47', holds: ['2001:db8:b:ffff::1'], not: ['2001:db8:c::', '32.1.13.184'] },
  { value: '2001:db8::1', holds: ['2001:db8::1'], not: ['2001:db8::', '2001:db8::2'] },
];
for (const { value, holds, not } of networks)
  test(`the network ${value} holds ${holds.join(', ')}`, () => {
    const index = indexOf(
      entry('network', value),
      entry('network', '203.0.113.0/24'),
      entry('network', '2001:db9::/32'),
    );
    for (const clientAddress of holds) assert.deepEqual(found(index, { clientAddress }), [value], clientAddress);
    for (const clientAddress of not) assert.deepEqual(found(index, { clientAddress }), [], clientAddress);
  });

test('a network of one family holds no address of the other, though they begin with the same bits', () => {
  const index = indexOf(entry('network', '128.0.0.0/1'), entry('network', '::/1', { kind: 'allow' }));
  assert.deepEqual(found(index, { clientAddress: '8000::' }), []);
  assert.deepEqual(found(index, { clientAddress: '10.0.0.1' }), []);
});

test('networks within networks are all found', () => {
  const index = indexOf(
    entry('network', '192.0.2.0/24'),
    entry('network', '192.0.0.0/16'),
    entry('network', '192.0.2.7'),
  );
  assert.deepEqual(
    new Set(found(index, { clientAddress: '192.0.2.7' })),
    new Set(['192.0.2.7', '192.0.2.0/24', '192.0.0.0/16']),
  );
});

test('entries are for whom they say, by each name that a recipient has', () => {
  const scopes = ['', 'ann@ours.example', '@ours.example', 'ben@ours.example', '@other.example'];
  const index = indexOf(...scopes.map(scope => entry('dkim_signer', 'a.example', { scope })));
  const scopesFor = (...recipients: string[]) =>
    index
      .find({ ...nobody, signers: ['a.example'], recipients }, path => [path, path.replace('+tag', '')], 0)
      .map(({ scope }) => scope)
      .toSorted();
  assert.deepEqual(scopesFor('Ann+tag@Ours.example'), ['', '@ours.example', 'ann@ours.example']);
  assert.deepEqual(scopesFor('carl@other.example', 'ben@ours.example'), [
    '',
    '@other.example',
    '@ours.example',
    'ben@ours.example',
  ]);
  assert.deepEqual(scopesFor('carl@elsewhere.example'), ['']);
});

test('an entry ends at its instant', () => {
  const index = indexOf(entry('dkim_signer', 'a.example', { expiresAt: 1000 }));
  assert.deepEqual(found(index, { signers: ['a.example'] }, 999), ['a.example']);
  assert.deepEqual(found(index, { signers: ['a.example'] }, 1000), []);
});

test('what is removed is found no more, and what was added beside it stays', () => {
  const [one, two] = [entry('network', '192.0.2.0/24'), entry('network', '192.0.2.0/24', { kind: 'allow' })];
  const index = indexOf(one, two);
  index.remove(one);
  index.remove(one);
  assert.equal(index.size, 1);
  const [left, ...more] = index.find({ ...nobody, clientAddress: '192.0.2.1' }, path => [path], 0);
  assert.deepEqual([left?.kind, more], ['allow', []]);
  index.remove(two);
  assert.deepEqual([index.size, found(index, { clientAddress: '192.0.2.1' })], [0, []]);
});

test('a line that is repeated is found once; one that lasts longer counts beside one that ends', () => {
  const index = indexOf(
    entry('dkim_signer', 'a.example', { expiresAt: 1000 }),
    entry('dkim_signer', 'a.example', { expiresAt: 500 }),
    entry('dkim_signer', 'a.example', { setBy: 'f:3' }),
    entry('dkim_signer', 'a.example', { setBy: 'f:4' }),
  );
  assert.equal(index.size, 2);
  const inForce = index.find({ ...nobody, signers: ['a.example'] }, path => [path], 2000);
  assert.deepEqual(
    inForce.map(({ setBy }) => setBy),
    ['f:3'],
  );
});

test('names beyond measure, empty or odd are named by nothing, and fail nothing', () => {
  const index = indexOf(entry('header_from', '.example'), entry('envelope_from', '.com'), entry('dkim_signer', '.net'));
  const odd = [`${'a.'.repeat(500)}example`, '.', '..', '__proto__', 'constructor', '\0.example\n', '@', 'a@b@'];
  for (const name of odd)
    assert.deepEqual(
      found(index, { headerFrom: [name], reversePath: name, signers: [name], alignedDomain: name }),
      [],
      name.slice(0, 20),
    );
});
