// The attacks of espoofer, sent to a real gateway from a host that may send for the attacker's domain and not for the victim's:
// what they show a reader as the author must not arrive unmarked.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dkimSign, rsaKey } from '../checks/auth-scene.ts';
import { type DnsServer, dnsServer, type Zone } from '../support/dns-server.ts';
import { startGateway } from '../support/gateway.ts';
import { type RecordingNextHop, startRecordingNextHop } from '../support/recording-next-hop.ts';
import { SmtpClient } from '../support/smtp-client.ts';
import type { SunkMessage } from '../support/smtp-sink.ts';
import type { Ending } from '../support/temp.ts';
import type { CaseOutcome } from './suite.ts';

interface Attack {
  readonly id: string;
  readonly helo: string;
  /** As it stands behind `MAIL FROM:`. */
  readonly mailfrom: string;
  readonly eml: string;
  readonly dkim_para?: { readonly d: string; readonly s: string };
}

const key = rsaKey();
const attackers = { TXT: ['v=spf1 ip4:127.0.0.1 -all'] };
const victims = { TXT: ['v=spf1 ip4:192.0.2.1 -all'] };
const zone: Zone = {
  'attack.com': attackers,
  'any.attack.com': attackers,
  "legitimate.com'@any.attack.com": attackers,
  'helo.attack.com': attackers,
  'legitimate.com': victims,
  '_dmarc.legitimate.com': { TXT: ['v=DMARC1; p=reject'] },
  "selector._domainkey.legitimate.com'a.attack.com": key.record,
  // The attack by somebody with an account there: the host is the victim's own.
  'example.com': attackers,
  '_dmarc.example.com': { TXT: ['v=DMARC1; p=reject'] },
};

export async function* spoofingCases(folder: string, t: Ending): AsyncGenerator<CaseOutcome> {
  const at = join(folder, 'suites/spoofing/espoofer');
  const attacks = JSON.parse(readFileSync(join(at, 'cases.json'), 'utf8')) as readonly Attack[];
  const nextHop = await startRecordingNextHop(t, { isDurable: false });
  const dns: DnsServer = await dnsServer(t, zone);
  const config = { next_hop: nextHop.url, domains: { 'victim.com': {} }, dns: { servers: [dns.address] } };
  const gateway = await startGateway(t, { config });
  for (const attack of attacks) {
    const recipient = `${attack.id}@victim.com`;
    const isAccepted = await send(gateway.smtp.port, attack, recipient, await contentOf(at, attack));
    const got = isAccepted ? await fateOf(nextHop, recipient) : 'stopped or marked';
    yield { name: attack.id, expected: 'stopped or marked', got };
  }
}

async function contentOf(at: string, { eml, dkim_para }: Attack): Promise<string> {
  const bytes = readFileSync(join(at, eml));
  if (dkim_para === undefined) return bytes.toString('latin1');
  const by = { signingDomain: dkim_para.d, selector: dkim_para.s, privateKey: key.privateKey };
  const { signatures } = await dkimSign(bytes, { ...by, signatureData: [by] });
  return signatures + bytes.toString('latin1');
}

/** Whether the gateway took it. */
async function send(port: number, { helo, mailfrom }: Attack, recipient: string, content: string): Promise<boolean> {
  const client = await SmtpClient.connect(port);
  await client.reply();
  const stuffed = content.replace(/^\./gm, '..');
  const end = stuffed.endsWith('\r\n') ? '.' : '\r\n.';
  let isTaken = true;
  for (const line of [`EHLO ${helo}`, `MAIL FROM:${mailfrom}`, `RCPT TO:<${recipient}>`, 'DATA', stuffed + end]) {
    if (isTaken) isTaken = (await client.command(line)).code < 400;
  }
  await client.command('QUIT');
  return isTaken;
}

async function fateOf(nextHop: RecordingNextHop, recipient: string): Promise<string> {
  let arrived: SunkMessage | null = null;
  for await (const message of nextHop.journal()) if (message.recipients.includes(recipient)) arrived = message;
  if (arrived === null) return 'stopped or marked';
  const text = arrived.content.toString('latin1');
  if (/^X-Spam-Flag: YES/im.test(text)) return 'stopped or marked';
  const results = /^Authentication-Results: gate\.test;(?:.*(?:\r\n[ \t].*)*)/im.exec(text)?.[0] ?? '';
  return `delivered with ${/dmarc=[^;]*/.exec(results)?.[0].replace(/\s+/g, ' ') ?? 'no DMARC'}`;
}
