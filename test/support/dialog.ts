// Plays a dialog: a text file of what the client sends and of what it must hear, line by line.
//
//   # comment            first lines: what it shows
//   @ name value         an option of the server under test (JSON); `extensions` are what its port of that name gives
//   C: EHLO x            sends the line and CRLF
//   C< a\nb\x00          sends exactly these bytes; \r \n \t \\ \xHH, and \{3*ab} for ababab
//   S: 250 2.0.0 Ok      hears exactly this line
//   TLS                  the client's handshake
//   END                  the client cuts the connection
//   CLOSED               the server closes, without another word
//   = <a@b> -> <c@d> "x" what was received in the end: every message, none but these; nothing is written `= nothing`

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { SmtpClient } from './smtp-client.ts';

export interface Dialog {
  readonly options: Readonly<Record<string, unknown>>;
  readonly steps: readonly string[];
  /** As written after `=`. */
  readonly received: readonly string[];
}

export function readDialog(path: string): Dialog {
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#'));
  const options: Record<string, unknown> = {};
  for (const line of lines.filter(l => l.startsWith('@ '))) {
    const [, name = '', ...value] = line.split(' ');
    options[name] = JSON.parse(value.join(' '));
  }
  const received = lines.filter(line => line.startsWith('= ')).map(line => line.slice(2));
  assert.ok(received.length > 0, `${path} does not say what was received`);
  return {
    options,
    steps: lines.filter(line => !line.startsWith('@ ') && !line.startsWith('= ')),
    received: received.filter(line => line !== 'nothing'),
  };
}

export async function play(dialog: Dialog, client: SmtpClient): Promise<void> {
  for (const step of dialog.steps) await playStep(step, client);
}

async function playStep(step: string, client: SmtpClient): Promise<void> {
  const text = step.slice(3);
  if (step.startsWith('C: ')) client.send(`${unescaped(text)}\r\n`);
  else if (step.startsWith('C< ')) client.send(unescaped(text));
  else if (step.startsWith('S: ')) assert.equal(await client.line(), text);
  else if (step === 'TLS') await client.startTls();
  else if (step === 'END') client.destroy();
  else if (step === 'CLOSED') assert.deepEqual(await client.closed(), []);
  else assert.fail(`not a step of a dialog: ${step}`);
}

/** One character a byte. */
export function unescaped(text: string): string {
  return text
    .replace(/\\\{(\d+)\*([^}]*)\}/g, (_, times: string, part: string) => part.repeat(Number(times)))
    .replace(/\\(?:x([0-9a-f]{2})|([rnt\\]))/gi, (_, hex: string | undefined, letter: string) =>
      hex === undefined
        ? ({ r: '\r', n: '\n', t: '\t' }[letter] ?? '\\')
        : String.fromCharCode(Number.parseInt(hex, 16)),
    );
}
