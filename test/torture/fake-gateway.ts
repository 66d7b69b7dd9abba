// Stands in for the gateway where the harness itself is tested: honest, or wrong in a way that must be found.
// The fault is the key `contact` of the configuration: `none`, `acknowledges early`, `damages`, `forgets`, `relays twice`.

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { faultsFromEnvironment } from '../../src/config/fault.ts';
import { listenSmtpSink, type SunkMessage } from '../support/smtp-sink.ts';
import { sendAll } from './sending-mta.ts';

interface Config {
  readonly next_hop: string;
  readonly data_dir: string;
  readonly domains: Readonly<Record<string, { readonly profile?: string; readonly mode?: string }>>;
  readonly contact?: string;
}

const config = JSON.parse(readFileSync(process.argv[4] ?? '', 'utf8')) as Config;
const fault = config.contact ?? 'none';
const faults = faultsFromEnvironment();
const store = join(config.data_dir, 'entries');
mkdirSync(store, { recursive: true });

async function relay(message: SunkMessage, recipients: readonly string[]): Promise<string> {
  const content = Buffer.concat([Buffer.from('Received: by gate.test\r\n'), message.content]);
  if (fault === 'damages') content[content.length - 3] = 33;
  const mail = { name: '', reversePath: message.reversePath, recipients, content: () => content };
  const smtp = { host: '127.0.0.1', port: Number(new URL(config.next_hop).port) };
  const mails = fault === 'relays twice' ? [mail, mail] : [mail];
  const [sending] = await sendAll({
    connections: 1,
    maxDeferrals: 1,
    retryMs: 0,
    next: async () => mails.pop() ?? null,
    gateway: async () => ({ smtp, endsBy: '' }),
  });
  await faults('R5c-next-hop-replied');
  return sending?.answers.values().next().value?.text ?? '451 4.4.1 Try again';
}

function keep(message: SunkMessage, recipients: readonly string[]): void {
  if (fault === 'forgets') return;
  const { content, reversePath } = message;
  const file = join(store, encodeURIComponent(`${reversePath} ${recipients}`));
  writeFileSync(`${file}.tmp`, JSON.stringify({ reversePath, recipients, content: content.toString('latin1') }));
  renameSync(`${file}.tmp`, file);
}

async function decide(message: SunkMessage): Promise<string> {
  const isJunk = message.content.includes('GTUBE');
  const policyOf = (path: string) => config.domains[path.slice(path.indexOf('@') + 1)] ?? {};
  const goOn = message.recipients.filter(path => !isJunk || policyOf(path).mode === 'observe');
  const kept = message.recipients.filter(path => !goOn.includes(path));
  if (goOn.length === 0 && kept.every(path => policyOf(path).profile === undefined)) return '550 5.7.1 Refused';
  if (kept.length > 0) keep(message, kept);
  await faults('Q4-row-committed');
  return goOn.length > 0 ? relay(message, goOn) : '250 2.0.0 Ok';
}

const { port } = await listenSmtpSink(0, {
  recipient: () => '250 2.1.5 Ok',
  async content(message) {
    if (fault !== 'acknowledges early') return decide(message);
    setTimeout(() => void decide(message), 20);
    return '250 2.0.0 Ok';
  },
});

interface Stored {
  readonly reversePath: string;
  readonly recipients: readonly string[];
  readonly content: string;
}
const stored = (id: string) => JSON.parse(readFileSync(join(store, id), 'utf8')) as Stored;
const shown = (id: string) => {
  const { reversePath, recipients } = stored(id);
  const states = recipients.map(path => ({ path, state: 'held' }));
  return { id: encodeURIComponent(id), reverse_path: reversePath, recipients: states, state: 'held', subject: '' };
};

const api = createServer((request, response) => {
  const [, id, part] = /^\/v1\/quarantine\/([^/?]+)(\/raw)?$/.exec(request.url ?? '') ?? [];
  const file = id === undefined ? null : decodeURIComponent(id);
  if (file !== null && !existsSync(join(store, file))) return response.writeHead(404).end();
  if (file !== null && part !== undefined) return response.end(Buffer.from(stored(file).content, 'latin1'));
  const ids = readdirSync(store).filter(name => !name.endsWith('.tmp'));
  return response.end(JSON.stringify(file === null ? { items: ids.map(shown), cursor: null } : shown(file)));
});
api.listen(0, '127.0.0.1', () => {
  const { port: apiPort } = api.address() as AddressInfo;
  console.log(JSON.stringify({ event: 'listening', smtp: [`127.0.0.1:${port}`], api: `127.0.0.1:${apiPort}` }));
});
process.on('SIGTERM', () => process.exit(0));
