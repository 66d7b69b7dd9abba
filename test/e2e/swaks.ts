// swaks as the client: what an administrator would type to try the gateway.

import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Letter {
  readonly port: number;
  /** `<>` for the null reverse-path. */
  readonly from: string;
  readonly to: readonly string[];
  readonly content: Buffer;
  readonly helo?: string;
  readonly isTls?: boolean;
  /** Further options. */
  readonly more?: readonly string[];
}

export interface Spoken {
  /** The reply to the content, or the last one before it where that was a refusal. */
  readonly code: number;
  readonly reply: string;
  /** The whole dialog, without the content. */
  readonly transcript: string;
}

export async function swaks(letter: Letter): Promise<Spoken> {
  const { port, from, to, content, helo = 'client.test', isTls = false, more = [] } = letter;
  const target = ['--server', '127.0.0.1', '--port', String(port), '--helo', helo, '--timeout', '60'];
  const envelope = ['--from', from, '--to', to.join(',')];
  const argv = [...target, ...envelope, '--data', '-', '--suppress-data', ...(isTls ? ['--tls'] : []), ...more];
  const child = spawn('swaks', argv, { stdio: ['pipe', 'pipe', 'pipe'] });
  let transcript = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('latin1').on('data', (text: string) => {
      transcript += text;
    });
  }
  // swaks ends the last line itself.
  child.stdin.end(content.toString('latin1').replace(/\r\n$/, ''), 'latin1');
  await once(child, 'close');
  const beforeQuit = transcript.split(/^ [-~]> QUIT$/m, 1)[0] ?? '';
  const reply = [...beforeQuit.matchAll(/^<[-~*]+ +(\d{3}.*)$/gm)].at(-1)?.[1] ?? '';
  return { code: Number(reply.slice(0, 3)), reply, transcript };
}
