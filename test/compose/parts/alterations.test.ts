// Which copies are altered and how, and what leaves where the worker gives nothing.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, test } from 'node:test';
import { alterationsOf } from '../../../src/compose/parts/alterations.ts';
import { parseConfig } from '../../../src/config/load.ts';
import type { FieldsInput } from '../../../src/dispose/dispose.ts';
import type { AlterationOrder, Altered } from '../../../src/model/alteration.ts';
import type { Evidence, Observation } from '../../../src/model/evidence.ts';
import type { Action } from '../../../src/model/verdict.ts';
import { envelope, evidence, judged, recordingLog, spam } from '../../store/samples.ts';

const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();
const domains = 'hostname: gate.example\ndomains: { ours.example: {}, other.example: {}, xn--bcher-kva.example: {} }\n';
const parse = (text: string) => parseConfig(domains + text, 'postern.yaml', { RSA });

const observed = (value: unknown): Observation => ({ state: 'observed', ms: 0, value });
const factsOf = ({
  dmarc = 'none',
  from = 'far.example',
  authors = 1,
  arc = observed({ result: 'none' }),
} = {}): Evidence => ({
  ...evidence,
  facts: {
    from: observed({ count: 1, addresses: authors, domain: from }),
    'auth.dmarc': observed({ result: dmarc, domain: from }),
    'auth.arc': arc,
  },
});

interface Case {
  readonly action?: Action;
  readonly facts?: Evidence;
  readonly client?: string;
  readonly mode?: 'enforce' | 'observe';
  readonly recipients?: readonly [string, ...string[]];
}

function inputOf({
  action = 'deliver',
  facts = factsOf(),
  client,
  mode = 'enforce',
  recipients = ['a@ours.example'],
}: Case): FieldsInput {
  const given = envelope(recipients);
  const connection = { ...given.connection, ...(client && { clientAddress: client }) };
  const group = judged(recipients, { mode });
  return { envelope: { ...given, connection }, message: spam(1), evidence: facts, group, action };
}

const fields = { prepended: 'X-Ours: 1\r\n', edits: [] };

/** `answer` is what the worker makes of each order. */
async function run(text: string, given: Case, answer: (order: AlterationOrder) => Altered | 'deadline' = made) {
  const orders: AlterationOrder[] = [];
  const log = recordingLog();
  const alter = async (_message: unknown, order: AlterationOrder) => {
    orders.push(order);
    return answer(order);
  };
  const { alter: altering } = alterationsOf(parse(text), { alter }, { warn: log.error });
  assert.ok(altering !== undefined);
  return { orders, log, copies: await altering(inputOf(given), fields) };
}

const made = (order: AlterationOrder): Altered => ({
  prepended: `X-Made: 1\r\n${order.prepended}`,
  edits: order.edits,
  notes: [],
});

test('where nothing is to be altered nobody is asked, and nothing where nothing is inspected', () => {
  const never = { alter: () => Promise.reject(new Error('asked')) };
  assert.deepEqual(alterationsOf(parse(''), never, recordingLog() as never), {});
  assert.deepEqual(alterationsOf(parse('subject_tag: x'), null, recordingLog() as never), {});
});

const tag = 'subject_tag: "[S]"\n';
const banner = (when: string) => `banner: { text: "a <b>\\nc", when: ${when} }\n`;
const sign = 'dkim: { sign: { Ours.example: { selector: s, key: "env:RSA" } }, sign_from: [198.51.100.0/24] }\n';
const seal = (when: string) => `arc: { seal: { domain: gate.example, selector: s, key: "env:RSA", when: ${when} } }\n`;
const ownServer = { client: '198.51.100.7' };

const wishes: readonly (Case & { name: string; text: string; asks: readonly string[] })[] = [
  { name: 'a tag for what is tagged', text: tag, action: 'tag', asks: ['tag'] },
  { name: 'no tag for what is delivered', text: tag, asks: [] },
  {
    name: 'nothing at all where mail is observed',
    text: tag + banner('all') + seal('relayed'),
    action: 'tag',
    mode: 'observe',
    asks: [],
  },
  { name: 'a banner for what comes from outside', text: banner('external'), asks: ['banner'] },
  {
    name: 'a banner for our domain where DMARC fails',
    text: banner('external'),
    facts: factsOf({ from: 'ours.example', dmarc: 'fail' }),
    asks: ['banner'],
  },
  {
    name: 'no banner for our domain where DMARC passes',
    text: banner('external'),
    facts: factsOf({ from: 'ours.example', dmarc: 'pass' }),
    asks: [],
  },
  {
    name: 'a banner for another domain where DMARC passes',
    text: banner('external'),
    facts: factsOf({ dmarc: 'pass' }),
    asks: ['banner'],
  },
  { name: 'no banner for our own servers', text: banner('external') + sign, ...ownServer, asks: [] },
  { name: 'a banner for all, our own servers too', text: banner('all') + sign, ...ownServer, asks: ['banner'] },
  { name: 'a banner for what is tagged', text: banner('tagged'), action: 'tag', asks: ['banner'] },
  { name: 'no banner for what is not', text: banner('tagged'), asks: [] },
  { name: 'a seal for what is altered', text: tag + seal('altered'), action: 'tag', asks: ['tag', 'seal none'] },
  { name: 'no seal for what is not', text: tag + seal('altered'), asks: [] },
  { name: 'a seal for all that is relayed', text: seal('relayed'), asks: ['seal none'] },
  {
    name: 'a seal over a chain that failed',
    text: seal('relayed'),
    facts: factsOf({ arc: observed({ result: 'fail' }) }),
    asks: ['seal fail'],
  },
  {
    name: 'a signature for our domain from our server',
    text: sign,
    ...ownServer,
    facts: factsOf({ from: 'ours.example' }),
    asks: ['dkim ours.example'],
  },
  {
    name: 'a signature and no seal',
    text: sign + seal('relayed'),
    ...ownServer,
    facts: factsOf({ from: 'ours.example' }),
    asks: ['dkim ours.example'],
  },
  { name: 'no signature for anybody else who says so', text: sign, facts: factsOf({ from: 'ours.example' }), asks: [] },
  {
    name: 'no signature for a subdomain',
    text: sign,
    ...ownServer,
    facts: factsOf({ from: 'sub.ours.example' }),
    asks: [],
  },
  {
    name: 'no signature for two authors',
    text: sign,
    ...ownServer,
    facts: factsOf({ from: 'ours.example', authors: 2 }),
    asks: [],
  },
  {
    name: 'a signature for a domain in whichever form it is written',
    text: sign.replace('Ours.example', 'bücher.example'),
    ...ownServer,
    facts: factsOf({ from: 'bücher.example' }),
    asks: ['dkim xn--bcher-kva.example'],
  },
  { name: 'no signature where From could not be read', text: sign, ...ownServer, facts: evidence, asks: [] },
];

const shown = ({ subjectTag, banner, seal, signature }: AlterationOrder): string[] => [
  ...(subjectTag === null ? [] : ['tag']),
  ...(banner === null ? [] : ['banner']),
  ...(seal === null ? [] : [`seal ${seal.chain}`]),
  ...(signature === null ? [] : [`dkim ${signature.domain}`]),
];

describe('what is asked of the worker', () => {
  for (const { name, text, asks, ...given } of wishes)
    test(name, async () => {
      const { orders, copies } = await run(text, given);
      assert.deepEqual(orders.map(shown), asks.length === 0 ? [] : [asks]);
      assert.deepEqual(
        copies.map(copy => copy.fields.prepended),
        [asks.length === 0 ? 'X-Ours: 1\r\n' : 'X-Made: 1\r\nX-Ours: 1\r\n'],
      );
    });
});

test('a banner for the recipients of some domains: the others of the group have their copy without', async () => {
  const text = 'banner: { text: x, domains: [Other.example] }';
  const { copies, orders } = await run(text, { recipients: ['a@ours.example', 'B@OTHER.example', 'c@ours.example'] });
  assert.equal(orders.length, 1);
  assert.deepEqual(
    copies.map(copy => [copy.recipients, copy.fields.prepended]),
    [
      [['B@OTHER.example'], 'X-Made: 1\r\nX-Ours: 1\r\n'],
      [['a@ours.example', 'c@ours.example'], 'X-Ours: 1\r\n'],
    ],
  );
});

test('HTML is made of the text where there is none', async () => {
  const { orders } = await run(banner('all'), {});
  assert.match(orders[0]?.banner?.html ?? '', /^<div [^>]*>\na &#60;b&#62;<br>\nc\n<\/div>$/);
  const own = await run('banner: { text: x, html: "<p>y</p>" }', {});
  assert.equal(own.orders[0]?.banner?.html, '<p>y</p>');
});

test('a chain that could not be checked is not sealed, and that is said', async () => {
  const failed: Observation = { state: 'failed', ms: 0, reason: 'DNS' };
  const { orders, copies } = await run(tag + seal('altered'), {
    action: 'tag',
    facts: factsOf({ arc: failed as never }),
  });
  assert.deepEqual(orders.map(shown), [['tag']]);
  assert.deepEqual(copies[0]?.notes, [{ what: 'arc_seal', isDone: false, detail: 'the chain could not be checked' }]);
});

describe('where the worker gives nothing the copies leave with our fields alone', () => {
  const failures = [
    { name: 'it overran', answer: () => 'deadline' as const, why: 'overran: deadline' },
    {
      name: 'it cannot be reached',
      answer: () => {
        throw new Error('the inspection was closed');
      },
      why: 'the inspection was closed',
    },
    {
      name: 'its edits overlap',
      answer: (order: AlterationOrder): Altered => ({
        ...made(order),
        edits: [
          { start: 0, end: 4, bytes: new Uint8Array(0) },
          { start: 2, end: 6, bytes: new Uint8Array(0) },
        ],
      }),
      why: 'edits that cannot be made',
    },
    {
      name: 'its edits reach beyond the message',
      answer: (order: AlterationOrder): Altered => ({
        ...made(order),
        edits: [{ start: 0, end: 1e6, bytes: new Uint8Array(0) }],
      }),
      why: 'edits that cannot be made',
    },
  ];
  for (const { name, answer, why } of failures)
    test(name, async () => {
      const { copies, log } = await run(tag + seal('altered'), { action: 'tag' }, answer);
      assert.deepEqual(copies, [
        {
          recipients: ['a@ours.example'],
          fields,
          notes: [
            { what: 'subject_tag', isDone: false, detail: why },
            { what: 'arc_seal', isDone: false, detail: why },
          ],
        },
      ]);
      assert.equal(log.events.length, 1);
    });
});
