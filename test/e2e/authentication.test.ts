// Who a message is from, behind hops of ours and by way of forwarders and lists: through the gateway as a user runs it.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import type { sealMessage as SealMessage } from 'mailauth/lib/arc/index.js';
import { dkimSign, rsaKey } from '../checks/auth-scene.ts';
import { dnsServer, type Zone } from '../support/dns-server.ts';
import { suiteEnding } from '../support/endings.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { missingPostfix, type Postfix, startPostfix } from '../support/postfix.ts';
import { type RecordingNextHop, startRecordingNextHop } from '../support/recording-next-hop.ts';
import { type HeardReply, SmtpClient } from '../support/smtp-client.ts';
import { tempDir } from '../support/temp.ts';
import { arrival, explained, fields, heldFrom, letter } from './letters.ts';

const { sealMessage } = createRequire(import.meta.url)('mailauth/lib/arc/index.js') as {
  sealMessage: typeof SealMessage;
};

const key = rsaKey();
const zone: Zone = {
  'partner.test': { TXT: ['v=spf1 ip4:198.51.100.7 -all'] },
  '_dmarc.partner.test': { TXT: ['v=DMARC1; p=reject'] },
  'key._domainkey.community.test': key.record,
  'key._domainkey.sealer.test': key.record,
  'key._domainkey.stranger.test': key.record,
};

/** One message from `client`, as XCLIENT tells the server. */
async function sendAs(port: number, client: string, from: string, content: Buffer): Promise<HeardReply> {
  const connection = await SmtpClient.ready(port);
  assert.equal((await connection.command(`XCLIENT ADDR=${client} NAME=[UNAVAILABLE]`)).code, 220);
  await connection.command('EHLO mail.partner.test');
  const reply = await connection.deliver({ from, to: ['ben@guarded.test'], content: content.toString('latin1') });
  await connection.command('QUIT');
  return reply;
}

describe('behind a real Postfix that is our backup MX', { skip: missingPostfix() }, () => {
  let gateway: Gateway;
  let nextHop: RecordingNextHop;
  let backup: Postfix;
  const ending = suiteEnding();
  before(async () => {
    nextHop = await startRecordingNextHop(ending);
    const dns = await dnsServer(ending, zone);
    gateway = await startGateway(ending, {
      config: {
        next_hop: nextHop.url,
        dns: { servers: [dns.address] },
        domains: { 'guarded.test': {} },
        trusted_networks: ['127.0.0.1'],
      },
    });
    backup = await startPostfix(ending, {
      relayPort: gateway.smtp.port,
      main: {
        relay_domains: 'guarded.test',
        smtpd_relay_restrictions: 'reject_unauth_destination',
        smtpd_authorized_xclient_hosts: '127.0.0.0/8',
      },
    });
  });

  const through = async (client: string, from: string, content: Buffer): Promise<void> => {
    const reply = await sendAs(backup.port, client, from, content);
    const id = /queued as (\w+)/.exec(reply.lines.join())?.[1];
    await backup.untilLog(new RegExp(`${id}: to=<ben@guarded\\.test>.*status=sent`));
  };

  test('SPF judges who handed over to it', async () => {
    await through('198.51.100.7', 'ada@partner.test', letter('ada@partner.test', 'Minutes', 'As agreed.'));
    const content = (await arrival(nextHop, 'ada@partner.test'))?.content ?? Buffer.alloc(0);
    const [results = ''] = fields(content, 'Authentication-Results');
    assert.match(results, /spf=pass smtp\.mailfrom=partner\.test/);
    assert.match(results, /dmarc=pass header\.from=partner\.test/);
    assert.match(results, /smtp\.remote-ip=198\.51\.100\.7/);
  });

  test('a Received field that the sender wrote himself does not help him', async () => {
    const from = 'forger@partner.test';
    const forged =
      'Received: from mail.partner.test (mail.partner.test [198.51.100.7]) by backup.ours.test (Postfix) with ESMTP id 1\r\n';
    await through('192.0.2.66', from, Buffer.concat([Buffer.from(forged), letter(from, 'Minutes', 'As agreed.')]));
    assert.equal(await arrival(nextHop, from), null);
    assert.equal((await heldFrom(gateway, from))?.state, 'held');
    const { facts } = await explained(gateway, from);
    const client = facts.client as { readonly value?: { readonly origin_address?: string } };
    assert.equal(client.value?.origin_address, '192.0.2.66');
  });
});

describe('a failed p=reject', () => {
  let gateway: Gateway;
  let nextHop: RecordingNextHop;
  const ending = suiteEnding();
  before(async () => {
    nextHop = await startRecordingNextHop(ending);
    const dns = await dnsServer(ending, zone);
    const folder = tempDir(ending);
    mkdirSync(join(folder, 'content'));
    writeFileSync(
      join(folder, 'content/odd.yaml'),
      `- symbol: ODD_SUBJECT
  summary: Evidence that has nothing to do with authentication.
  group: content
  score: 8
  match: { subject: '/^odd$/' }
  tests: { hit: [{ subject: odd }], miss: [{ subject: odds }] }
`,
    );
    gateway = await startGateway(ending, {
      config: {
        next_hop: nextHop.url,
        dns: { servers: [dns.address] },
        domains: { 'guarded.test': {} },
        smtp: { listen: [{ address: '127.0.0.1:0' }], xclient_from: ['127.0.0.1'] },
        rules: { folders: [folder] },
        lists: { known: ['lists.community.test'] },
        arc: { trusted_sealers: ['sealer.test'] },
        forwarders: [{ networks: ['203.0.113.0/28'] }],
      },
    });
  });

  const content = letter('ada@partner.test', 'Minutes', 'As agreed.');
  const listed = Buffer.concat([Buffer.from('List-Id: <users.lists.community.test>\r\n'), content]);
  const sealedBy = (domain: string) => {
    const results = `${domain}; dmarc=pass header.from=partner.test`;
    const seal = { signingDomain: domain, selector: 'key', privateKey: key.privateKey, cv: 'none' as const };
    return async () => Buffer.concat([await sealMessage(content, { ...seal, authResults: results }), content]);
  };
  const signedBy = (domain: string) => async () => {
    const by = { signingDomain: domain, selector: 'key', privateKey: key.privateKey };
    const { signatures } = await dkimSign(listed, { ...by, signatureData: [by] });
    return Buffer.concat([Buffer.from(signatures, 'latin1'), listed]);
  };

  const ways: readonly {
    name: string;
    client?: string;
    mail: () => Promise<Buffer> | Buffer;
    fate: 'delivered' | 'held' | 'refused';
    floor: string;
  }[] = [
    { name: 'is quarantined', mail: () => content, fate: 'held', floor: 'policy:dmarc' },
    {
      name: 'is refused where other evidence quarantines too',
      mail: () => letter('ada@partner.test', 'odd', 'As agreed.'),
      fate: 'refused',
      floor: 'policy:dmarc',
    },
    {
      name: 'is lifted by a list that we know and that signed it',
      mail: signedBy('community.test'),
      fate: 'delivered',
      floor: 'policy:dmarc-overridden',
    },
    {
      name: 'is not lifted by the List-Id alone',
      mail: () => listed,
      fate: 'held',
      floor: 'policy:dmarc',
    },
    {
      name: 'nor by a stranger’s signature on it',
      mail: signedBy('stranger.test'),
      fate: 'held',
      floor: 'policy:dmarc',
    },
    {
      name: 'is lifted by a sealer that we trust',
      mail: sealedBy('sealer.test'),
      fate: 'delivered',
      floor: 'policy:dmarc-overridden',
    },
    { name: 'is not lifted by another', mail: sealedBy('stranger.test'), fate: 'held', floor: 'policy:dmarc' },
    {
      name: 'is lifted by a forwarder that we know',
      client: '203.0.113.9',
      mail: () => content,
      fate: 'delivered',
      floor: 'policy:dmarc-overridden',
    },
    {
      name: 'is not lifted by its neighbour',
      client: '203.0.113.16',
      mail: () => content,
      fate: 'held',
      floor: 'policy:dmarc',
    },
  ];
  for (const [n, { name, client = '192.0.2.66', mail, fate, floor }] of ways.entries())
    test(name, async () => {
      const from = `way${n}@partner.test`;
      const reply = await sendAs(gateway.smtp.port, client, from, await mail());
      assert.equal(reply.code, fate === 'refused' ? 550 : 250, reply.lines.join());
      assert.equal((await arrival(nextHop, from)) !== null, fate === 'delivered');
      assert.equal((await heldFrom(gateway, from)) !== null, fate === 'held');
      const [verdict] = (await explained(gateway, from)).verdicts;
      assert.deepEqual(
        verdict?.floors.map(({ name }) => name),
        [floor],
      );
    });

  test('is lifted by a forwarder that the configuration names later, from SIGHUP on', async () => {
    const file = join(gateway.dataDir, '../postern.yaml');
    const config = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    writeFileSync(file, JSON.stringify({ ...config, forwarders: [{ networks: ['203.0.113.16/28'] }] }));
    gateway.kill('SIGHUP');
    await gateway.logged(line => line.event === 'rules reloaded');
    for (const { client, isLifted } of [
      { client: '203.0.113.17', isLifted: true },
      { client: '203.0.113.9', isLifted: false },
    ]) {
      const from = `${client.replaceAll('.', '-')}@partner.test`;
      assert.equal((await sendAs(gateway.smtp.port, client, from, content)).code, 250);
      assert.equal((await arrival(nextHop, from)) !== null, isLifted, client);
    }
    assert.ok(!gateway.log.some(({ event }) => event === 'changed, and in force only after a restart'));
  });
});
