// DKIM signatures and ARC seals of ours, verified by two implementations that are not ours.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AlterationOrder, SealOrder, SigningKey } from '../../src/model/alteration.ts';
import { byDkimpy, byMailauth, missingDkimpy, type Records } from '../support/verifiers.ts';
import { altered, recordsOf, signingKey } from './scene.ts';

const rsa = signingKey('rsa');
const ed25519 = signingKey('ed25519', 'ours.example', 's3');
const second = signingKey('rsa', 'second.example', 's2');

const letter = [
  'From: Ann <ann@ours.example>',
  'To: bob@example.com,',
  '\tcarol@example.com',
  'Subject:  Minutes  of\t the meeting ',
  'Date: Sun, 22 Nov 2026 09:00:00 +0000',
  'Message-ID: <1@ours.example>',
  '',
  'Dear Bob, ',
  '',
  '  the  minutes\tare attached.\t ',
  '',
  '',
].join('\n');

const bodies = [
  { name: 'a letter', mail: letter },
  { name: 'without a body', mail: 'From: a@ours.example\nSubject: x\n\n' },
  { name: 'a body of empty lines', mail: 'From: a@ours.example\nSubject: x\n\n\n\n' },
  { name: 'a body of white space', mail: 'From: a@ours.example\n\n \t\n  \n' },
  { name: 'a body that does not end its line', mail: 'From: a@ours.example\n\none\n\n two' },
  {
    name: 'raw UTF-8 that ends in the byte of a no-break space',
    mail: 'From: a@ours.example\nSubject: voil\xc3\xa0\n\n\xc3\xa0\n',
  },
  {
    name: 'fields that are there several times',
    mail: 'From: a@ours.example\nTo: a@x.example\nTo: b@x.example\n\nx\n',
  },
  { name: 'a field folded before its first word', mail: 'From: a@ours.example\nSubject:\n folded\n\nx\n' },
  { name: 'more than one block', mail: `From: a@ours.example\n\n${'A line of some  length \t.\n'.repeat(30_000)}` },
];

const order: Partial<AlterationOrder> = { prepended: 'Received: from a by b; Sun, 22 Nov 2026 09:00:01 +0000\r\n' };

const sealOf = (by: SigningKey, chain: SealOrder['chain']): SealOrder => ({
  by,
  when: 'relayed',
  chain,
  authservId: 'gate.example',
  results: ['spf=pass smtp.mailfrom=ours.example', `dkim=none`, 'dmarc=fail reason="policy" header.from=ours.example'],
});

/** What both say; where dkimpy is missing, what mailauth says. */
async function verdicts(message: Buffer, records: Records) {
  const theirs = await byMailauth(message, records);
  if (missingDkimpy() === false) assert.deepEqual(byDkimpy(message, records), theirs);
  return theirs;
}

for (const [algorithm, key] of Object.entries({ rsa, ed25519 })) {
  describe(`a DKIM signature by ${algorithm} holds`, () => {
    for (const { name, mail } of bodies) {
      test(name, async () => {
        const { bytes, notes } = await altered(mail, { ...order, signature: key });
        assert.deepEqual(notes, [`dkim_signature: d=ours.example s=${key.selector}`]);
        assert.deepEqual(await verdicts(bytes, recordsOf(key)), { dkim: ['pass'], arc: 'none' });
      });
    }
  });
}

describe('an ARC set holds', () => {
  for (const { name, mail } of bodies) {
    test(name, async () => {
      const { bytes, notes } = await altered(mail, { ...order, seal: sealOf(rsa, 'none') });
      assert.deepEqual(notes, ['arc_seal: i=1 cv=none d=ours.example']);
      assert.deepEqual(await verdicts(bytes, recordsOf(rsa)), { dkim: [], arc: 'pass' });
    });
  }
});

test('white space before a colon, which dkimpy refuses to read', async () => {
  const { bytes } = await altered('From: a@ours.example\nSubject \t: x\n\nx\n', { ...order, signature: rsa });
  assert.deepEqual((await byMailauth(bytes, recordsOf(rsa))).dkim, ['pass']);
});

test('a chain is continued, and holds from its first set to its last', async () => {
  const first = await altered(letter, { ...order, seal: sealOf(rsa, 'none') });
  const then = await altered(first.text, { ...order, seal: sealOf(second, 'pass'), subjectTag: '[LIST]' });
  assert.deepEqual(then.notes, ['subject_tag: [LIST]', 'arc_seal: i=2 cv=pass d=second.example']);
  assert.deepEqual(await verdicts(then.bytes, recordsOf(rsa, second)), { dkim: [], arc: 'pass' });
  const last = await altered(then.text, { ...order, seal: sealOf(ed25519, 'pass') });
  assert.equal((await byMailauth(last.bytes, recordsOf(rsa, second, ed25519))).arc, 'pass');
});

test('a chain that failed is sealed as failed, by the newest set alone, and never again', async () => {
  const first = await altered(letter, { seal: sealOf(rsa, 'none') });
  const tampered = first.text.replace('Dear Bob', 'Dear Eve');
  const failed = await altered(tampered, { seal: sealOf(second, 'fail') });
  assert.deepEqual(failed.notes, ['arc_seal: i=2 cv=fail d=second.example']);
  const again = await altered(failed.text, { seal: sealOf(rsa, 'fail'), subjectTag: '[T]' });
  assert.deepEqual(again.notes, ['subject_tag: [T]', 'not arc_seal: the chain is sealed as failed']);
  assert.match(again.text, /^Subject: \[T\]/m);
});

test('a signature covers what leaves: the tag, the fields in front, and nothing that was taken out', async () => {
  // Behind the subject, so that the edits have to be put in order.
  const mail = letter.replace('Date:', 'X-Spam-Flag: NO\nDate:');
  const start = mail.replaceAll('\n', '\r\n').indexOf('X-Spam-Flag');
  const edits = [{ start, end: start + 'X-Spam-Flag: NO\r\n'.length, bytes: new Uint8Array(0) }];
  const { text, bytes } = await altered(mail, { ...order, edits, signature: rsa, subjectTag: '[OURS]' });
  assert.doesNotMatch(text, /X-Spam-Flag/);
  assert.match(text, /^DKIM-Signature: v=1; a=rsa-sha256;/);
  assert.deepEqual(await verdicts(bytes, recordsOf(rsa)), { dkim: ['pass'], arc: 'none' });
});

describe('what a signature covers cannot be changed', () => {
  const changes = [
    { name: 'a second Subject', change: (mail: string) => mail.replace('\r\nFrom:', '\r\nSubject: buy\r\nFrom:') },
    {
      name: 'a Cc where there was none',
      change: (mail: string) => mail.replace('\r\nFrom:', '\r\nCc: eve@x.example\r\nFrom:'),
    },
    {
      name: 'a Content-Type',
      change: (mail: string) => mail.replace('\r\nFrom:', '\r\nContent-Type: text/html\r\nFrom:'),
    },
    { name: 'a second From', change: (mail: string) => mail.replace('\r\nFrom:', '\r\nFrom: eve@x.example\r\nFrom:') },
    { name: 'a word of the body', change: (mail: string) => mail.replace('minutes', 'hours') },
    { name: 'text after the end', change: (mail: string) => `${mail}more\r\n` },
  ];
  for (const { name, change } of changes) {
    test(name, async () => {
      const { text } = await altered(letter, { ...order, signature: rsa });
      const changed = change(text);
      assert.notEqual(changed, text);
      assert.deepEqual((await byMailauth(Buffer.from(changed, 'latin1'), recordsOf(rsa))).dkim, ['fail']);
    });
  }

  test('a relay may fold and space fields anew, and pad lines', async () => {
    const { text } = await altered(letter, { ...order, signature: rsa });
    const changed = text
      .replace('bob@example.com,\r\n\tcarol', 'bob@example.com,  carol')
      .replace('Dear Bob, ', 'Dear Bob,\t');
    assert.notEqual(changed, text);
    assert.deepEqual(await verdicts(Buffer.from(changed, 'latin1'), recordsOf(rsa)), { dkim: ['pass'], arc: 'none' });
  });
});

describe('what cannot be signed leaves unsigned, and altered all the same', () => {
  const cases = [
    {
      name: 'a line of the header that is no field',
      mail: 'From: a@ours.example\nSubject: x\nno field\n\nbody\n',
      why: 'a line of the header is no field',
    },
    {
      name: 'a chain of which nobody knows',
      mail: 'From: a@ours.example\nARC-Seal: i=1; cv=none; b=x\nSubject: x\n\nx\n',
      why: 'the chain is not what was verified',
    },
    {
      name: 'a chain of 50',
      mail: `From: a@ours.example\nSubject: x\n${'ARC-Seal: i=50; cv=pass\n'}\nx\n`,
      why: 'the chain is full',
      chain: 'pass' as const,
    },
    {
      name: 'a failed chain without an instance',
      mail: 'From: a@ours.example\nSubject: x\nARC-Seal: i=x; cv=pass\n\nx\n',
      why: 'the failed chain has no instance',
      chain: 'fail' as const,
    },
    {
      name: 'a chain that lacks a field',
      mail: 'From: a@ours.example\nSubject: x\nARC-Seal: i=1; cv=none\n\nx\n',
      why: 'the chain is not what was verified',
      chain: 'pass' as const,
    },
  ];
  for (const { name, mail, why, chain = 'none' } of cases) {
    test(name, async () => {
      const { text, notes } = await altered(mail, { subjectTag: '[T]', seal: sealOf(rsa, chain) });
      assert.deepEqual(notes, ['subject_tag: [T]', `not arc_seal: ${why}`]);
      assert.equal(text, mail.replace('Subject: ', 'Subject: [T] ').replaceAll('\n', '\r\n'));
    });
  }

  test('THREATS 33: a header over its limits is not touched', async () => {
    const mail = `Subject: x\n${'X: y\n'.repeat(2500)}\nbody\n`;
    const { text, notes } = await altered(mail, { subjectTag: '[T]', signature: rsa });
    assert.equal(text, mail.replaceAll('\n', '\r\n'));
    assert.deepEqual(notes, ['not subject_tag: header limits', 'not dkim_signature: header limits']);
  });

  test('a header that our own fields make too large is not signed in part', async () => {
    const mail = `From: a@ours.example\n${'X: y\n'.repeat(1998)}\nbody\n`;
    const { notes } = await altered(mail, { prepended: 'A: 1\r\nB: 2\r\n', signature: rsa });
    assert.deepEqual(notes, ['not dkim_signature: header limits']);
  });
});

test('unasked for, nothing is sealed: only what was altered', async () => {
  const seal = { ...sealOf(rsa, 'none'), when: 'altered' as const };
  const same = await altered('Subject: [T] x\n\nx\n', { seal, subjectTag: '[T]' });
  assert.deepEqual(same.notes, ['not subject_tag: is there already']);
  assert.equal(same.text, 'Subject: [T] x\r\n\r\nx\r\n');
});

test('the second verifier is there', { skip: missingDkimpy() }, () => {
  const { dkim, arc } = byDkimpy(
    Buffer.from(
      'DKIM-Signature: v=1; a=rsa-sha256; d=a.example; s=s; h=from; bh=x; b=x\r\nFrom: a@b.example\r\n\r\nx\r\n',
    ),
    {},
  );
  assert.equal(arc, 'none');
  assert.notEqual(dkim[0], 'pass');
});
