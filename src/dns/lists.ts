// The DNS lists of the configuration: each asked where it stands well, its answers counted, its standing kept up.

import { isIP } from 'node:net';
import type { ListAnswer } from '../model/ask.ts';
import type { Clock, Random } from '../model/clock.ts';
import { type CodeRange, type DnsList, isCodeOf } from '../model/dns-list.ts';
import { type Family, Standing, type StandingOptions } from './list-standing.ts';
import { type AskZone, type Reading, type Resolve, zone } from './list-zone.ts';

export interface DnsListsOptions extends StandingOptions {
  readonly lists: readonly AskedList[];
}

export interface AskedList extends DnsList {
  /** What stands behind the reversed address: with a key, where the list has its customers use one. */
  readonly zone: string;
  /** Answers that say something of the question or of us, not of the address. */
  readonly errors: readonly CodeRange[];
}

export interface DnsLists {
  /** `subject` is an address. */
  listed(list: string, subject: string): Promise<ListAnswer>;
  /** Asks the test points of the lists whose time has come. */
  probe(): Promise<void>;
  readonly standings: readonly ListStanding[];
  readonly answers: readonly AnswerCount[];
}

export interface ListStanding {
  readonly list: string;
  readonly family: Family;
  /** Why it is not asked; null when it is. */
  readonly suspended: string | null;
}

export interface AnswerCount {
  readonly list: string;
  /** `unknown`: listed by a code that the configuration does not have. */
  readonly answer: Reading['status'] | 'unknown';
  readonly count: number;
}

interface World {
  readonly resolve: Resolve;
  readonly clock: Clock;
  readonly random: Random;
  /** A list was suspended, or is asked again. */
  readonly changed: (standing: ListStanding) => void;
}

export function dnsLists(options: DnsListsOptions, world: World): DnsLists {
  const desks = new Map(options.lists.map(list => [list.name, desk(list, options, world)]));
  const all = [...desks.values()];
  return {
    listed: async (list, subject) => desks.get(list)?.listed(subject) ?? { status: 'absent' },
    probe: async () => {
      await Promise.all(all.flatMap(({ standings }) => standings.map(each => (each.isDue ? each.probe() : null))));
    },
    get standings() {
      return all.flatMap(({ list, standings }) =>
        standings.map(({ family, suspendedNow }) => ({ list: list.name, family, suspended: suspendedNow })),
      );
    },
    get answers() {
      return all.flatMap(({ list, counts }) =>
        [...counts].map(([answer, count]) => ({ list: list.name, answer, count })),
      );
    },
  };
}

interface Desk {
  readonly list: AskedList;
  readonly standings: readonly Standing[];
  readonly counts: ReadonlyMap<AnswerCount['answer'], number>;
  listed(address: string): Promise<ListAnswer>;
}

function desk(list: AskedList, options: StandingOptions, { resolve, clock, random, changed }: World): Desk {
  const ask: AskZone = zone(list.zone, list.errors, resolve);
  const codes = list.classes.flatMap(each => each.codes);
  const counts = new Map<AnswerCount['answer'], number>();
  const families: readonly Family[] = list.hasIpv6 ? ['ipv4', 'ipv6'] : ['ipv4'];
  const standings = families.map(
    family =>
      new Standing(family, ask, options, {
        clock,
        random,
        changed: suspended => changed({ list: list.name, family, suspended }),
      }),
  );
  const count = (answer: AnswerCount['answer']) => counts.set(answer, (counts.get(answer) ?? 0) + 1);

  return {
    list,
    standings,
    counts,
    async listed(address) {
      if (isIP(address) === 0) return { status: 'failed', reason: 'not an address' };
      const standing = standings.find(({ family }) => family === familyOf(address));
      if (standing === undefined) return { status: 'absent' };
      if ((await standing.suspended()) !== null) return { status: 'suspended' };
      const reading = await ask(address);
      standing.heard(address, reading);
      const answer = answerOf(reading, codes);
      count(reading.status === 'listed' && answer.status !== 'listed' ? 'unknown' : reading.status);
      // What nobody answers is known sooner by the test points than by the next messages.
      if (standing.isDue) void standing.probe();
      return answer;
    },
  };
}

const familyOf = (address: string): Family => (address.includes(':') ? 'ipv6' : 'ipv4');

/** Of one address; a list that answers with thousands leaves no room for what the others say. */
const maxCodes = 16;

/** Only codes that the list is known to give count. */
function answerOf(reading: Reading, known: readonly CodeRange[]): ListAnswer {
  switch (reading.status) {
    case 'listed': {
      const codes = reading.codes.filter(code => isCodeOf(known, code)).slice(0, maxCodes);
      return codes.length > 0 ? { status: 'listed', codes } : { status: 'not-listed' };
    }
    case 'not-listed':
      return reading;
    case 'wrong':
      return { status: 'suspended' };
    case 'failed':
      return reading;
  }
}
