// Numbered mail is sent without pause while the gateway is killed, again and again: at each state that THREATS.md names,
// with one connection, so that what was killed there is known; then at random, with many. At last the account.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FaultPoint } from '../../src/model/clock.ts';
import { dnsServer } from '../support/dns-server.ts';
import type { GatewayOptions } from '../support/gateway.ts';
import { type RecordingNextHop, startRecordingNextHop } from '../support/recording-next-hop.ts';
import { type Ending, tempDir } from '../support/temp.ts';
import { type Account, accountLines, accountOf, type Copy, faultKinds } from './account.ts';
import { unlistedEdit } from './edits.ts';
import { heldContent, heldEntries } from './held.ts';
import { killAtReleases, releaseFaults } from './kill-release.ts';
import { Lives, type Plan } from './lives.ts';
import {
  domains,
  type Kind,
  keepingProfile,
  kindOf,
  type NumberedMail,
  numberedMail,
  type Run,
} from './numbered-mail.ts';
import { type Cut, sendAll } from './sending-mta.ts';

export interface KillOptions {
  /** Under load; the named states take about half a minute before it. */
  readonly seconds: number;
  readonly seed: number;
  /** Runs this in place of the gateway. */
  readonly program?: string;
  /** More keys of its configuration. */
  readonly config?: Readonly<Record<string, unknown>>;
}

export interface KillReport {
  readonly account: Account;
  /** Of entries that were released or deleted; they are not in the account. */
  readonly releases: { readonly faults: readonly string[]; readonly duplicates: readonly FaultPoint[] };
  readonly deaths: number;
  /** Named states that no mail reached. */
  readonly notReached: readonly FaultPoint[];
}

/** The states that mail can reach, each with the kind of mail that does. L and D are reached over REST only. */
const mailStates: readonly (readonly [FaultPoint, Kind])[] = [
  ['R0-connected', 'plain'],
  ['R1-envelope', 'plain'],
  ['R2-content-arriving', 'large'],
  ['R3-content-complete', 'large'],
  ['R4-verdict', 'plain'],
  ['R5a-next-hop-data', 'plain'],
  ['R5b-final-dot-sent', 'plain'],
  ['R5c-next-hop-replied', 'large'],
  ['R6-client-answered', 'plain'],
  ['Q1-blob-written', 'kept'],
  ['Q2-blob-synced', 'kept'],
  ['Q3-directory-synced', 'kept'],
  ['Q4-row-committed', 'kept'],
  // Q5 is the same moment of the client's side, with other mail.
  ['R6-client-answered', 'kept'],
  ['M1-pending-committed', 'mixed'],
  ['M2-next-hop-replied', 'mixed'],
  ['M3-flip-committed', 'mixed'],
  ['R6-client-answered', 'mixed'],
];

/**
 * Killed there, the next hop or the quarantine has the copy and the client does not know (RFC 5321 §6.1). At M3 the
 * receipt and the flip are committed, so the retry must find both.
 */
const mayHaveStored: ReadonlySet<string> = new Set<FaultPoint>([
  'R5b-final-dot-sent',
  'R5c-next-hop-replied',
  'M2-next-hop-replied',
  'Q3-directory-synced',
  'Q4-row-committed',
]);
const isNamed = (by: string): boolean => mailStates.some(([point]) => point === by);
const mayDuplicate = (cut: Cut): boolean => (isNamed(cut.by) ? mayHaveStored.has(cut.by) : cut.afterFinalDot);

const mailsAtEachState = 4;
const busyConnections = 6;
const patience = { maxDeferrals: 20, retryMs: 50 };

export async function killRun(t: Ending, options: KillOptions): Promise<KillReport> {
  const nextHop = await startRecordingNextHop(t);
  const dns = await dnsServer(t);
  const gateway = gatewayOptions(t, { next_hop: nextHop.url, dns: { servers: [dns.address] } }, options);
  const mails = new Mails(options.seed);
  const named = await killAtEachState(t, gateway, mails);
  const busy = await killUnderLoad(t, gateway, mails, options);
  const released = options.program === undefined ? await killAtReleases(t, gateway) : nothingReleased;
  const releases = await releaseFaults(released.touched, nextHop.journal(), path => mails.sentBy(path));
  const copies = await allCopies(t, gateway, mails, nextHop);
  const touched = new Set(released.touched.map(({ entry }) => nameOf(entry.reverse_path)));
  const account = accountOf(
    [...named.sendings, ...busy.sendings].filter(({ mail }) => !touched.has(mail.name)),
    copies.filter(({ mail }) => !touched.has(mail)),
    mayDuplicate,
  );
  return {
    account,
    releases,
    deaths: named.deaths + busy.deaths + released.deaths,
    notReached: [...named.notReached, ...released.notReached],
  };
}

export const isFlawless = ({ account, releases, notReached }: KillReport): boolean =>
  faultKinds.every(kind => account.faults[kind].length === 0) &&
  releases.faults.length === 0 &&
  notReached.length === 0;

export function killLines({ account, releases, deaths, notReached }: KillReport): string[] {
  return [
    `killed ${deaths} times; named states that were not reached: ${notReached.join(', ') || 'none'}`,
    ...accountLines(account),
    `releases and deletions: ${releases.faults.length} faults, duplicates: ${releases.duplicates.join(', ') || 'none'}`,
    ...releases.faults,
  ];
}

/** Stand-ins for the gateway have no release. */
const nothingReleased = { touched: [], notReached: [], deaths: 0 };

function gatewayOptions(t: Ending, around: Record<string, unknown>, options: KillOptions): GatewayOptions {
  const folder = tempDir(t);
  const rules = join(folder, 'rules');
  mkdirSync(join(rules, 'profiles'), { recursive: true });
  writeFileSync(join(rules, 'profiles', 'keeping.yaml'), JSON.stringify(keepingProfile));
  const config = { ...around, domains, rules: { folders: [rules] }, ...options.config };
  return { dataDir: join(folder, 'data'), config, ...(options.program !== undefined && { program: options.program }) };
}

/** Gives out numbers, and remembers which mail each stands for. */
class Mails {
  readonly #run: Run;
  readonly #given: NumberedMail[] = [];

  constructor(seed: number) {
    this.#run = { seed, startedAt: new Date() };
  }

  next(kind?: Kind): NumberedMail {
    const number = this.#given.length;
    const mail = numberedMail(this.#run, number, kind ?? kindOf(this.#run.seed, number));
    this.#given.push(mail);
    return mail;
  }

  /** What was sent by `reversePath`; empty where nothing was. */
  sentBy(reversePath: string): Buffer {
    return this.#given[Number(nameOf(reversePath).slice(1))]?.content() ?? Buffer.alloc(0);
  }
}

/** With one connection: the mail that was cut was at the named state. */
async function killAtEachState(t: Ending, options: GatewayOptions, mails: Mails) {
  const notReached: FaultPoint[] = [];
  const states = mailStates.values();
  let state: (typeof mailStates)[number] | undefined;
  let mailsLeft = 0;
  const lives = new Lives(t, options, (): Plan => {
    state = states.next().value;
    mailsLeft = mailsAtEachState;
    return state === undefined ? { endsBy: 'nobody' } : { endsBy: state[0], dieAt: { point: state[0], nth: 1 } };
  });
  const next = async (): Promise<NumberedMail | null> => {
    await lives.current;
    if (state !== undefined && mailsLeft === 0) {
      notReached.push(state[0]);
      await lives.kill();
    }
    mailsLeft--;
    return state === undefined ? null : mails.next(state[1]);
  };
  const sendings = await sendAll({ ...patience, connections: 1, gateway: () => lives.current, next });
  await lives.close();
  return { sendings, notReached, deaths: lives.deaths };
}

/** Half of the lives end after some time, half when some state is reached for the n-th time. */
async function killUnderLoad(t: Ending, options: GatewayOptions, mails: Mails, { seconds, seed }: KillOptions) {
  const random = seeded(seed);
  const endsAt = performance.now() + seconds * 1000;
  const plan = (): Plan => {
    const leftMs = endsAt - performance.now();
    if (leftMs < 500) return { endsBy: 'nobody' };
    const killAfterMs = Math.min(leftMs, 200 + random(3000));
    const [point] = mailStates[random(2 * mailStates.length)] ?? [];
    if (point === undefined) return { endsBy: 'SIGKILL under load', killAfterMs };
    return { endsBy: `${point} under load`, dieAt: { point, nth: 1 + random(40) }, killAfterMs: leftMs };
  };
  const lives = new Lives(t, options, plan);
  const next = async () => (performance.now() < endsAt ? mails.next() : null);
  const sendings = await sendAll({ ...patience, connections: busyConnections, gateway: () => lives.current, next });
  await lives.close();
  return { sendings, deaths: lives.deaths };
}

/** Everything that the next hop has and the quarantine shows. */
async function allCopies(t: Ending, options: GatewayOptions, mails: Mails, nextHop: RecordingNextHop): Promise<Copy[]> {
  const copies: Copy[] = [];
  for await (const { reversePath, recipients, content } of nextHop.journal()) {
    const damage = unlistedEdit(mails.sentBy(reversePath), content, 'gate.test');
    for (const recipient of recipients)
      copies.push({ mail: nameOf(reversePath), recipient, place: 'next hop', damage });
  }
  const lives = new Lives(t, options, () => ({ endsBy: 'nobody' }));
  const { gateway } = await lives.current;
  for await (const { id, reverse_path: reversePath, recipients } of heldEntries(gateway)) {
    const isIntact = (await heldContent(gateway, id)).equals(mails.sentBy(reversePath));
    const damage = isIntact ? null : 'the quarantine holds other bytes';
    const mail = nameOf(reversePath);
    for (const { path } of recipients) copies.push({ mail, recipient: path, place: 'quarantine', damage });
  }
  await lives.close();
  return copies;
}

const nameOf = (reversePath: string): string => reversePath.slice(0, reversePath.indexOf('@'));

/** Integers from 0 up and below a limit, the same in each run with this seed (mulberry32). */
function seeded(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return limit => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}
