// DNS lists, where some are configured: what is asked where, and when their standing is looked at.

import { type DnsListPreset, dnsListPresets } from '../../config/dns-list-presets.ts';
import type { Config } from '../../config/schema.ts';
import { type DnsListEntry, nameOf } from '../../config/sections/reputation.ts';
import { type AskedList, type DnsLists, dnsLists, type ListStanding } from '../../dns/lists.ts';
import type { Resolver } from '../../dns/resolver.ts';
import type { Clock, Random } from '../../model/clock.ts';
import { type CodeRange, codeRange, type DnsList, type ListClass } from '../../model/dns-list.ts';
import type { Component } from '../../observe/health.ts';
import type { Log } from '../../observe/log.ts';

export interface RunningLists extends Omit<DnsLists, 'probe'> {
  /** As checks see them: without their zones, where keys may stand. */
  readonly known: readonly DnsList[];
  close(): void;
}

interface World {
  readonly resolve: Resolver['resolve'];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

const minute = 60_000;

/** Protective bounds that no deployment should need to change. */
const bounds = {
  probeMs: 15 * minute,
  retryMs: minute,
  // Longer than the resolver keeps a failure.
  silenceRetryMs: 5000,
  maxRetryMs: 60 * minute,
  // The resolver keeps answers for 5 minutes at most.
  confirmMs: 6 * minute,
  maxFailures: 5,
  sample: 200,
  plausible: 195,
} as const;

/** Null where none are configured. Their test points are asked at once, in the background, and then regularly. */
export function startDnsLists(config: Config, { resolve, clock, random, log }: World): RunningLists | null {
  const lists = config.dns_lists.map(askedList);
  if (lists.length === 0) return null;
  const changed = ({ list, family, suspended }: ListStanding) => {
    if (suspended === null) log.info({ list, family }, 'dns list asked again');
    else log.warn({ list, family, reason: suspended }, 'dns list suspended');
  };
  const running = dnsLists({ ...bounds, lists }, { resolve, clock, random, changed });
  void running.probe();
  const timer = setInterval(() => void running.probe(), bounds.silenceRetryMs).unref();
  return {
    known: lists.map(({ zone: _, errors: __, ...list }) => list),
    listed: running.listed,
    get standings() {
      return running.standings;
    },
    get answers() {
      return running.answers;
    },
    close: () => clearInterval(timer),
  };
}

export function listsHealth(lists: RunningLists | null): Component {
  if (lists === null) return { state: 'absent', reason: 'no DNS lists are configured' };
  // A list with addresses of both families stands or falls with each.
  const suspended = new Set(lists.standings.filter(({ suspended }) => suspended !== null).map(({ list }) => list));
  const figures = { configured: lists.known.length, suspended: suspended.size };
  return suspended.size === 0
    ? { state: 'up', reason: null, figures }
    : { state: 'degraded', reason: 'some DNS lists answer wrongly and are not asked; the log says which', figures };
}

function askedList(entry: DnsListEntry): AskedList {
  return entry.preset === undefined ? ownList(entry) : presetList(entry, dnsListPresets[entry.preset]);
}

function presetList(entry: DnsListEntry, preset: DnsListPreset): AskedList {
  const zone = entry.key === undefined ? preset.zone : `${entry.key}.${preset.keyedZone}`;
  return {
    name: nameOf(entry),
    isPreset: true,
    kind: preset.kind,
    of: ['client'],
    hasIpv6: entry.ipv6 ?? preset.ipv6,
    zone: rootless(zone ?? ''),
    classes: Object.entries(preset.classes).map(([name, { weight, codes }]) => ({
      name,
      weight,
      codes: codes.flatMap(ranges),
    })),
    errors: preset.errors.flatMap(ranges),
  };
}

function ownList(entry: DnsListEntry): AskedList {
  const { kind = 'block', of = ['client'], ipv6 = false, codes = {}, error_codes = [], zone = '' } = entry;
  const classes = new Map<string, ListClass>();
  for (const [code, { label, weight }] of Object.entries(codes)) {
    const known = classes.get(label)?.codes ?? [];
    classes.set(label, { name: label, weight, codes: [...known, ...ranges(code)] });
  }
  return {
    name: nameOf(entry),
    isPreset: false,
    kind,
    of,
    hasIpv6: ipv6,
    zone: rootless(zone),
    classes: [...classes.values()],
    errors: error_codes.flatMap(ranges),
  };
}

const rootless = (zone: string): string => zone.toLowerCase().replace(/\.$/, '');

/** The schema has checked them. */
function ranges(text: string): readonly CodeRange[] {
  const range = codeRange(text);
  return range === null ? [] : [range];
}
