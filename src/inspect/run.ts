// All checks over one message: each after those that it names, the others at once, each under its own time, none able to fail another.

import { type Check, Skipped, type Subject } from '../checks/check.ts';
import type { Facts, Observation } from '../model/evidence.ts';
import { ConfigError } from '../model/failure.ts';
import { errorText } from '../model/thrown.ts';
import { cut, misfit, withBoundedTexts, withinSize } from './facts.ts';
import { late, within } from './within.ts';

/** Checks in an order in which each stands after those that it names. */
export type Plan = readonly Check[];

/** @throws ConfigError for two checks of one name, an unknown name in `after`, or a circle. */
export function plan(checks: readonly Check[]): Plan {
  const names = new Set(checks.map(check => check.name));
  if (names.size < checks.length) throw new ConfigError('two checks have one name');
  for (const { name, after } of checks) {
    const unknown = after.find(other => !names.has(other));
    if (unknown !== undefined) throw new ConfigError('a check runs after one that is not there', { name, unknown });
  }
  const ordered: Check[] = [];
  const placed = new Set<string>();
  while (ordered.length < checks.length) {
    const next = checks.filter(check => !placed.has(check.name) && check.after.every(other => placed.has(other)));
    if (next.length === 0)
      throw new ConfigError('checks wait for each other', { names: [...names].filter(name => !placed.has(name)) });
    for (const check of next) placed.add(check.name);
    ordered.push(...next);
  }
  return ordered;
}

export interface RunLimits {
  /** For all checks together, from now: what has not answered by then is `failed`, what has is kept. */
  readonly deadlineMs: number;
  /** Of the facts as JSON. */
  readonly factsBytes: number;
  /** Milliseconds of a clock that never jumps. */
  readonly now: () => number;
}

/** What `checks` observe. Never throws. */
export async function run(checks: Plan, subject: Omit<Subject, 'facts'>, limits: RunLimits): Promise<Facts> {
  const endsAt = limits.now() + limits.deadlineMs;
  const left = new Map<string, Promise<Observation>>();
  for (const check of checks) left.set(check.name, afterOthers(check, subject, left, endsAt, limits.now));
  const facts = await collected(checks, left);
  // Who a message is from stands under much of what is judged.
  return withinSize(facts, limits.factsBytes, new Set(checks.flatMap(({ after }) => after)));
}

async function afterOthers(
  check: Check,
  subject: Omit<Subject, 'facts'>,
  left: ReadonlyMap<string, Promise<Observation>>,
  endsAt: number,
  now: () => number,
): Promise<Observation> {
  const facts: Record<string, Observation> = {};
  for (const name of check.after) facts[name] = (await left.get(name)) ?? { state: 'skipped', reason: 'not run' };
  const remainingMs = Math.ceil(endsAt - now());
  // A timer may come a fraction of a millisecond early.
  if (remainingMs <= 1) return { state: 'failed', ms: 0, reason: 'deadline' };
  return observation(check, { ...subject, facts }, remainingMs, now);
}

async function observation(
  check: Check,
  subject: Subject,
  remainingMs: number,
  now: () => number,
): Promise<Observation> {
  const startedAt = now();
  const ms = () => Math.round((now() - startedAt) * 10) / 10;
  const failed = (reason: string): Observation => ({ state: 'failed', ms: ms(), reason: cut(reason, 200) });
  const isDeadline = remainingMs < check.timeoutMs;
  const reason = isDeadline ? 'deadline' : `timeout after ${check.timeoutMs} ms`;
  try {
    const observing = check.observe(subject);
    const isWaiting = observing instanceof Promise;
    const value = isWaiting ? await within(Math.min(check.timeoutMs, remainingMs), () => observing) : observing;
    if (value === late) return failed(reason);
    if (value instanceof Skipped) return { state: 'skipped', reason: value.reason };
    const why = misfit(value, check.evidence);
    return why === null ? { state: 'observed', ms: ms(), value: withBoundedTexts(value) } : failed(`bug: ${why}`);
  } catch (error) {
    return failed(errorText(error));
  }
}

async function collected(checks: Plan, left: ReadonlyMap<string, Promise<Observation>>): Promise<Facts> {
  const facts: Record<string, Observation> = {};
  for (const { name } of checks) facts[name] = (await left.get(name)) ?? { state: 'skipped', reason: 'not run' };
  return facts;
}
