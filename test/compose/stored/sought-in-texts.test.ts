// What is found in kept texts is what a worker would have found; where a field is missing, nothing is taken for granted.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { ruleSetOf } from '../../../src/compose/rules/rule-set.ts';
import { soughtInTexts } from '../../../src/compose/stored/sought-in-texts.ts';
import { parseConfig } from '../../../src/config/load.ts';
import { readMail } from '../../../src/content/mail.ts';
import { textsToKeep } from '../../../src/inspect/keep-texts.ts';
import type { TextField } from '../../../src/model/evidence.ts';
import { type KeptTexts, unpackedTexts } from '../../../src/model/kept-texts.ts';
import { compilePatterns } from '../../../src/rules/patterns/patterns.ts';
import type { TextsReader } from '../../../src/store/texts.ts';
import { load, rule } from '../../rules/rule-set.ts';
import { messageRecord } from '../../store/samples.ts';

const readerOf = (kept: KeptTexts | null): TextsReader => ({ of: async () => kept, close: () => {} });
const record = messageRecord(1);

const mails = join(import.meta.dirname, '../../../fixtures/mail');

suite('as a worker', () => {
  const shipped = ruleSetOf(parseConfig('', 'postern.yaml', {}));
  const matcher = compilePatterns(shipped.patterns);
  const options = { budgetMs: 60_000, now: () => performance.now() };
  for (const name of readdirSync(mails).filter(file => file.endsWith('.eml')))
    test(name, async () => {
      const mail = readMail(readFileSync(join(mails, name)));
      const live = matcher.match(await mail.texts(matcher.fields), options);
      const packed = await textsToKeep(mail, 'sought', matcher.fields, 60_000);
      assert.ok(packed);
      const kept = unpackedTexts(JSON.parse(Buffer.from(packed).toString()));
      const seek = soughtInTexts(readerOf(kept));
      const found = await seek(record, new Set(matcher.symbols), shipped);
      assert.deepEqual([found?.by, found?.patternHits.hits, found?.unknown], ['texts', live.hits, new Set()]);
    });
});

const rules = load({
  rules: [
    rule('IN_TEXT', 'match: { text: /secret/ }', '1'),
    rule('IN_RAW', 'match: { raw: /secret/ }', '1'),
    rule('IN_EITHER', 'match: { raw: /secret/, text: /door/ }', '1'),
    rule('IN_HEADER', 'match: { "header:x-new": /secret/ }', '1'),
  ].join(''),
});
const every = ['IN_TEXT', 'IN_RAW', 'IN_EITHER', 'IN_HEADER'];

const cases: readonly {
  readonly name: string;
  readonly texts: readonly (readonly [TextField, readonly string[]])[];
  readonly hasHeader?: boolean;
  readonly open?: readonly string[];
  readonly hits: readonly string[];
  readonly unknown: readonly string[];
}[] = [
  { name: 'found', texts: [['text', ['secret']]], hits: ['IN_TEXT'], unknown: ['IN_RAW', 'IN_EITHER'] },
  {
    name: 'one of two fields is enough to hit, and not to miss',
    texts: [['text', ['a door']]],
    hits: ['IN_EITHER'],
    unknown: ['IN_RAW'],
  },
  {
    name: 'nothing else than what is open is sought',
    texts: [['text', ['secret']]],
    open: ['IN_RAW'],
    hits: [],
    unknown: ['IN_RAW'],
  },
  {
    name: 'a header that was not kept',
    texts: [['text', []]],
    hasHeader: false,
    hits: [],
    unknown: ['IN_RAW', 'IN_EITHER', 'IN_HEADER'],
  },
  {
    name: 'fields that were empty are known',
    texts: [
      ['text', []],
      ['raw', []],
    ],
    hits: [],
    unknown: [],
  },
];
for (const { name, texts, hasHeader = true, open = every, hits, unknown } of cases)
  test(name, async () => {
    const seek = soughtInTexts(readerOf({ texts: new Map(texts), hasHeader }));
    const found = await seek(record, new Set(open), rules);
    assert.deepEqual(
      [found?.patternHits.hits.map(({ symbol }) => symbol), [...(found?.unknown ?? [])]],
      [hits, unknown],
    );
  });

test('nothing where nothing was kept', async () => {
  assert.equal(await soughtInTexts(readerOf(null))(record, new Set(every), rules), null);
});
