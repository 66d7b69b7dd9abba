// What others know of who sends: DNS lists.

import { z } from 'zod';
import { codeRange, listWeights, overlap } from '../../model/dns-list.ts';
import { dnsListPresets, presetNames } from '../dns-list-presets.ts';
import { domainName } from '../values.ts';

/** With every message, the client is asked about at all of them at once. */
const maxLists = 16;

const code = z
  .string()
  .refine(
    text => codeRange(text) !== null && text.startsWith('127.'),
    'expected an answer in 127.0.0.0/8 or a range of them, such as 127.0.0.2 or 127.0.0.4-7',
  );

const meaning = z.strictObject({
  label: z
    .string()
    .regex(/^[a-z0-9-]+$/, 'expected lower-case letters, digits and hyphens')
    .meta({ description: 'What the answer means, in a word; several codes may share one. Shown with the verdict.' }),
  weight: z
    .enum(listWeights)
    .meta({ description: 'What rules make of it: `BLOCK_LIST_STRONG`, `ALLOW_LIST_WEAK` and so on.' }),
});

const subject = z.enum(['client', 'received']);

const entry = z
  .strictObject({
    preset: z
      .enum(presetNames)
      .meta({
        description: `A list that comes with its zone, codes and rules. ${presetNames.map(name => `\`${name}\`: ${dnsListPresets[name].about}.`).join(' ')}`,
      })
      .optional(),
    key: z
      .string()
      .regex(/^[A-Za-z0-9]+$/, 'expected letters and digits')
      .meta({ description: 'Your key, where the list gives keys to those who ask.', secret: true })
      .optional(),
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]*$/, 'expected lower-case letters, digits, dots and hyphens')
      .meta({ description: 'The name of a list of your own choice, in evidence, log and metrics.' })
      .optional(),
    zone: domainName.meta({ description: 'What stands behind the reversed address in a question.' }).optional(),
    kind: z
      .enum(['block', 'allow'])
      .meta({ description: 'Whether being listed speaks against or for the client; `block` when left out.' })
      .optional(),
    of: z
      .array(subject)
      .min(1)
      .meta({
        description:
          '`client`: who sent to our side. `received`: public addresses further down in Received fields, which anyone may have made up; for block lists only. `[client]` when left out.',
      })
      .optional(),
    ipv6: z
      .boolean()
      .meta({ description: 'It has a list of IPv6 addresses too. False when left out, or what the preset says.' })
      .optional(),
    codes: z
      .record(code, meaning)
      .meta({
        description:
          'What its answers mean: `{ "127.0.0.2": { label: spam, weight: strong } }`; octets may be ranges, as in `127.0.0.4-7`. Other answers never count.',
      })
      .optional(),
    error_codes: z
      .array(code)
      .meta({
        description:
          'Answers that are no listing but a complaint; the list is then suspended. Always among them: 127.255.255.0 to .255.',
      })
      .optional(),
  })
  .superRefine((list, context) => {
    for (const { key, message } of faults(list)) context.addIssue({ code: 'custom', path: [key], message });
  });

export type DnsListEntry = z.output<typeof entry>;

export const reputationKeys = {
  dns_lists: z
    .array(entry)
    .max(maxLists)
    .superRefine((lists, context) => {
      const names = lists.map(nameOf);
      for (const [i, name] of names.entries())
        if (names.indexOf(name) !== i)
          context.addIssue({ code: 'custom', path: [i], message: `there are two lists with the name ${name}` });
    })
    .meta({
      description:
        'Lists in the DNS (RFC 5782) that are asked about the client of each message. None by default: a question tells the operator of a list, and of the resolver, who sends you mail, and lists have terms of use.',
    })
    .prefault([]),
};

export const nameOf = ({ preset, name }: DnsListEntry): string => preset ?? name ?? '';

interface Fault {
  readonly key: keyof DnsListEntry;
  readonly message: string;
}

function faults(list: DnsListEntry): readonly Fault[] {
  return list.preset === undefined ? ownFaults(list) : presetFaults(list.preset, list);
}

function presetFaults(name: (typeof presetNames)[number], list: DnsListEntry): readonly Fault[] {
  const set = (['name', 'zone', 'kind', 'of', 'codes', 'error_codes'] as const).filter(key => list[key] !== undefined);
  const found: Fault[] = set.map(key => ({
    key,
    message: `the preset ${name} has its own; leave it out, or the preset`,
  }));
  const { zone, keyedZone } = dnsListPresets[name];
  if (list.key !== undefined && keyedZone === null) found.push({ key: 'key', message: `${name} has no keys` });
  if (list.key === undefined && zone === null) found.push({ key: 'key', message: `${name} is only served with a key` });
  return found;
}

function ownFaults(list: DnsListEntry): readonly Fault[] {
  const found: Fault[] = (['name', 'zone', 'codes'] as const)
    .filter(key => list[key] === undefined)
    .map(key => ({ key, message: 'a list without a preset states its name, zone and codes' }));
  if (list.key !== undefined) found.push({ key: 'key', message: 'only presets have keys; write yours into the zone' });
  if (list.name !== undefined && Object.hasOwn(dnsListPresets, list.name))
    found.push({
      key: 'name',
      message: `${list.name} is a preset; write "preset: ${list.name}", or take another name`,
    });
  if (list.kind === 'allow' && list.of?.includes('received') === true)
    found.push({ key: 'of', message: 'Received fields can be made up: nobody may be allowed for what they say' });
  return [...found, ...codeFaults(list)];
}

function codeFaults({ codes = {}, error_codes = [] }: DnsListEntry): readonly Fault[] {
  const named = Object.keys(codes);
  const empty: Fault[] = named.length === 0 ? [{ key: 'codes', message: 'a list has at least one code' }] : [];
  const all = [...named, ...error_codes];
  const doubtful = all.filter((text, i) => all.slice(0, i).some(other => isOverlap(text, other)));
  const labels = new Map<string, string>();
  const unequal = Object.values(codes).filter(({ label, weight }) => {
    const known = labels.get(label) ?? weight;
    labels.set(label, known);
    return known !== weight;
  });
  return [
    ...empty,
    ...doubtful.map(text => ({ key: 'codes' as const, message: `${text} has two meanings` })),
    ...unequal.map(({ label }) => ({ key: 'codes' as const, message: `the label ${label} has two weights` })),
  ];
}

function isOverlap(a: string, b: string): boolean {
  const [first, second] = [codeRange(a), codeRange(b)];
  return first !== null && second !== null && overlap(first, second);
}
