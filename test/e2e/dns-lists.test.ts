// DNS lists through a real unbound: lists that answer rightly, and one for each way to answer wrongly or not at all.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { dnsServer } from '../support/dns-server.ts';
import { suiteEnding } from '../support/endings.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { missing } from '../support/real-parts.ts';
import { type RecordingNextHop, startRecordingNextHop } from '../support/recording-next-hop.ts';
import { SmtpClient } from '../support/smtp-client.ts';
import { startUnbound, type UnboundZone } from '../support/unbound.ts';
import { arrival, type Explained, explained, fields, letter } from './letters.ts';

const points = (zone: string) => [`2.0.0.127.${zone}. 60 IN A 127.0.0.2`];

const zones: readonly UnboundZone[] = [
  {
    name: 'block.test',
    kind: 'static',
    records: [...points('block.test'), '66.113.0.203.block.test. 60 IN A 127.0.0.4'],
  },
  {
    name: 'allow.test',
    kind: 'static',
    records: [...points('allow.test'), '25.113.0.203.allow.test. 60 IN A 127.0.0.2'],
  },
  { name: 'world.test', kind: 'redirect', records: ['world.test. 60 IN A 127.0.0.2'] },
  { name: 'parked.test', kind: 'redirect', records: ['parked.test. 60 IN A 198.51.100.80'] },
  { name: 'public.test', kind: 'redirect', records: ['public.test. 60 IN A 127.255.255.254'] },
  { name: 'empty.test', kind: 'static' },
  { name: 'silent.test', kind: 'silent' },
  {
    name: '113.0.203.in-addr.arpa',
    kind: 'static',
    records: [
      '25.113.0.203.in-addr.arpa. 60 IN PTR mx.partner.test.',
      '66.113.0.203.in-addr.arpa. 60 IN PTR mx.partner.test.',
    ],
  },
  { name: 'partner.test', kind: 'static', records: ['mx.partner.test. 60 IN A 203.0.113.25'] },
];

const liars = ['world', 'parked', 'public', 'empty', 'silent', 'broken'];
const list = (name: string, kind: 'block' | 'allow') => ({
  name,
  zone: `${name}.test`,
  kind,
  codes: { '127.0.0.2': { label: 'listed', weight: 'strong' }, '127.0.0.4': { label: 'taken-over', weight: 'strong' } },
});

describe('DNS lists behind unbound', { skip: missing('unbound', 'unbound') }, () => {
  let gateway: Gateway;
  let nextHop: RecordingNextHop;
  const ending = suiteEnding();
  before(async () => {
    nextHop = await startRecordingNextHop(ending);
    const failing = await dnsServer(ending, {
      '2.0.0.127.broken.test': 'servfail',
      '1.0.0.127.broken.test': 'servfail',
    });
    const broken: UnboundZone = { name: 'broken.test', kind: 'served', server: failing.address };
    const unbound = await startUnbound(ending, [...zones, broken]);
    const config = {
      next_hop: nextHop.url,
      smtp: { listen: [{ address: '127.0.0.1:0' }], xclient_from: ['127.0.0.1'] },
      dns: { servers: [unbound.address], timeout: '2s' },
      dns_lists: [list('block', 'block'), list('allow', 'allow'), ...liars.map(name => list(name, 'block'))],
    };
    gateway = await startGateway(ending, { config });
  });

  /** Sends one message as the client with this address, and says what the ledger has of it. */
  async function judged(address: string, from: string): Promise<Explained> {
    const client = await SmtpClient.connect(gateway.smtp.port);
    await client.reply();
    await client.command('EHLO front.test');
    await client.command(`XCLIENT ADDR=${address} NAME=[UNAVAILABLE] HELO=mx.partner.test PROTO=ESMTP`);
    await client.command('EHLO mx.partner.test');
    await client.command(`MAIL FROM:<${from}>`);
    await client.command('RCPT TO:<reader@guarded.test>');
    await client.command('DATA');
    client.send(Buffer.concat([letter(from, 'Minutes', 'As agreed.'), Buffer.from('.\r\n')]));
    assert.equal((await client.reply()).code, 250);
    client.socket.destroy();
    return explained(gateway, from);
  }

  const listSymbols = ({ verdicts }: Explained) =>
    verdicts[0]?.hits.map(({ symbol }) => symbol).filter(symbol => /_LISTS?_/.test(symbol));

  test('a client on a block list gets the points of its weightiest listing, and no liar adds to them', async () => {
    assert.deepEqual(listSymbols(await judged('203.0.113.66', 'blocked@partner.test')), ['BLOCK_LIST_STRONG']);
  });

  test('a client on an allow list is given a little', async () => {
    assert.deepEqual(listSymbols(await judged('203.0.113.25', 'allowed@partner.test')), ['ALLOW_LIST_STRONG']);
  });

  test('threat 28: a client on no list gets nothing, though one list holds all the world', async () => {
    const { facts, verdicts } = await judged('203.0.113.99', 'nobody@partner.test');
    assert.deepEqual(listSymbols({ facts, verdicts }), []);
    const { unanswered } = (facts.dns_lists as unknown as { value: { unanswered: { list: string; state: string }[] } })
      .value;
    assert.deepEqual(
      unanswered.map(({ list, state }) => [list, state]),
      liars.map(name => [name, 'suspended']),
    );
  });

  test('the client’s name is confirmed by the DNS, or it is not', async () => {
    const iprev = async (from: string) =>
      fields((await arrival(nextHop, from))?.content ?? Buffer.alloc(0), 'Authentication-Results').join();
    await judged('203.0.113.25', 'named@partner.test');
    assert.match(await iprev('named@partner.test'), /\biprev=pass policy\.iprev=203\.0\.113\.25\b/);
    await judged('203.0.113.66', 'pretending@partner.test');
    assert.match(await iprev('pretending@partner.test'), /\biprev=fail policy\.iprev=203\.0\.113\.66\b/);
  });

  test('each list that lies is said once in the log, with the reason', async () => {
    const reasons: Readonly<Record<string, RegExp>> = {
      world: /lists everything/,
      parked: /outside of 127\.0\.0\.0\/8/,
      public: /public resolver/,
      empty: /lists nothing/,
      silent: /does not answer \(ETIMEOUT\)/,
      broken: /does not answer \(ESERVFAIL\)/,
    };
    for (const name of liars) {
      const { reason } = await gateway.logged(({ event, list }) => event === 'dns list suspended' && list === name);
      assert.match(String(reason), reasons[name] ?? /^$/);
    }
    assert.equal(gateway.log.filter(({ event }) => event === 'dns list suspended').length, liars.length);
  });

  test('readiness is degraded, and never refused; metrics name the lists', async () => {
    const ready = await gateway.request('/readyz');
    assert.equal(ready.status, 200);
    const { components } = (await ready.json()) as { components: Record<string, unknown> };
    assert.deepEqual(components.dns_lists, {
      state: 'degraded',
      reason: 'some DNS lists answer wrongly and are not asked; the log says which',
      figures: { configured: 8, suspended: 6 },
    });
    const metrics = await (await gateway.request('/metrics')).text();
    assert.match(metrics, /^postern_dns_list_up\{list="block",family="ipv4"\} 1$/m);
    assert.match(metrics, /^postern_dns_list_up\{list="world",family="ipv4"\} 0$/m);
    assert.match(metrics, /^postern_dns_list_answers_total\{list="block",answer="listed"\} [1-9]/m);
  });
});
