// What a message teaches the history, once it has been answered.

import { registrableDomain } from '../../content/urls.ts';
import type { JudgedGroup, LedgerRecord } from '../../model/disposition.ts';
import { type HistoryKey, isHistoryKey, isLearnable, kindOf } from '../../model/history.ts';
import { isPositive, isTransient } from '../../model/reply.ts';
import type { Lesson, Taught } from '../../store/history.ts';

/** More than the check leaves: what comes from a worker is bounded here. */
const maxKeys = 60;

/** Null for what teaches nothing and cannot be released either. */
export function lessonOf(record: LedgerRecord): Lesson | null {
  const keys = keysIn(record);
  const taught = taughtBy(record);
  const isHeld = record.outcomes.some(({ disposition }) => disposition === 'quarantined');
  if (keys.length === 0 || taught === null || (taught === 'nothing' && !isHeld)) return null;
  return { transaction: record.id, at: record.at, keys, organisations: organisationsOf(keys), taught, isHeld };
}

/** The last word of a name is the domain that signed, sealed or sent: whoever holds it chooses what is below it. */
function organisationsOf(keys: readonly HistoryKey[]): ReadonlyMap<HistoryKey, string> {
  const named = keys.filter(key => isLearnable(kindOf(key)));
  return new Map(named.map(key => [key, registrableDomain(key.slice(key.lastIndexOf(' ') + 1))]));
}

function keysIn({ evidence }: LedgerRecord): readonly HistoryKey[] {
  const fact = evidence.facts.history;
  const keys = fact?.state === 'observed' ? (fact.value as { readonly keys?: unknown }).keys : null;
  return Array.isArray(keys) ? keys.slice(0, maxKeys).filter(isHistoryKey) : [];
}

function taughtBy({ groups, reply }: LedgerRecord): Taught | null {
  // It comes again, and teaches then.
  if (isTransient(reply)) return null;
  // Role addresses never teach: their mail is let in whatever it says.
  const judged = groups.filter(group => !group.isRole);
  const opposed = judged.filter(({ verdict }) => verdict.action !== 'deliver');
  if (opposed.length > 0) return opposed.every(isOnlyUnaligned) ? 'nothing' : 'bad';
  // What a next hop refuses it refuses for reasons of its own: a full mailbox says nothing of the sender.
  return judged.length > 0 && isPositive(reply) ? 'good' : null;
}

/**
 * Nothing is held against it but that DMARC fails: what an honest list or forwarder does to honest mail. It is not counted
 * against them, and not for them either.
 */
function isOnlyUnaligned({ verdict }: JudgedGroup): boolean {
  const asking = verdict.floors.filter(({ action }) => action !== 'deliver');
  const isAboutDmarc = asking.length > 0 && asking.every(({ name }) => name.startsWith('policy:dmarc'));
  return isAboutDmarc && verdict.score < verdict.thresholds.tag;
}
