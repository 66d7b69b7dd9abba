// Messages for the end-to-end tests, and readers of what became of them.

import { setTimeout as delay } from 'node:timers/promises';
import type { Gateway } from '../support/gateway.ts';
import type { RecordingNextHop } from '../support/recording-next-hop.ts';
import type { SunkMessage } from '../support/smtp-sink.ts';
import { getJson, type HeldEntry, heldEntries } from '../torture/held.ts';

export const gtube = 'XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X';
// In two pieces, so that no scanner stops at this file.
export const eicar = `X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR${'-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'}`;

let count = 0;

/** A complete, ordinary message; its Message-ID is new at each call. */
export function letter(from: string, subject: string, body: string, more: readonly string[] = []): Buffer {
  count += 1;
  const fields = [
    `From: Somebody <${from}>`,
    'To: Reader <reader@guarded.test>',
    `Subject: ${subject}`,
    `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${count}.${Date.now()}@${from.slice(from.indexOf('@') + 1)}>`,
    'MIME-Version: 1.0',
    ...(more.length > 0 ? more : ['Content-Type: text/plain; charset=us-ascii']),
  ];
  return Buffer.from(`${fields.join('\r\n')}\r\n\r\n${body}\r\n`, 'latin1');
}

/** With one attachment. */
export function letterWith(from: string, subject: string, fileName: string, attachment: Buffer): Buffer {
  const parts = [
    ['Content-Type: text/plain; charset=us-ascii', '', 'See the attachment.'],
    [
      'Content-Type: application/octet-stream',
      'Content-Transfer-Encoding: base64',
      `Content-Disposition: attachment; filename="${fileName}"`,
      '',
      attachment.toString('base64').replace(/.{76}/g, '$&\r\n'),
    ],
  ];
  const body = [...parts.map(part => `--part\r\n${part.join('\r\n')}`), '--part--'].join('\r\n');
  return letter(from, subject, body, ['Content-Type: multipart/mixed; boundary="part"']);
}

/** The last message with this reverse-path that the next hop accepted. */
export async function arrival(nextHop: RecordingNextHop, reversePath: string): Promise<SunkMessage | null> {
  let last: SunkMessage | null = null;
  for await (const message of nextHop.journal()) if (message.reversePath === reversePath) last = message;
  return last;
}

/** Fields called `name` of a message, unfolded. */
export function fields(content: Buffer, name: string): string[] {
  const header = content.toString('latin1').split(/\r?\n\r?\n/, 1)[0] ?? '';
  const unfolded = header.replace(/\r?\n(?=[ \t])/g, '').split(/\r?\n/);
  const start = `${name.toLowerCase()}:`;
  return unfolded.filter(field => field.toLowerCase().startsWith(start)).map(field => field.slice(start.length).trim());
}

/** The only entry of the quarantine with this reverse-path, or null. */
export async function heldFrom(gateway: Gateway, reversePath: string): Promise<HeldEntry | null> {
  const found: HeldEntry[] = [];
  for await (const entry of heldEntries(gateway, `reverse_path=${encodeURIComponent(reversePath)}`)) found.push(entry);
  if (found.length > 1) throw new Error(`${found.length} entries of ${reversePath}`);
  return found[0] ?? null;
}

export interface Explained {
  readonly verdicts: readonly {
    readonly action: string;
    readonly score: number;
    readonly hits: readonly {
      readonly symbol: string;
      readonly points: number;
      readonly because: string;
      readonly set_by: string;
    }[];
    readonly floors: readonly { readonly name: string }[];
    readonly missing: readonly { readonly check: string }[];
    readonly counterfactuals: { readonly without: readonly { readonly symbols: readonly string[] }[] } | null;
  }[];
  readonly facts: Readonly<Record<string, { readonly state: string }>>;
}

/** What the ledger says of the newest message with this reverse-path; it is written a moment after the reply. */
export async function explained(gateway: Gateway, reversePath: string): Promise<Explained> {
  const query = `reverse_path=${encodeURIComponent(reversePath)}&kind=message&limit=1`;
  for (let attempt = 0; attempt < 100; attempt++) {
    const { items } = await getJson<{ items: readonly { id: string }[] }>(gateway, `/v1/messages?${query}`);
    if (items[0] !== undefined) return getJson<Explained>(gateway, `/v1/messages/${items[0].id}`);
    await delay(50);
  }
  throw new Error(`the ledger has no message of ${reversePath}`);
}
