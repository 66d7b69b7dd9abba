// What DNS lists say of who sent the message, and where they are asked to, of the hops that it names.

import { originOf, trustedBy } from '../auth/origin.ts';
import { receivedFrom } from '../auth/received.ts';
import type { Ask, ListAnswer } from '../model/ask.ts';
import { type DnsList, isCodeOf, type ListClass, listWeights } from '../model/dns-list.ts';
import { inTime } from '../model/in-time.ts';
import { addressOf, within } from '../model/networks.ts';
import { choice, count, flag, records, text, texts } from '../model/shape.ts';
import { check, type Subject } from './check.ts';

/** Addresses of Received fields that are asked about, the nearest first. */
const maxHops = 4;
/** Received fields that are looked at for them. */
const maxFields = 20;
/** Of one message; history and entries are asked for from the same budget. */
const maxQuestions = 48;
const answerMs = 3500;

const kinds = ['block', 'allow'] as const;
const subjects = ['client', 'received'] as const;
/** A closed set with none, as conditions compare it. */
const weights = ['', ...listWeights] as const;

export const dnsListsCheck = check({
  name: 'dns_lists',
  after: [],
  timeoutMs: 5000,
  about:
    'What the lists of `dns_lists` say of the origin of the message and, where asked to, of the hops that it names.',
  evidence: {
    asked: count('Questions that were to be asked: none where no list is configured, or no address is public.'),
    address: text('The client that was asked about; empty where none was.'),
    block: text(
      'The weightiest listing of the client on block lists, `list/label`; among equals the first of the configuration. Empty without.',
    ),
    block_codes: texts('What that list answered.'),
    block_weight: choice(weights, 'The weight of that listing.'),
    block_is_preset: flag('That list is one that we ship with rules of its own.'),
    blocks: count('Block lists that the client is on.'),
    allow: text('The weightiest listing of the client on allow lists, `list/label`; empty without.'),
    allow_codes: texts('What that list answered.'),
    allow_weight: choice(weights, 'The weight of that listing.'),
    allow_is_preset: flag('That list is one that we ship with rules of its own.'),
    received: text(
      'The weightiest listing on block lists of a hop that Received fields name, `list/label address`; empty without.',
    ),
    listed: records(
      {
        list: text('The name of the list.'),
        label: text('What its answer means.'),
        kind: choice(kinds, 'Against or for.'),
        weight: choice(listWeights, 'As the configuration or the preset has it.'),
        of: choice(subjects, 'Of whom.'),
        address: text('The address that is listed.'),
        codes: texts('Answers with this meaning.'),
      },
      'All listings.',
    ),
    unanswered: records(
      {
        list: text('The name of the list.'),
        address: text('The address that it was to be asked about.'),
        state: choice(['suspended', 'failed'], 'It answers wrongly and is not asked for now, or it did not answer.'),
        reason: text('Why it failed.'),
      },
      'What was not answered: it speaks neither for nor against anybody.',
    ),
  },
  async observe(subject) {
    const questions = questionsOf(subject, subject.site.dnsLists ?? []);
    const answered = await answersTo(questions, subject.ask);
    const listed = answered.flatMap(listingsOf).sort((a, b) => rank(a) - rank(b));
    const ofClient = listed.filter(({ of }) => of === 'client');
    const block = ofClient.find(({ kind }) => kind === 'block');
    const allow = ofClient.find(({ kind }) => kind === 'allow');
    const received = listed.find(({ of }) => of === 'received');
    return {
      asked: questions.length,
      address: questions.find(({ of }) => of === 'client')?.address ?? '',
      block: block === undefined ? '' : `${block.list}/${block.label}`,
      block_codes: block?.codes ?? [],
      block_weight: block?.weight ?? '',
      block_is_preset: block?.isPreset ?? false,
      blocks: new Set(ofClient.filter(({ kind }) => kind === 'block').map(({ list }) => list)).size,
      allow: allow === undefined ? '' : `${allow.list}/${allow.label}`,
      allow_codes: allow?.codes ?? [],
      allow_weight: allow?.weight ?? '',
      allow_is_preset: allow?.isPreset ?? false,
      received: received === undefined ? '' : `${received.list}/${received.label} ${received.address}`,
      listed: listed.map(({ isPreset: _, ...listing }) => listing),
      unanswered: answered.flatMap(unansweredOf),
    };
  },
});

interface Question {
  readonly list: DnsList;
  readonly of: (typeof subjects)[number];
  readonly address: string;
}

/** All lists about the client first: hops are what may be left out. */
function questionsOf(subject: Subject, lists: readonly DnsList[]): readonly Question[] {
  if (lists.length === 0) return [];
  const origin = originOf(subject);
  const client = isPublic(origin.address) ? [origin.address] : [];
  const asking = (of: Question['of'], addresses: readonly string[]): readonly Question[] =>
    addresses.flatMap(address =>
      lists
        .filter(list => list.of.includes(of) && (list.hasIpv6 || !address.includes(':')))
        .map(list => ({ list, of, address })),
    );
  const asksHops = lists.some(list => list.of.includes('received'));
  const hops = asksHops ? hopsOf(subject, [...client, ...origin.hops]) : [];
  return [...asking('client', client), ...asking('received', hops)].slice(0, maxQuestions);
}

/** Public addresses of Received fields beside `known`. Anyone may have written them: they can only count against. */
function hopsOf({ mail, site }: Subject, known: readonly string[]): readonly string[] {
  const isTrusted = trustedBy(site);
  const addresses = mail
    .values('received')
    .slice(0, maxFields)
    .map(receivedFrom)
    .flatMap(received => (received.kind === 'from' ? received.address : []))
    .filter(address => isPublic(address) && !isTrusted(address) && !known.includes(address));
  return [...new Set(addresses)].slice(0, maxHops);
}

/** Networks that no list can know anything of (RFC 6890): a question would tell others of ours. */
const isReserved = within([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '224.0.0.0/3',
  '::/96',
  '64:ff9b::/96',
  '100::/64',
  'fc00::/7',
  'fe80::/10',
  'ff00::/8',
]);

const isPublic = (address: string): boolean => addressOf(address) !== null && !isReserved(address);

interface Answered extends Question {
  readonly answer: ListAnswer;
}

const late = (): ListAnswer => ({ status: 'failed', reason: 'no answer in time' });

/** All at once. What one list does not answer in time must not cost what the others said. */
async function answersTo(questions: readonly Question[], ask: Ask): Promise<readonly Answered[]> {
  return Promise.all(
    questions.map(async question => ({
      ...question,
      answer: await inTime(() => ask.listed(question.list.name, question.address), answerMs, late),
    })),
  );
}

interface Listing {
  readonly list: string;
  readonly isPreset: boolean;
  readonly label: string;
  readonly kind: DnsList['kind'];
  readonly weight: ListClass['weight'];
  readonly of: Question['of'];
  readonly address: string;
  readonly codes: readonly string[];
}

function listingsOf({ list, of, address, answer }: Answered): readonly Listing[] {
  if (answer.status !== 'listed') return [];
  return list.classes.flatMap(({ name, weight, codes: ranges }) => {
    const codes = answer.codes.filter(code => isCodeOf(ranges, code));
    const { name: listName, isPreset, kind } = list;
    return codes.length === 0 ? [] : [{ list: listName, isPreset, label: name, kind, weight, of, address, codes }];
  });
}

/** Sorting is stable: among equals the order of the configuration remains. */
const rank = ({ weight }: Listing): number => listWeights.indexOf(weight);

function unansweredOf({ list, address, answer }: Answered) {
  if (answer.status !== 'suspended' && answer.status !== 'failed') return [];
  const reason = answer.status === 'failed' ? answer.reason : '';
  return [{ list: list.name, address, state: answer.status, reason }];
}
