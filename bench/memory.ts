// How much memory a large message takes on its way to three routes, and whether BDAT is slower than DATA:
// `node bench/memory.ts`. The gateway is a process of its own; the next hops are in this one.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { deflateRawSync } from 'node:zlib';
import { startGateway } from '../test/support/gateway.ts';
import { SmtpClient } from '../test/support/smtp-client.ts';

const mebibyte = 1024 ** 2;
const sizeBytes = 50 * mebibyte - 64 * 1024;
const line = 'The quick brown fox jumps over the lazy dog, and what it says is read by all.\r\n';

/** A next hop that takes everything and keeps nothing. */
async function sink(t: { after(fn: () => void): void }, extensions: readonly string[]): Promise<number> {
  const server = createServer(socket => new Sink(socket, extensions));
  t.after(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

class Sink {
  readonly #socket: Socket;
  readonly #extensions: readonly string[];
  #text = '';
  /** What comes: commands, the octets of a block, or lines until end-of-data. */
  #content: { left: number } | 'lines' | null = null;

  constructor(socket: Socket, extensions: readonly string[]) {
    this.#socket = socket;
    this.#extensions = extensions;
    socket.setEncoding('latin1').on('error', () => {});
    socket.on('data', read => this.#take(String(read)));
    this.#say('220 sink.test');
  }

  #take(read: string): void {
    this.#text += read;
    while (this.#step());
  }

  /** False when more must come first. */
  #step(): boolean {
    if (this.#content === 'lines') return this.#skipLines();
    if (this.#content !== null) return this.#skipBlock(this.#content);
    const end = this.#text.indexOf('\r\n');
    if (end < 0) return false;
    const line = this.#text.slice(0, end);
    this.#text = this.#text.slice(end + 2);
    this.#obey(line);
    return true;
  }

  #obey(line: string): void {
    const [, verb = '', size] = /^(\w+)(?: (\d+))?/.exec(line) ?? [];
    if (verb === 'BDAT') this.#content = { left: Number(size) };
    else if (verb === 'DATA') {
      this.#content = 'lines';
      this.#say('354 Go');
    } else if (verb === 'EHLO') {
      this.#say(['250-sink.test', ...this.#extensions.map(name => `250-${name}`), '250 8BITMIME'].join('\r\n'));
    } else this.#say('250 2.0.0 Ok');
  }

  #skipBlock(block: { left: number }): boolean {
    const taken = Math.min(block.left, this.#text.length);
    block.left -= taken;
    this.#text = this.#text.slice(taken);
    return block.left === 0 && this.#stored();
  }

  #skipLines(): boolean {
    const end = this.#text.indexOf('\r\n.\r\n');
    this.#text = this.#text.slice(end < 0 ? -4 : end + 5);
    return end >= 0 && this.#stored();
  }

  #stored(): true {
    this.#content = null;
    this.#say('250 2.0.0 Ok');
    return true;
  }

  #say(reply: string): void {
    this.#socket.write(`${reply}\r\n`);
  }
}

/** Resident memory of a process, and the most that it was since that mark was reset. */
function memoryOf(pid: number): { readonly now: number; readonly peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const bytes = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024;
  return { now: bytes('VmRSS'), peak: bytes('VmHWM') };
}

/** CPU seconds of a process so far, all threads; the kernel counts in hundredths. */
function cpuOf(pid: number): number {
  const [user = '0', system = '0'] =
    readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ').slice(11, 13) ?? [];
  return (Number(user) + Number(system)) / 100;
}

const base64Lines = (bytes: Buffer): string => bytes.toString('base64').replace(/.{76}/g, '$&\r\n');

/** A member that is stored, and one that is deflated. */
function zip(sizeBytes: number): Buffer {
  const member = (method: number, packed: Buffer): Buffer => {
    const header = Buffer.alloc(31, 'm');
    header.write('504b0304', 'hex');
    header.fill(0, 4, 30).writeUInt16LE(method, 8);
    header.writeUInt32LE(packed.length, 18);
    header.writeUInt16LE(1, 26);
    return Buffer.concat([header, packed]);
  };
  const half = randomBytes(Math.floor(sizeBytes / 2));
  return Buffer.concat([member(8, deflateRawSync(half)), member(0, half)]);
}

/** `text` is read by every check; of attachments no more than windows are held decoded. */
const messages = {
  text: () => `Subject: big\r\n\r\n${line.repeat(Math.floor(sizeBytes / line.length))}`,
  attachment: () => {
    const encoded = base64Lines(randomBytes(Math.floor((sizeBytes / 78) * 57)));
    const type = 'Content-Type: application/zip; name="a.zip"\r\nContent-Transfer-Encoding: base64';
    const header = 'Subject: big\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b';
    return `${header}\r\n\r\n--b\r\n\r\nHello\r\n--b\r\n${type}\r\n\r\n${encoded}\r\n--b--\r\n`;
  },
  mixed: () => {
    const share = Math.floor(((sizeBytes - mebibyte) / 3 / 78) * 57);
    const encoded = (type: string, bytes: Buffer): string =>
      `Content-Type: ${type}\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64Lines(bytes)}`;
    const quoted = 'Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable';
    const parts = [
      `${quoted}\r\n\r\n${line.replaceAll('o', '=C3=B6').repeat(Math.floor(mebibyte / 101))}`,
      encoded('application/zip; name="a.zip"', zip(share)),
      encoded('image/jpeg; name="b.jpg"', randomBytes(share)),
      ...Array.from({ length: 20 }, (_, i) =>
        encoded(`application/pdf; name="${i}.pdf"`, randomBytes(Math.floor(share / 20))),
      ),
    ];
    const header = 'Subject: big\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b';
    return `${header}\r\n\r\n${parts.map(part => `--b\r\n${part}\r\n`).join('')}--b--\r\n`;
  },
};

async function measure(
  extensions: readonly string[],
  checks: 'all' | 'none',
  kind: keyof typeof messages,
  scanner: string | null,
) {
  const endings: (() => void | Promise<void>)[] = [];
  const t = { after: (fn: () => void | Promise<void>) => void endings.unshift(fn) };
  const ports = await Promise.all([1, 2, 3].map(() => sink(t, extensions)));
  const domains = Object.fromEntries(ports.map((port, i) => [`d${i}.test`, { next_hop: `smtp://127.0.0.1:${port}` }]));
  const clamd = scanner === null ? {} : { clamd: { address: scanner } };
  const gateway = await startGateway(t, { config: { domains, checks, recipients: 'none', ...clamd } });
  const send = async (content: string): Promise<number> => {
    const client = await SmtpClient.ready(gateway.smtp.port);
    const from = performance.now();
    const reply = await client.deliver({ from: 'a@b.test', to: ['r@d0.test', 'r@d1.test', 'r@d2.test'], content });
    client.destroy();
    if (reply.code !== 250) throw new Error(reply.lines.join('\n'));
    return performance.now() - from;
  };
  await send(`Subject: warm\r\n\r\n${line}`);
  writeFileSync(`/proc/${gateway.pid}/clear_refs`, resetPeak);
  const idle = memoryOf(gateway.pid).now;
  const big = messages[kind]();
  const seconds = (await send(big)) / 1000;
  const cpuBefore = cpuOf(gateway.pid);
  const again = (await send(big)) / 1000;
  const cpu = cpuOf(gateway.pid) - cpuBefore;
  const { peak } = memoryOf(gateway.pid);
  for (const end of endings) await end();
  const mib = (bytes: number): string => (bytes / mebibyte).toFixed(0);
  const how = extensions.includes('CHUNKING') ? 'BDAT' : 'DATA';
  console.log(
    `${how}, checks ${checks}, ${kind}: idle ${mib(idle)} MiB, peak ${mib(peak)} MiB (+${mib(peak - idle)}), ` +
      `${seconds.toFixed(2)} s, again ${again.toFixed(2)} s with ${cpu.toFixed(2)} s of CPU`,
  );
}

/** proc(5): what a process's peak of resident memory is set back to its present size by. */
const resetPeak = '5';
const scanner = process.argv[2] ?? null;

for (const extensions of [['PIPELINING'], ['PIPELINING', 'CHUNKING']]) await measure(extensions, 'none', 'text', null);
for (const extensions of [['PIPELINING'], ['PIPELINING', 'CHUNKING']])
  for (const kind of ['text', 'attachment', 'mixed'] as const) await measure(extensions, 'all', kind, scanner);
