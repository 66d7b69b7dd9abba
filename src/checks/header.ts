// What the header section says of how and by whom the message was made, and whether that hangs together.

import { isIP } from 'node:net';
import { clipped, fitting } from '../content/bounds.ts';
import { epochSeconds, hasOddZone, isWellWritten, receivedSeconds } from '../content/dates.ts';
import type { Mail } from '../content/mail.ts';
import { areAtOdds, boundaryStyle, claimedMailer, mailerStyles, messageIdStyle } from '../content/mailer-styles.ts';
import { addressesInText, registrableDomain, webAddress } from '../content/urls.ts';
import { comparablePath, localPartOf } from '../model/address.ts';
import { choice, count, flag, number, text, texts } from '../model/shape.ts';
import type { Site } from '../model/site.ts';
import { check } from './check.ts';

const messageIdForms = ['none', 'malformed', 'no_host', 'single_label', 'address', 'private', 'domain'] as const;
type MessageIdForm = (typeof messageIdForms)[number];

export const headerCheck = check({
  name: 'header',
  after: [],
  timeoutMs: 1000,
  about:
    'What the header section says of how and by whom the message was made, and whether that hangs together: dates, Message-ID, order, the style of the program, To, and the fields of lists.',
  evidence: {
    date_is_odd: flag('There is a Date, and it is not written as RFC 5322 §3.3 has it.'),
    date_zone_is_odd: flag('Its zone is one that no clock has: beyond -1200 to +1400, or not of quarters of an hour.'),
    received_skew_hours: number(
      'Hours by which Date is later (positive) or earlier (negative) than the newest Received field; 0 where one of them has no date.',
    ),
    received_disorder_hours: number(
      'Hours by which a Received field is later than one above it, at most; 0 where they are in order.',
    ),
    received_below: count('Received fields that stand below From, To, Subject or Date.'),
    message_id_form: choice(
      messageIdForms,
      'Of the Message-ID: none, not of the form `<left@right>`, without what stands behind `@`, with a single label there, an address, a name of private networks (`localhost`, `.local`, `.lan`), or a domain.',
    ),
    message_id_is_from: flag('What stands behind its `@` is of the organisation in From.'),
    message_id_is_ours: flag('What stands behind its `@` is one of our domains or below one.'),
    mailer_claims: choice(mailerStyles, 'The family of mail programs that X-Mailer or User-Agent names.'),
    boundary_style: choice(mailerStyles, 'The family that writes boundaries as the message’s own is written.'),
    message_id_style: choice(mailerStyles, 'The family that writes Message-IDs as this one is written.'),
    styles_conflict: flag(
      'Boundary or Message-ID are written as another program than the claimed one writes them. Lists that make the message anew change boundaries: not said where there is a List-Id.',
    ),
    to_names_recipient: flag('To or Cc has a recipient of the envelope.'),
    to_is_from: flag('The first mailbox in To is that in From.'),
    to_is_undisclosed: flag('To names nobody: it is an empty group (`undisclosed-recipients:;`), or empty.'),
    to_name_is_address: flag(
      'The name beside the first mailbox in To is its address, or the part before its `@`, as written there.',
    ),
    list_fields: texts(
      'The List- fields that are there, without `list-`, lower case, in order: `id`, `unsubscribe`; at most 10.',
    ),
    unsubscribe_hosts: texts('Distinct hosts and mail domains of List-Unsubscribe; at most 3.'),
    unsubscribe_is_from: flag('One of them is of the organisation in From, or in the reverse-path.'),
    has_one_click: flag('List-Unsubscribe-Post asks for one click (RFC 8058), beside an https address.'),
    list_is_from: flag('List-Id is of the organisation in From.'),
    priority: choice(['none', 'high', 'normal', 'low'], 'X-Priority, Priority or Importance, the highest of them.'),
    empty_fields: count('Fields without a value.'),
    return_path_domain: text('The domain in a Return-Path that came with the message, lower case; empty without.'),
  },
  observe({ mail, envelope, site }) {
    const first = (name: string) => mail.values(name)[0] ?? '';
    const from = mail.addresses('from').flatMap(list => list.mailboxes)[0];
    const organisation = from === undefined || from.domain === '' ? null : registrableDomain(from.domain);
    const isFrom = (host: string) => host !== '' && registrableDomain(host) === organisation;
    const reverse = envelope.reversePath.slice(envelope.reversePath.lastIndexOf('@') + 1).toLowerCase();
    return {
      ...datesOf(mail),
      received_below: receivedBelow(mail),
      ...messageIdOf(first('message-id').slice(0, 1000), isFrom, site),
      ...styles(mail),
      ...addressees(
        mail,
        from?.address ?? '',
        envelope.recipients.map(recipient => recipient.path),
      ),
      ...listFields(mail, isFrom, reverse),
      list_is_from: isFrom(listIdDomain(first('list-id'))),
      priority: priorityOf(mail),
      empty_fields: mail.header.fields.filter(
        ({ name, valueStart, end }) => name !== '' && isBlank(mail, valueStart, end),
      ).length,
      return_path_domain: clipped(
        /@([^\s<>@]{1,255})>?\s*$/.exec(first('return-path').slice(0, 1000))?.[1]?.toLowerCase() ?? '',
        100,
      ),
    };
  },
});

/** To a hundredth; zero has no sign. */
const hours = (seconds: number): number => Math.round(seconds / 36) / 100 || 0;

/** Received fields that are looked at: more are a matter of their own. */
const maxReceived = 20;

function datesOf(mail: Mail) {
  const written = mail.values('date')[0] ?? '';
  const date = epochSeconds(written);
  const stamps = mail
    .values('received')
    .slice(0, maxReceived)
    .map(receivedSeconds)
    .filter(stamp => stamp > 0);
  const [newest] = stamps;
  // The lower one was written before.
  const steps = stamps.slice(1).map((stamp, i) => stamp - (stamps[i] ?? stamp));
  return {
    date_is_odd: written !== '' && !isWellWritten(written),
    date_zone_is_odd: hasOddZone(written),
    received_skew_hours: date === 0 || newest === undefined ? 0 : hours(date - newest),
    received_disorder_hours: hours(Math.max(0, ...steps)),
  };
}

const ofTheAuthor: ReadonlySet<string> = new Set(['from', 'to', 'subject', 'date']);

function receivedBelow({ header }: Mail): number {
  const start = header.fields.findIndex(({ name }) => ofTheAuthor.has(name));
  return start < 0 ? 0 : header.fields.slice(start).filter(({ name }) => name === 'received').length;
}

function messageIdOf(value: string, isFrom: (host: string) => boolean, { domains }: Site) {
  const [, right = ''] = /^<[^<>@]{1,500}@([^<>@]{0,255})>$/.exec(value) ?? [];
  const host = right.toLowerCase();
  return {
    message_id_form: messageIdForm(value, host),
    message_id_is_from: isFrom(host),
    message_id_is_ours: domains.some(domain => host === domain || host.endsWith(`.${domain}`)),
  };
}

function messageIdForm(value: string, host: string): MessageIdForm {
  if (value === '') return 'none';
  if (!/^<[^<>@\s]{1,500}(?:@[^<>@\s]{0,255})?>$/.test(value)) return 'malformed';
  if (host === '') return 'no_host';
  if (isIP(host) !== 0 || /^\[.*\]$/.test(host)) return 'address';
  if (/(?:^|\.)(?:localhost|localdomain|local|lan|home|internal|intranet|corp)$/.test(host)) return 'private';
  return host.includes('.') ? 'domain' : 'single_label';
}

function styles(mail: Mail) {
  const claims = claimedMailer(mail.decoded('x-mailer')[0] ?? mail.decoded('user-agent')[0] ?? '');
  const [, quoted, bare] =
    /\bboundary\s{0,9}=\s{0,9}(?:"([^"]{1,200})"|([^\s;"]{1,200}))/i.exec(mail.values('content-type')[0] ?? '') ?? [];
  const boundary = boundaryStyle(quoted ?? bare ?? '');
  const messageId = messageIdStyle(mail.values('message-id')[0] ?? '');
  return {
    mailer_claims: claims,
    boundary_style: boundary,
    message_id_style: messageId,
    styles_conflict: areAtOdds(claims, mail.values('list-id').length > 0 ? 'none' : boundary, messageId),
  };
}

function addressees(mail: Mail, from: string, recipients: readonly string[]) {
  const mailboxes = ['to', 'cc'].flatMap(name => mail.addresses(name)).flatMap(list => list.mailboxes);
  const named = new Set(mailboxes.map(({ address }) => comparablePath(address)));
  const to = mail.addresses('to').flatMap(list => list.mailboxes);
  const [first] = to;
  const name = first?.displayName ?? '';
  const address = first?.address ?? '';
  return {
    to_names_recipient: recipients.some(path => named.has(comparablePath(path))),
    to_is_from: address !== '' && address.toLowerCase() === from.toLowerCase(),
    to_is_undisclosed: mail.values('to').length > 0 && to.every(mailbox => mailbox.address === ''),
    to_name_is_address: name !== '' && (name === address || name === localPartOf(address)),
  };
}

function listFields(mail: Mail, isFrom: (host: string) => boolean, reverse: string) {
  const names = new Set(mail.header.fields.map(({ name }) => name).filter(name => name.startsWith('list-')));
  const unsubscribe = mail.values('list-unsubscribe').join(' ').slice(0, 4000);
  const web = addressesInText(unsubscribe)
    .map(address => webAddress(address)?.host ?? '')
    .filter(host => host !== '');
  const mailed = [...unsubscribe.matchAll(/mailto:[^\s<>@?]{1,100}@([\w.-]{1,255})/gi)].map(match =>
    (match[1] ?? '').toLowerCase(),
  );
  const hosts = [...new Set([...web, ...mailed])];
  return {
    list_fields: fitting(
      [...names].map(name => name.slice('list-'.length)),
      { items: 10, chars: 200, each: 40 },
    ),
    unsubscribe_hosts: fitting(hosts, { items: 3, chars: 200, each: 100 }),
    unsubscribe_is_from: hosts.some(
      host => isFrom(host) || (reverse !== '' && registrableDomain(host) === registrableDomain(reverse)),
    ),
    has_one_click:
      /^\s*List-Unsubscribe\s*=\s*One-Click\s*$/i.test((mail.values('list-unsubscribe-post')[0] ?? '').slice(0, 200)) &&
      /<\s*https:/i.test(unsubscribe),
  };
}

/** `list.example.org` of `Name <list.example.org>` (RFC 2919). */
const listIdDomain = (value: string): string =>
  /<([^<>\s]{1,255})>/.exec(value.slice(0, 1000))?.[1]?.toLowerCase() ?? '';

function priorityOf(mail: Mail): 'none' | 'high' | 'normal' | 'low' {
  const said = ['x-priority', 'priority', 'importance', 'x-msmail-priority'].flatMap(name => mail.values(name));
  if (said.some(value => /^\s*(?:[12]\b|high|urgent)/i.test(value))) return 'high';
  if (said.some(value => /^\s*(?:[45]\b|low|non-urgent)/i.test(value))) return 'low';
  return said.length > 0 ? 'normal' : 'none';
}

/** Whether nothing but white space stands between two offsets of the header section. */
function isBlank({ raw }: Mail, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if ((raw[at] ?? 0) > 32) return false;
  return true;
}
