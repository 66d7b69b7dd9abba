// Real mail, labelled, through the gateway to a recording next hop: each message must come out identical but for the
// listed edits, or be quarantined or refused; and the counts must add up. Its dates are years old, no name in it resolves and
// each comes from loopback: what is stopped here is the gateway's own share and not its accuracy (docs/accuracy.md is).

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { arrivalOf } from '../../src/compose/stored/stored-mail.ts';
import { isBareText, withPlainHeader } from '../../src/trial/bare-text.ts';
import { corpusPart } from '../support/corpus.ts';
import { dnsServer } from '../support/dns-server.ts';
import { type GatewayOptions, startGateway } from '../support/gateway.ts';
import { startRecordingNextHop } from '../support/recording-next-hop.ts';
import type { Ending } from '../support/temp.ts';
import { unlistedEdit } from './edits.ts';
import { heldContent, heldEntries } from './held.ts';
import type { Mail } from './numbered-mail.ts';
import { type Sending, sendAll } from './sending-mta.ts';

/** The unpacked mails: in the folder that POSTERN_CORPUS names, or out of the archive beside the checkout, or null. */
export const corpusFolder = (t: Ending): string | null => corpusPart(t, '*mail/*.eml');

export interface CorpusMail extends Mail {
  /** `ham`, `spam`, `phish`, `bounce` or `attack`. */
  readonly label: string;
  readonly file: string;
}

/** Every `step`-th of all labelled mails under `folder`, in the order of their names. */
export function corpusMails(folder: string, step = 1): CorpusMail[] {
  const files = globSync('**/mail/*/*/*.eml', { cwd: folder }).sort();
  return files
    .filter((_, i) => i % step === 0)
    .map((file, i) => {
      const content = () => completed(canonical(readFileSync(join(folder, file), 'latin1')));
      return {
        name: `c${i}`,
        label: /mail\/([^/]+)\//.exec(file)?.[1] ?? '',
        file,
        reversePath: `c${i}@${reverseDomain(content())}`,
        recipients: ['somebody@corpus.test'],
        content,
      };
    });
}

/** What its collector took away is not what is to be judged. */
const completed = (bytes: Buffer): Buffer => (isBareText(bytes) ? withPlainHeader(bytes) : bytes);

/** Where it came from by its Return-Path, so that it is no more at odds with its author than it was. */
function reverseDomain(content: Buffer): string {
  const [, domain] = /@((?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,63})$/i.exec(arrivalOf(content).reversePath ?? '') ?? [];
  return domain?.toLowerCase() ?? 'sender.test';
}

/** As a client must send it: each line ends in CRLF, and there is no other CR or LF. */
const canonical = (text: string): Buffer =>
  Buffer.from(`${text.replace(/\r\n|\r|\n/g, '\n').replace(/\n$/, '')}\n`.replaceAll('\n', '\r\n'), 'latin1');

export const fates = ['relayed', 'quarantined', 'refused'] as const;
export type Fate = (typeof fates)[number];

export interface CorpusReport {
  readonly mails: number;
  /** Mails by label and fate. */
  readonly counts: ReadonlyMap<string, Readonly<Record<Fate, number>>>;
  /** What was lost, doubled, changed or never settled. */
  readonly faults: readonly string[];
  /** Replies 4xx on the way. */
  readonly deferrals: readonly string[];
  /** From the final dot to the reply, ascending. */
  readonly latencies: readonly { readonly ms: number; readonly file: string }[];
  readonly seconds: number;
}

export async function corpusRun(
  t: Ending,
  mails: readonly CorpusMail[],
  options: GatewayOptions = {},
): Promise<CorpusReport> {
  const nextHop = await startRecordingNextHop(t, { isDurable: false });
  // No name in that mail may be looked up anywhere: this server knows none.
  const dns = await dnsServer(t);
  const config = { next_hop: nextHop.url, dns: { servers: [dns.address] }, ...options.config };
  const gateway = await startGateway(t, { ...options, config });
  const startedAt = performance.now();
  const queue = mails.values();
  const sendings = await sendAll<CorpusMail>({
    connections: 4,
    maxDeferrals: 8,
    retryMs: 10,
    next: async () => queue.next().value ?? null,
    gateway: async () => ({ smtp: gateway.smtp, endsBy: 'nobody' }),
  });
  const seconds = (performance.now() - startedAt) / 1000;
  const found = new Found(mails);
  for await (const { reversePath, content } of nextHop.journal()) found.relayed(reversePath, content);
  for await (const { id, reverse_path: reversePath } of heldEntries(gateway)) {
    found.quarantined(reversePath, await heldContent(gateway, id));
  }
  gateway.kill('SIGTERM');
  await gateway.exited;
  return { ...settle(sendings, found), seconds };
}

/** Copies by the name of their mail. */
class Found {
  readonly places = new Map<string, Fate[]>();
  readonly faults: string[] = [];
  readonly #mails: ReadonlyMap<string, CorpusMail>;

  constructor(mails: readonly CorpusMail[]) {
    this.#mails = new Map(mails.map(mail => [mail.reversePath, mail]));
  }

  relayed(reversePath: string, stored: Buffer): void {
    this.#enter(reversePath, 'relayed', sent => unlistedEdit(sent, stored, 'gate.test'));
  }

  quarantined(reversePath: string, stored: Buffer): void {
    this.#enter(reversePath, 'quarantined', sent => (sent.equals(stored) ? null : 'the quarantine holds other bytes'));
  }

  #enter(reversePath: string, place: Fate, damage: (sent: Buffer) => string | null): void {
    const mail = this.#mails.get(reversePath);
    if (mail === undefined) return void this.faults.push(`a copy of no mail that was sent: ${reversePath}`);
    const found = damage(mail.content());
    if (found !== null) this.faults.push(`${mail.file}: ${found}`);
    this.places.set(mail.name, [...(this.places.get(mail.name) ?? []), place]);
  }
}

function settle(sendings: readonly Sending<CorpusMail>[], found: Found): Omit<CorpusReport, 'seconds'> {
  const counts = new Map<string, Record<Fate, number>>();
  const faults = [...found.faults];
  for (const { mail, answers, deferrals } of sendings) {
    const answer = answers.get(mail.recipients[0] ?? '');
    const places = found.places.get(mail.name) ?? [];
    const fate = fateOf(answer?.code, places);
    if (fate === null) {
      const last = answer?.text ?? deferrals.at(-1)?.text;
      faults.push(`${mail.file}: answered "${last}", found [${places}]`);
      continue;
    }
    const row = counts.get(mail.label) ?? { relayed: 0, quarantined: 0, refused: 0 };
    row[fate]++;
    counts.set(mail.label, row);
  }
  return {
    mails: sendings.length,
    counts,
    faults,
    deferrals: sendings.flatMap(({ mail, deferrals }) => deferrals.map(reply => `${mail.file}: ${reply.text}`)),
    latencies: sendings.map(({ mail, latencyMs }) => ({ ms: latencyMs, file: mail.file })).sort((a, b) => a.ms - b.ms),
  };
}

/** Null when the answer and the copies do not agree. */
function fateOf(code: number | undefined, places: readonly Fate[]): Fate | null {
  if (code === undefined) return null;
  if (code >= 500) return places.length === 0 ? 'refused' : null;
  const [place] = places;
  return places.length === 1 && place !== undefined ? place : null;
}

export function corpusLines({ mails, counts, faults, deferrals, latencies, seconds }: CorpusReport): string[] {
  const sum = (fate: Fate) => [...counts.values()].reduce((total, row) => total + row[fate], 0);
  const at = (share: number) => latencies[Math.ceil(latencies.length * share) - 1]?.ms.toFixed(0);
  const worst = latencies.at(-1);
  return [
    `${mails} mails in ${seconds.toFixed(0)} s: ${fates.map(fate => `${sum(fate)} ${fate}`).join(', ')}`,
    ...[...counts].map(([label, row]) => `  ${label}: ${fates.map(fate => `${row[fate]} ${fate}`).join(', ')}`),
    `deferred on the way: ${deferrals.length}`,
    `final dot to reply: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, worst ${worst?.ms.toFixed(0)} ms (${worst?.file})`,
    ...deferrals.slice(0, 5),
    `faults: ${faults.length}`,
    ...faults.slice(0, 20),
  ];
}
