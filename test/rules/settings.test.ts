// Settings that are kept as overrides: what is in force, edits of the file, and what of it is stale after an upgrade.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Document, parseDocument } from 'yaml';
import { loadRules } from '../../src/rules/load.ts';
import type { RuleSet } from '../../src/rules/rule.ts';
import { edited, type Setting, type SettingEdit, settingOf } from '../../src/rules/settings.ts';
import { applicable } from '../../src/rules/stale-overrides.ts';
import { evidence, filesToChange } from './rule-set.ts';

const base = filesToChange(
  "when: inList('freemail', from.domain)",
  'when: from.is_odd',
  'scores: { A: { score: 3, why: W. } }',
);
const under = (text: string): RuleSet =>
  loadRules(base, { evidence, changes: text === '' ? [] : [{ path: 'overrides.yaml', text }] });

const time = '2026-11-22T07:30:00.000Z';
const edit = (text: string, of: SettingEdit, by = 'desk'): string => edited(text, of, by, time);
const score = (name: string, value: number | null, why = 'We sell it.'): SettingEdit => ({
  kind: 'score',
  name,
  value,
  why,
});
const list = (add: readonly string[], remove: readonly string[] = [], why = 'Ours.'): SettingEdit => ({
  kind: 'list',
  name: 'freemail',
  value: { add, remove },
  why,
});

function inForce<K extends Exclude<Setting['kind'], 'weight'>>(
  kind: K,
  name: string,
  text: string,
): Extract<Setting, { kind: K }> {
  const setting = settingOf({ kind, name }, under(text), text);
  assert.ok(setting);
  return setting as Extract<Setting, { kind: K }>;
}

test('a score: set, set again, taken back', () => {
  const set = edit('', score('B', -500));
  assert.equal(set, `scores:\n  B: { score: -0.5, why: We sell it., by: desk, at: ${time} }\n`);
  const now = inForce('score', 'B', set);
  assert.deepEqual([now.score, now.setBy], [-500, `overrides.yaml:2 (api, desk, ${time})`]);
  assert.deepEqual(now.override, { why: 'We sell it.', by: 'desk', at: time });
  const more = edit(set, score('A', 4000));
  assert.deepEqual([inForce('score', 'A', more).score, inForce('score', 'B', more).score], [4000, -500]);
  assert.equal(inForce('score', 'A', edit(more, score('A', 5001))).score, 5001);
  assert.equal(edit(edit(more, score('A', null)), score('B', null)), '');
  assert.equal(edit('', score('A', null)), '');
});

test('a profile’s own score wins, and is shown beside the one that is set', () => {
  const { score: now, profiles } = inForce('score', 'A', edit('', score('A', 4000)));
  assert.equal(now, 4000);
  assert.deepEqual(profiles, [['clinic', { value: 3000, why: 'W.', setBy: 'rules/profiles/clinic.yaml:3' }]]);
});

test('thresholds: set, inherited, never refusing, taken back', () => {
  const text = edit('', {
    kind: 'thresholds',
    name: 'default',
    value: { tag: 4000, quarantine: 7500, reject: null },
    why: 'W.',
  });
  const now = inForce('thresholds', 'default', text);
  assert.deepEqual(now.thresholds, { tag: 4000, quarantine: 7500, reject: null });
  assert.equal(now.setBy, `overrides.yaml:3 (api, desk, ${time})`);
  const inherited = inForce('thresholds', 'clinic', text);
  assert.deepEqual([inherited.thresholds, inherited.setBy, inherited.override], [now.thresholds, now.setBy, null]);
  const back = edit(text, { kind: 'thresholds', name: 'default', value: null, why: '' });
  assert.equal(back, '');
  assert.equal(inForce('thresholds', 'default', back).setBy, 'rules/profiles/default.yaml:4');
});

test('a weight: set, inherited, taken back; a group that no rule is in is nothing', () => {
  const of = (name: string, group = 'testing') => ({ kind: 'weight', name, group }) as const;
  const weight = (name: string, text: string) => {
    const setting = settingOf(of(name), under(text), text);
    assert.ok(setting?.kind === 'weight');
    return setting;
  };
  const unset = weight('default', '');
  assert.deepEqual([unset.weight, unset.setBy, unset.override], [1000, null, null]);
  const text = edit('', { ...of('default'), value: 250, why: 'W.' });
  assert.equal(
    text,
    `profiles:\n  default:\n    weights:\n      testing: { weight: 0.25, why: W., by: desk, at: ${time} }\n`,
  );
  const set = weight('default', text);
  assert.deepEqual([set.weight, set.setBy], [250, `overrides.yaml:4 (api, desk, ${time})`]);
  assert.deepEqual(set.override, { why: 'W.', by: 'desk', at: time });
  assert.notEqual(set.version, unset.version);
  const inherited = weight('clinic', text);
  assert.deepEqual([inherited.weight, inherited.setBy, inherited.override], [250, set.setBy, null]);
  const both = edit(text, {
    kind: 'thresholds',
    name: 'default',
    value: { tag: 1000, quarantine: 2000, reject: null },
    why: 'W.',
  });
  assert.equal(
    edit(edit(both, { ...of('default'), value: null, why: '' }), {
      kind: 'thresholds',
      name: 'default',
      value: null,
      why: '',
    }),
    '',
  );
  assert.deepEqual(weight('default', edit(both, { ...of('default'), value: null, why: '' })), unset);
  assert.equal(settingOf(of('default', 'nobody'), under(''), ''), null);
  assert.equal(settingOf(of('nobody'), under(''), ''), null);
  assert.throws(() => under(edit('', { ...of('default'), value: -1, why: 'W.' })), /a weight is not negative/);
});

test('a list: entries keep who added them, also those whose names mean something else to YAML or to objects', () => {
  const odd = ['2001:db8::/32', '0123', 'constructor', '__proto__', 'no'];
  const first = edit('', list(odd, ['post.test']), 'first');
  const second = edit(first, list([...odd, 'new.test'], ['post.test']), 'second');
  const now = inForce('list', 'freemail', second);
  assert.deepEqual(now.entries, [...odd, 'freemail.test', 'new.test'].sort());
  assert.deepEqual(
    [...now.added].map(([entry, { by }]) => `${entry} ${by}`),
    [...odd.map(entry => `${entry} first`), 'new.test second'].sort(),
  );
  assert.deepEqual([...now.removed.keys()], ['post.test']);
  assert.equal(edit(second, { kind: 'list', name: 'freemail', value: null, why: '' }), '');
  assert.equal(edit(second, list([])), '');
});

interface Listing {
  readonly add: readonly string[];
  readonly remove: readonly string[];
  readonly by: string;
}

/** Of the list in the whole text, read anew. */
const writtenIn = (text: string): Partial<Record<'add' | 'remove', Record<string, object>>> =>
  parseDocument(text).toJS()?.lists?.freemail ?? {};

function editedOneByOne(text: string, { by, ...listing }: Listing): string {
  const before = writtenIn(text);
  const document = parseDocument(edit(text, { kind: 'list', name: 'freemail', value: null, why: '' }));
  for (const key of ['add', 'remove'] as const)
    for (const entry of listing[key]) {
      const known = new Map(Object.entries(before[key] ?? {}));
      const made = document.createNode(known.get(entry) ?? { why: 'Ours.', by, at: time }, { flow: true });
      document.setIn(['lists', 'freemail', key, entry], made);
    }
  return document.contents === null ? '' : document.toString({ lineWidth: 0 });
}

test('a list has the same bytes as if its entries were set one by one, and what is in force is what a new reading finds', () => {
  const entry = fc.constantFrom('a.test', 'b.test', '2001:db8::/32', '0123', 'no', 'constructor', '"', '# c: {}');
  const entries = fc.uniqueArray(entry, { maxLength: 5 });
  const change = fc.oneof(
    fc.record({ add: entries, remove: entries, by: fc.constantFrom('desk', 'api: x') }),
    fc.record({ score: fc.option(fc.integer({ min: -9000, max: 9000 })) }),
  );
  const start = fc.constantFrom('', '# ours\nscores:\n  B: { score: 2, why: Because. } # keep\n');
  fc.assert(
    fc.property(start, fc.array(change, { maxLength: 8 }), (first, changes) => {
      let text: string = first;
      for (const of of changes) {
        const anew = 'score' in of ? edit(text, score('A', of.score)) : editedOneByOne(text, of);
        text = 'score' in of ? anew : edit(text, list(of.add, of.remove), of.by);
        assert.equal(text, anew);
        const setting = settingOf({ kind: 'list', name: 'freemail' }, under(''), text);
        assert.ok(setting?.kind === 'list');
        assert.deepEqual(new Set(setting.added.keys()), new Set(Object.keys(writtenIn(text).add ?? {})));
      }
    }),
    { numRuns: 60 },
  );
});

test('a list of 10,000 entries is put in place at once, and read once however often it is asked for', t => {
  const entries = Array.from({ length: 10_000 }, (_, i) => `h${i}.example`);
  const setIn = t.mock.method(Document.prototype, 'setIn');
  const text = edit('', list(entries));
  assert.ok(setIn.mock.callCount() < 10, `${setIn.mock.callCount()} searches for a place`);
  const toJS = t.mock.method(Document.prototype, 'toJS');
  const rules = under('');
  for (let i = 0; i < 5; i++) settingOf({ kind: 'score', name: 'A' }, rules, text);
  assert.equal(toJS.mock.callCount(), 1);
});

test('what somebody wrote by hand stays, comments too', () => {
  const byHand = '# ours\nscores:\n  A: { score: 2, why: Because. } # keep\nlists: { freemail: { add: [x.test] } }\n';
  const text = edit(byHand, score('B', 9000));
  assert.match(text, /# ours/);
  assert.match(text, /# keep/);
  assert.deepEqual(inForce('score', 'A', text).override, { why: 'Because.', by: '', at: '' });
  assert.equal(inForce('score', 'A', text).setBy, 'overrides.yaml:3');
  const more = edit(text, list(['x.test', 'y.test']));
  const { added } = inForce('list', 'freemail', more);
  assert.deepEqual([added.get('x.test')?.by, added.get('y.test')?.by], ['', 'desk']);
});

test('a version stands for a value: another edit elsewhere does not change it, one of its own does', () => {
  const one = edit('', score('B', 3000));
  const version = inForce('score', 'B', one).version;
  assert.equal(inForce('score', 'B', edit(one, score('A', 1))).version, version);
  assert.notEqual(inForce('score', 'B', edit(one, score('B', 3001))).version, version);
  assert.notEqual(inForce('score', 'B', edit(one, score('B', 3000, 'Another reason.'))).version, version);
  assert.notEqual(
    inForce('list', 'freemail', edit('', list(['x.test']))).version,
    inForce('list', 'freemail', '').version,
  );
});

const unknown = [
  { kind: 'score', name: 'C' },
  { kind: 'score', name: '__PART' },
  { kind: 'score', name: '__proto__' },
  { kind: 'thresholds', name: 'bank' },
  { kind: 'list', name: 'none' },
] as const;
for (const name of unknown)
  test(`there is no ${name.kind} ${name.name}`, () => assert.equal(settingOf(name, under(''), ''), null));

const stale = `
scores: { GONE: { score: 1, why: W. }, A: { score: 7, why: W. } }
profiles:
  bank: { thresholds: { tag: 1, quarantine: 2, reject: 3 } }
  default: { scores: { GONE: { score: 1, why: W. } }, always: { GONE: reject }, weights: { gone: { weight: 1, why: W. } } }
lists: { gone: { add: [a.test] }, freemail: { add: [b.test] } }
`;
test('what is about something that is gone is set aside, and all else holds', () => {
  const { text, aside } = applicable(stale, under(''));
  assert.deepEqual(aside, [
    'scores.GONE: there is no such symbol any more',
    'profiles.bank: there is no such profile any more',
    'profiles.default.scores.GONE: there is no such symbol any more',
    'profiles.default.always.GONE: there is no such symbol any more',
    'profiles.default.weights.gone: there is no such group any more',
    'lists.gone: there is no such list any more',
  ]);
  const rules = under(text);
  assert.equal(rules.rules.find(({ symbol }) => symbol === 'A')?.score, 7000);
  assert.ok(rules.lists.get('freemail')?.has('b.test'));
});

test('overrides that are wrong otherwise are left as they are, for the loader to refuse', () => {
  for (const text of ['scores: { A: { score: 1, why: W. } }', 'scores: [A', 'scores: 1', ''])
    assert.deepEqual(applicable(text, under('')), { text, aside: [] });
});
