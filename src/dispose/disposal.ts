// Disposal of one transaction: from the verdicts of its groups to effects and the one reply. DESIGN.md section 5's first
// table is in decide.ts and settle.ts; here is the order in which it becomes true (THREATS.md, M1 to M4). No 250 is
// returned before every copy is where it belongs.

import type { Path } from '../model/address.ts';
import type { AlterationRecord } from '../model/alteration.ts';
import type { Disposition, JudgedGroup, Outcome } from '../model/disposition.ts';
import type { Envelope } from '../model/envelope.ts';
import type { Evidence } from '../model/evidence.ts';
import { TemporaryFailure } from '../model/failure.ts';
import type { Id } from '../model/ids.ts';
import type { Message } from '../model/message.ts';
import type { Reply } from '../model/reply.ts';
import type { CopyKey } from '../store/memory-of-attempts.ts';
import type { NewEntry } from '../store/quarantine.ts';
import { type Decision, decide, type FailedCheck, plan, refusalCategory } from './decide.ts';
import type { DisposeDeps, DisposeOptions } from './dispose.ts';
import { type EntryCause, newEntry } from './entries.ts';
import { afterFailure, failurePolicies, waits } from './failed-checks.ts';
import { isSuspicious } from './greylisting.ts';
import { againOutcome, deliveredPaths, placedOutcome, rejectedOutcome } from './outcomes.ts';
import { deliver, type FieldEdits, type Relay, type RelayPorts, relaysFor, transactionOf } from './relay.ts';
import { accepted, deferred, greylisted, localError, refused } from './replies.ts';
import { type RelayedCopy, settle } from './settle.ts';

/**
 * How long a next hop may have taken so far for a further transaction with it to be begun, which may take 8 minutes: our
 * client waits 10 for its reply (RFC 5321 §4.5.3.2.6), and one that has left sends what was delivered again.
 */
const anotherTransactionMs = 60_000;

export class Disposal {
  readonly #options: DisposeOptions;
  readonly #deps: DisposeDeps;
  readonly #envelope: Envelope;
  readonly #message: Message;
  readonly #evidence: Evidence;
  /** Delivered by an earlier attempt: receipts say so. */
  #before: ReadonlySet<Path> = new Set();
  #hasReceipts = false;
  readonly #alterations: AlterationRecord[] = [];

  constructor(options: DisposeOptions, deps: DisposeDeps, envelope: Envelope, message: Message, evidence: Evidence) {
    this.#options = options;
    this.#deps = deps;
    this.#envelope = envelope;
    this.#message = message;
    this.#evidence = evidence;
  }

  async run(groups: readonly JudgedGroup[]): Promise<Disposition> {
    const found = await this.#deps.receipts.find(this.#keys(this.#paths()));
    this.#before = new Set(found.map(key => key.forwardPath));
    this.#hasReceipts = found.length > 0;
    const decisions: Decision[] = [];
    for (const group of groups) {
      const rest = this.#withoutDelivered(group);
      if (rest !== null) decisions.push(await this.#decision(rest));
    }
    const planned = plan(decisions, this.#before.size > 0);
    switch (planned.kind) {
      case 'defer':
        return this.nothingDone((planned.isGreylisting ? greylisted : deferred)(this.#envelope.id));
      case 'refuse':
        return this.#refuse(decisions);
      case 'place':
        return this.#place(planned.relayed, planned.quarantined);
    }
  }

  /** All copies wait for the client's next attempt, but those that an earlier one delivered. */
  nothingDone(reply: Reply): Disposition {
    return this.#disposition(reply, path => ({ path, disposition: 'deferred', reply }));
  }

  async #failedCheck(group: JudgedGroup): Promise<FailedCheck> {
    const policies = failurePolicies(group.verdict, this.#deps.failurePolicyOf);
    if (policies.length === 0 || group.mode === 'observe') return 'none';
    const now = this.#deps.clock.now();
    const deferral = await this.#deps.deferrals.count('check', this.#keys(group.recipients), now);
    return afterFailure(policies, deferral, now);
  }

  async #decision(group: JudgedGroup): Promise<Decision> {
    const decision = decide(group, this.#envelope.reversePath, await this.#failedCheck(group));
    return (await this.#isGreylisted(decision)) ? { group, action: 'greylist' } : decision;
  }

  async #isGreylisted(decision: Decision): Promise<boolean> {
    const { greylisting, deferrals, clock } = this.#deps;
    const { recipients, verdict } = decision.group;
    if (greylisting === null || !isSuspicious(decision, this.#envelope.reversePath, greylisting.fromScore))
      return false;
    if (greylisting.isExempt(verdict, this.#evidence)) return false;
    const now = clock.now();
    return waits(greylisting.patience, await deferrals.count('greylist', this.#keys(recipients), now), now);
  }

  #refuse(decisions: readonly Decision[]): Disposition {
    const replies = new Map<Path, Reply>();
    for (const { group } of decisions) {
      const reply = refused(refusalCategory(group.verdict), this.#envelope.id, this.#options.contact);
      for (const path of group.recipients) replies.set(path, reply);
    }
    const [first] = replies.values();
    const answer = first ?? localError;
    return this.#disposition(answer, path => ({
      path,
      disposition: 'rejected',
      reply: replies.get(path) ?? answer,
    }));
  }

  /** Quarantine first, pending where something is relayed after it: what we cannot keep, nobody must have got in part. */
  async #place(relayed: readonly Decision[], quarantined: readonly Decision[]): Promise<Disposition> {
    const relays = await this.#relays(relayed);
    const kept = new Map<Path, Id>();
    for (const decision of quarantined) {
      const places = await this.#keep(decision, relays.length > 0 ? 'pending' : 'held');
      for (const [path, entry] of places) kept.set(path, entry);
    }
    if (kept.size > 0 && relays.length > 0) await this.#deps.faults('M1-pending-committed');
    const copies = await Promise.all(relays.map(relay => this.#relay(relay, relays.length > 1)));
    return this.#finish(copies.flat(), kept, relayed);
  }

  #keep({ group, action }: Decision, state: 'pending' | 'held'): Promise<ReadonlyMap<Path, Id>> {
    const isByVerdict = group.verdict.action === 'quarantine' || group.verdict.action === 'reject';
    const reason = isByVerdict || action === 'reject' ? 'policy' : 'unscannable';
    const cause = { group, recipients: group.recipients, reason, reply: null } as const;
    return this.#deps.quarantine.keep(this.#entry(cause), this.#message, state);
  }

  async #relays(decisions: readonly Decision[]): Promise<readonly Relay[]> {
    const recipients = new Map(this.#envelope.recipients.map(recipient => [recipient.path, recipient]));
    const fields = await Promise.all(decisions.map(async d => ({ ...d, fieldsOf: await this.#fieldsFor(d) })));
    const copies = fields.flatMap(({ group, fieldsOf }) =>
      group.recipients.flatMap(path => {
        const recipient = recipients.get(path);
        const edits = fieldsOf(path);
        return recipient === undefined || edits === null ? [] : [{ recipient, edits }];
      }),
    );
    return relaysFor(copies, this.#message, this.#deps.routeOf);
  }

  /** How the copy of each recipient of a group leaves; null where none does. */
  async #fieldsFor({ group, action }: Decision): Promise<(path: Path) => FieldEdits | null> {
    if (action === 'defer' || action === 'greylist') return () => null;
    const { fieldsFor, alter } = this.#deps;
    const input = { envelope: this.#envelope, message: this.#message, evidence: this.#evidence, group, action };
    const fields = fieldsFor(input);
    const altered = (await alter?.(input, fields)) ?? [];
    for (const { recipients, notes } of altered) if (notes.length > 0) this.#alterations.push({ recipients, notes });
    const made = new Map(altered.flatMap(copies => copies.recipients.map(path => [path, copies.fields] as const)));
    // Whatever was altered for whom, each recipient has one copy.
    return path => made.get(path) ?? fields;
  }

  /** Where several are under way, each success is remembered at once: the others may take minutes. */
  async #relay(relay: Relay, isOneOfSeveral: boolean): Promise<readonly RelayedCopy[]> {
    const { id: transaction, reversePath } = this.#envelope;
    const { clock, learn, log } = this.#deps;
    const from = clock.monotonic();
    const ports: RelayPorts = {
      learn: (path, reply) => learn(path, reply, reversePath),
      failed: ({ name }, cause) => log.error({ tx: transaction, nextHop: name, cause }, 'next hop failed'),
      hasTime: () => clock.monotonic() - from < anotherTransactionMs,
    };
    const copies = await deliver(relay, transactionOf(this.#envelope), ports);
    if (isOneOfSeveral) await this.#remember(copies).catch(() => {}); // Tried again in `finish`, which answers for it.
    return copies;
  }

  /** Something may be delivered now: whatever fails from here on, the client is told to try again and nothing is forgotten. */
  async #finish(
    copies: readonly RelayedCopy[],
    kept: ReadonlyMap<Path, Id>,
    relayed: readonly Decision[],
  ): Promise<Disposition> {
    try {
      const isPartlyPlaced = kept.size > 0 || this.#before.size > 0 || copies.some(c => c.result === 'delivered');
      const wasRefusedBefore = isPartlyPlaced && (await this.#wasRefusedBefore(copies));
      const settlement = settle(copies, { isPartlyPlaced, wasRefusedBefore });
      switch (settlement.kind) {
        case 'accept':
          return await this.#accept(copies, settlement.undelivered, kept, relayed);
        case 'mirror':
          return this.#disposition(settlement.reply, path => rejectedOutcome(path, copies, settlement.reply));
        case 'again':
          await this.#remember(copies);
          return this.#again(copies, settlement.reply);
      }
    } catch (cause) {
      this.#deps.log.error({ tx: this.#envelope.id, cause }, 'not disposed of after relaying');
      await this.#remember(copies).catch(() => {}); // If this fails, too, the retry is the duplicate of M2 to M3.
      return this.#again(copies, localError);
    }
  }

  async #accept(
    copies: readonly RelayedCopy[],
    undelivered: readonly RelayedCopy[],
    kept: ReadonlyMap<Path, Id>,
    relayed: readonly Decision[],
  ): Promise<Disposition> {
    const places = new Map(kept);
    if (copies.length > 0 && (kept.size > 0 || undelivered.length > 0)) {
      const delivered = deliveredPaths(copies);
      if (delivered.length > 0) await this.#deps.faults('M2-next-hop-replied');
      // Asked for together, so that they can share a commit. Killed between two, the retry finds what the first one holds.
      await Promise.all([this.#writeReceipts(delivered), this.#deps.quarantine.hold(kept)]);
      for (const copy of undelivered)
        for (const [path, entry] of await this.#keepUndelivered(copy, relayed)) places.set(path, entry);
      await this.#deps.faults('M3-flip-committed');
    }
    this.#forgetReceipts();
    return this.#disposition(accepted(this.#envelope.id), path => placedOutcome(path, copies, places));
  }

  #keepUndelivered(copy: RelayedCopy, relayed: readonly Decision[]): Promise<ReadonlyMap<Path, Id>> {
    const group = relayed.find(decision => decision.group.recipients.includes(copy.path))?.group;
    if (group === undefined) throw new TemporaryFailure('a copy was relayed that no group asked for');
    const cause = { group, recipients: [copy.path], reason: 'undelivered', reply: copy.reply } as const;
    return this.#deps.quarantine.keep(this.#entry(cause), this.#message, 'held');
  }

  #again(copies: readonly RelayedCopy[], reply: Reply): Disposition {
    return this.#disposition(reply, path => againOutcome(path, copies, reply));
  }

  /** Receipts for what was delivered in this attempt. */
  async #remember(copies: readonly RelayedCopy[]): Promise<void> {
    const delivered = deliveredPaths(copies);
    if (delivered.length === 0) return;
    await this.#deps.faults('M2-next-hop-replied');
    await this.#writeReceipts(delivered);
    await this.#deps.faults('M3-flip-committed');
  }

  async #writeReceipts(delivered: readonly Path[]): Promise<void> {
    if (delivered.length === 0) return;
    this.#hasReceipts = true;
    await this.#deps.receipts.write(this.#keys(delivered), this.#deps.clock.now());
  }

  /** After the 250: killed before it, the client comes again and must find them. */
  #forgetReceipts(): void {
    if (!this.#hasReceipts) return;
    const { receipts, log, faults, afterReply } = this.#deps;
    const keys = this.#keys(this.#paths());
    const tx = this.#envelope.id;
    const consume = async (): Promise<void> => {
      await faults('M4-client-answered');
      await receipts.consume(keys);
    };
    afterReply(() => consume().catch(cause => log.error({ tx, cause }, 'receipts not consumed')));
  }

  async #wasRefusedBefore(copies: readonly RelayedCopy[]): Promise<boolean> {
    const [first, ...others] = copies.filter(copy => copy.result === 'refused at RCPT').map(copy => copy.path);
    if (first === undefined) return false;
    const keys = this.#keys([first, ...others]);
    const { attempts } = await this.#deps.deferrals.count('recipient', keys, this.#deps.clock.now());
    return attempts > 1;
  }

  #entry(cause: EntryCause): NewEntry {
    return newEntry(this.#envelope, this.#deps.shownOf(this.#evidence), cause, this.#deps.clock.now());
  }

  #withoutDelivered(group: JudgedGroup): JudgedGroup | null {
    const [first, ...others] = group.recipients.filter(path => !this.#before.has(path));
    return first === undefined ? null : { ...group, recipients: [first, ...others] };
  }

  #paths(): readonly [Path, ...Path[]] {
    const [first, ...others] = this.#envelope.recipients;
    return [first.path, ...others.map(recipient => recipient.path)];
  }

  #keys(paths: readonly [Path, ...Path[]]): readonly [CopyKey, ...CopyKey[]];
  #keys(paths: readonly Path[]): readonly CopyKey[];
  #keys(paths: readonly Path[]): readonly CopyKey[] {
    const { sha256 } = this.#message;
    const { reversePath } = this.#envelope;
    return paths.map(forwardPath => ({ sha256, reversePath, forwardPath }));
  }

  /** An outcome for each recipient, in the envelope's order. */
  #disposition(reply: Reply, outcomeOf: (path: Path) => Outcome): Disposition {
    const outcomes = this.#paths().map(path =>
      this.#before.has(path) ? ({ path, disposition: 'relayed-before' } as const) : outcomeOf(path),
    );
    return this.#alterations.length === 0 ? { outcomes, reply } : { outcomes, reply, alterations: this.#alterations };
  }
}
