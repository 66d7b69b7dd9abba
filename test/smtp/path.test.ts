import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type PathDefect, parsePath } from '../../src/smtp/path.ts';

interface Case {
  readonly path: string;
  readonly reverse: 'kept' | PathDefect;
  readonly forward: 'kept' | PathDefect;
}

const kept = (path: string): Case => ({ path, reverse: 'kept', forward: 'kept' });
const refused = (path: string, defect: PathDefect): Case => ({ path, reverse: defect, forward: defect });

const cases: readonly Case[] = [
  kept('a@b.example'),
  kept('A.b+c=d_e-f@B.Example'),
  kept("#$&'*/?^`{|}~@b.example"),
  kept('"a b"@c.example'),
  kept('"a\\"b"@c.example'),
  kept('"a\\\\b"@c.example'),
  kept('""@c.example'),
  kept('a@xn--bcher-kva.example'),
  kept('a@[192.0.2.1]'),
  kept('a@[IPv6:2001:db8::1]'),
  kept('a@localhost'),
  kept('a@a_b.example'),
  // Written so by real providers.
  kept('a..b@c.example'),
  kept('a.@c.example'),
  kept(`${'a'.repeat(100)}@c.example`),
  { path: '', reverse: 'kept', forward: 'syntax' },
  { path: 'postmaster', reverse: 'syntax', forward: 'kept' },
  { path: 'POSTMASTER', reverse: 'syntax', forward: 'kept' },
  // THREATS 8: orders to relay. A reverse-path may hold such characters: nothing is sent there by us.
  { path: 'a%b@c.example', reverse: 'kept', forward: 'indirect' },
  { path: 'b!a@c.example', reverse: 'kept', forward: 'indirect' },
  { path: '"a%b"@c.example', reverse: 'kept', forward: 'indirect' },
  { path: 'b!a', reverse: 'syntax', forward: 'indirect' },
  refused('@a.example:b@c.example', 'indirect'),
  refused('@a.example,@b.example:c@d.example', 'indirect'),
  refused('a@b.example@c.example', 'indirect'),
  refused('"a@b.example"@c.example', 'indirect'),
  refused('"a\\@b.example"@c.example', 'indirect'),
  // THREATS 9: what is read in two ways.
  refused('"a>b@evil.example"@x.example', 'indirect'),
  refused('"a\\>b"@x.example', 'syntax'),
  refused('"a<b"@x.example', 'syntax'),
  refused('"a"b@c.example', 'syntax'),
  refused('a"b"@c.example', 'syntax'),
  refused('a b@c.example', 'syntax'),
  refused('a,b@c.example', 'syntax'),
  refused('a;b@c.example', 'syntax'),
  refused('a(b)@c.example', 'syntax'),
  refused('a\\b@c.example', 'syntax'),
  refused('"a\x07b"@c.example', 'syntax'),
  refused('a\0@c.example', 'syntax'),
  refused('a', 'syntax'),
  refused('a@', 'syntax'),
  refused('"a"@', 'syntax'),
  refused('@', 'indirect'),
  refused('a@b..example', 'syntax'),
  refused('a@.example', 'syntax'),
  refused('a@b.example.', 'syntax'),
  refused('a@-b.example', 'syntax'),
  refused('a@b-.example', 'syntax'),
  refused('a@b!c', 'syntax'),
  refused('a@b;c.example', 'syntax'),
  refused(`a@${'b'.repeat(64)}.example`, 'syntax'),
  refused(`${'a'.repeat(245)}@b.example`, 'syntax'),
  refused('a@[300.0.2.1]', 'syntax'),
  refused('a@[2001:db8::1]', 'syntax'),
  refused('a@[IPv6:192.0.2.1]', 'syntax'),
  refused('a@[tag:x]', 'syntax'),
  refused('b\xfccher@c.example', 'not-ascii'),
  refused('a@b\xfccher.example', 'not-ascii'),
  refused('"\xfc"@c.example', 'not-ascii'),
];

suite('paths are kept byte for byte or refused', () => {
  for (const c of cases) {
    test(`<${c.path.slice(0, 60)}>`, () => {
      assert.equal(outcome(c.path, 'reverse'), c.reverse);
      assert.equal(outcome(c.path, 'forward'), c.forward);
    });
  }
});

function outcome(path: string, kind: 'reverse' | 'forward', isUtf8 = false): string {
  const parsed = parsePath(`<${path}> SIZE=1`, kind, isUtf8);
  if (parsed.defect !== null) return parsed.defect;
  assert.equal(parsed.path, path);
  assert.equal(parsed.rest, ' SIZE=1');
  return 'kept';
}

suite('paths beyond ASCII, with SMTPUTF8', () => {
  const utf8: readonly Case[] = [
    kept('jörg@b.example'),
    kept('用户@例子.example'),
    kept('"jörg müller"@b.example'),
    kept('a@bücher.example'),
    kept('a@Bücher.example'),
    kept('a@straße.example'),
    kept('a@xn--bcher-kva.bücher.example'),
    kept('اختبار@b.example'),
    // Joiners belong to the spelling of some scripts.
    kept('क्\u200dष@b.example'),
    kept(`${'ö'.repeat(122)}@b.test`.slice(0, 129)),
    // Its octets are counted.
    refused(`${'ö'.repeat(125)}@b.example`, 'syntax'),
    // THREATS 8 and 9: read as something else by a server that normalises, or by a person.
    refused('a＠evil.example@b.example', 'indirect'),
    refused('"a＠evil"@b.example', 'indirect'),
    { path: 'a％evil@b.example', reverse: 'kept', forward: 'indirect' },
    { path: 'evil！a@b.example', reverse: 'kept', forward: 'indirect' },
    refused('a＞b@c.example', 'syntax'),
    refused('a\u202eb@c.example', 'syntax'),
    refused('a\u2028b@c.example', 'syntax'),
    refused('a\x85b@c.example', 'syntax'),
    refused('a\u3000b@c.example', 'syntax'),
    refused('\ufeffa@c.example', 'syntax'),
    refused('a\ufffe@c.example', 'syntax'),
    refused('ö', 'syntax'),
    // Only U-labels: what is mapped to another name is that name for some servers only.
    refused('a@ｏｕｒｓ.example', 'syntax'),
    refused('a@b。example', 'syntax'),
    refused('a@bu\u0308cher.example', 'syntax'),
    refused('a@１.２.３.４', 'syntax'),
    refused('a@ü%41.example', 'syntax'),
    refused('a@ü/.example', 'syntax'),
    refused('a@ü:25', 'syntax'),
    refused('a@ü..example', 'syntax'),
    refused(`a@${'ü'.repeat(60)}.example`, 'syntax'),
    refused('a@\u200d.example', 'syntax'),
    refused('a@[ü]', 'syntax'),
  ];
  for (const c of utf8)
    test(`<${JSON.stringify(c.path).slice(1, 60)}>`, () => {
      assert.equal(outcome(c.path, 'reverse', true), c.reverse);
      assert.equal(outcome(c.path, 'forward', true), c.forward);
    });
  test('ASCII is read as without it', () => {
    const answers = (isUtf8: boolean) =>
      cases.filter(c => c.reverse !== 'not-ascii').map(c => outcome(c.path, 'forward', isUtf8));
    assert.deepEqual(answers(true), answers(false));
  });
});

suite('what is not in angle brackets is no path', () => {
  for (const text of [
    '',
    'a@b.example',
    '<a@b.example',
    'a@b.example>',
    '<"a@b.example>',
    '<<a@b.example>>',
    ' <a@b.example>',
  ]) {
    test(JSON.stringify(text), () => assert.deepEqual(parsePath(text, 'forward'), { defect: 'syntax' }));
  }
});
