// The servers that a message came through, as SpamAssassin 4.0.1 reads them out of Received fields and shows them to rules.

import type { Handover } from '../handover.ts';
import { decodedValues, type Field, lastValue } from './header.ts';
import { trimmed } from './white-space.ts';

export interface Relay {
  readonly ip: string;
  readonly rdns: string;
  readonly helo: string;
  readonly by: string;
  readonly ident: string;
  readonly envelopeFrom: string | null;
  readonly id: string;
  readonly auth: string;
}

export interface Relays {
  /** From the last server inwards, as far as addresses are private or senders authenticated. */
  readonly trusted: readonly Relay[];
  readonly untrusted: readonly Relay[];
  /** How many fields tell of a handover in a form that is not known. */
  readonly unreadable: number;
}

/** Longer fields, and more of them, no honest server writes: forms are sought in no more than this. */
const maxLine = 1024;
const maxRelays = 50;

/** Fields in which a service notes where its user was. */
const origins = [
  'x-yahoo-post-ip',
  'x-originating-ip',
  'x-apparently-from',
  'x-senderip',
  'x-aol-ip',
  'x-ms-exchange-crosstenant-originalattributedtenantconnectingip',
];

/** `handover` is the last of them, which no field tells of yet, or the topmost does. */
export function relaysOf(fields: readonly Field[], handover: Handover | null): Relays {
  const noted = origins.flatMap(name => new RegExp(address, 'i').exec(lastValue(fields, name))?.[0] ?? []);
  const received = [
    ...decodedValues(fields, 'received').slice(0, maxRelays),
    ...noted.map(ip => `from X-Originating-IP: ${ip}`),
  ];
  const read = received.map(relayOf).filter(relay => relay !== null);
  const relays = read.filter(relay => relay !== 'unreadable');
  const top = relays.find(relay => relay !== 'fetched');
  const isTold = handover === null || top?.ip === handover.address;
  return {
    ...trustedFirst(isTold ? relays : [lastRelay(handover), ...relays]),
    unreadable: read.length - relays.length,
  };
}

const lastRelay = ({ address, name, helo, reversePath }: Handover): Relay => ({
  ip: address,
  rdns: plain(name ?? ''),
  helo: plain(helo),
  by: '',
  ident: '',
  envelopeFrom: plain(reversePath),
  id: '',
  auth: '',
});

/** The newest first. */
function trustedFirst(relays: readonly (Relay | 'fetched')[]): Pick<Relays, 'trusted' | 'untrusted'> {
  const trusted: Relay[] = [];
  const untrusted: Relay[] = [];
  for (const relay of relays) {
    const isTrusted = untrusted.length === 0;
    // Who fetched the message out of a mailbox began anew.
    if (relay === 'fetched' && isTrusted) trusted.length = 0;
    if (relay === 'fetched') continue;
    if (isTrusted && (isPrivate.test(relay.ip) || relay.auth !== '')) trusted.push(relay);
    else untrusted.push(relay);
  }
  return { trusted, untrusted };
}

export const relaysText = (relays: readonly Relay[], isInternal: boolean): string =>
  relays
    .map(
      ({ ip, rdns, helo, by, ident, envelopeFrom, id, auth }) =>
        `[ ip=${ip} rdns=${rdns} helo=${helo} by=${by} ident=${ident} envfrom=${envelopeFrom ?? ''} intl=${isInternal ? 1 : 0} id=${id} auth=${auth} msa=0 ]`,
    )
    .join(' ');

export const isPrivate =
  /^(?:(?:10|127|169\.254|172\.(?:1[6-9]|2\d|3[01])|192\.168|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\.|(?:ipv6:)?(?:fe[89ab][0-9a-f]:|::1$|(?:0{1,4}:){7}0{0,3}1$))/i;

const octet = String.raw`(?:1\d\d|2[0-4]\d|25[0-5]|\d\d|\d)`;
const address = String.raw`(?:(?:IPv6:)?(?:[0-9a-f]{0,4}:){2,7}(?:${octet}(?:\.${octet}){3}|[0-9a-f]{0,4})|${octet}(?:\.${octet}){3})(?![\d.]*\d|:)`;

/** `HELO`, `RDNS`, `IP`, `BY` and `IDENT` stand for what they are, `_` for what is not looked at. */
function form(text: string, flags = ''): RegExp {
  const names: Readonly<Record<string, string>> = {
    HELO: String.raw`(?<helo>\S+)`,
    RDNS: String.raw`(?<rdns>\S+)`,
    IP: `(?<ip>${address})`,
    BY: String.raw`(?<by>\S+)`,
    IDENT: String.raw`(?<ident>\S*)`,
    _: String.raw`\S+`,
  };
  return new RegExp(`^${text.replace(/HELO|RDNS|IP|BY|IDENT|\b_\b/g, name => names[name] ?? name)}`, `i${flags}`);
}

/** Where one of the first matches, the forms beside it are tried before all others. */
const dialects: readonly { readonly sign: RegExp; readonly forms: readonly RegExp[] }[] = [
  { sign: / SMTPSVC/, forms: [form(String.raw`(?<helo>\S*) \(\[IP\][^)]{0,40}\) by BY with Microsoft SMTPSVC`)] },
  {
    sign: / with (?:Microsoft SMTP Server|mapi id) (?:\([^)]+\) )?\d+\.\d+\.\d+\.\d+(?:$| )/,
    forms: [form(String.raw`HELO \(\[?IP(?:%[\w.~-]*)?\]?\) by BY (?<unnumbered>)`)],
  },
  {
    sign: /\(ecelerity\b/,
    forms: [form(String.raw`\(\[IP:\d+\] helo=(?<helo>[^\s)]+)\) by BY `), form(String.raw`_ \(\[IP:\d+\]\) by BY `)],
  },
  {
    sign: /Exim/,
    forms: [
      form(String.raw`\[IP\] \((?<more>.*?)\) by BY `),
      form(String.raw`(?<both>\S+) \(\[IP\](?<more>.*?)\) by BY `),
      form(String.raw`(?<both>\S+) \[IP\](?::\d+)? by BY `),
    ],
  },
  {
    sign: / \(Postfix\) with/,
    forms: [form(String.raw`HELO \(RDNS \[IP\]\) by BY `), form(String.raw`HELO \(RDNS\[IP\]\) by BY `)],
  },
  { sign: / \(Lotus Domino /, forms: [form(String.raw`HELO \(\[IP\]\) by BY \(Lotus`)] },
];

const anyDialect: readonly RegExp[] = [
  form(String.raw`HELO \((?:(?<ident>[^\s@]*)@)?RDNS \[IP\].*\) by BY \((?!qmail-)`),
  form(String.raw`RDNS \(\[IP\] helo=(?<helo>[^\s)]+)\) by BY with `),
  form(String.raw`HELO \(<unknown\S*>\[IP\]\) by BY `),
  form(String.raw`HELO \((?<rdns>\S+\.\S+)\[IP\]\) by BY `),
  form(String.raw`HELO \(IDENT@\[IP\].*\) by BY \(`),
  form(
    String.raw`RDNS \([EH][EH]LO (?<helo>[^ ()]*)\) \((?:IDENT@)?\[?IP\]?\)(?: \(envelope-sender <\S+>\))?.* by BY `,
  ),
  form(String.raw`RDNS \((?:[EH][EH]|LH)LO (?<helo>\S*)\) \[?\(?IP\)?\]? by BY `),
  form(String.raw`HELO \(\[IP\]\) by BY via smtpd \(for `),
  form(
    String.raw`(?<both>\S+) \((?:IDENT@)?\[?IP\]?\)(?: \(envelope-sender <\S+>\))? by BY(?: \(.+\))? with (?:.* )?(?:SMTP|QMQP)(?! id )`,
  ),
  form(String.raw`_ \( \[IP\]\).*? by BY `),
  form(String.raw`\(HELO \[IP\]\) by BY `),
  form(String.raw`\[IP\] by BY `),
  form(String.raw`\(\[?IP\]?\) by BY `),
  form(String.raw`HELO \[\(?IP\)?\] by BY [[(]\d`),
  form(String.raw`HELO \(RDNS \[IP\]\).*? by BY\b`),
  form(String.raw`HELO \(\[IP(?:[.:]\d+)?\]\).*? by BY `),
];

/** Tried after it is known that nobody fetched the message out of a mailbox. */
const rareDialects: readonly RegExp[] = [
  form(String.raw`(?<both>\S+) \((?:IDENT@)?\[?IP\]?\).* by BY `),
  form(String.raw`RDNS\(IP\) by BY via smap `),
  form(String.raw`\[IP\] \((?:account \S+ )?[EH][EH]LO (?<helo>\S*)\) by BY \(`),
  form(String.raw`(?<both>\S+) \(\[IP\] verified\) by BY \(`),
  form(String.raw`\(\[IP\]\) by BY with `),
  form(String.raw`HELO \(\[IP\] \[\S+\]\) by BY with `),
  form('IP by BY with '),
  form(String.raw`HELO \(RDNS\[IP\]\) by BY `),
  form(String.raw`IP \([EH][EH]LO (?<helo>\S*)\) by BY `),
  form(String.raw`HELO \[IP\] by BY `),
  form(String.raw`RDNS\(IP\) by BY `),
  form(String.raw`HELO \(unverified \[IP\]\) by BY `),
  form(String.raw`\[IP\] \((?<more>[^)]+)\) by BY `),
  form('X-Originating-I[P]: IP(?<by>)$'),
];

const localhost = String.raw`(?:localhost(?:\.localdomain)?|127\.0\.0\.1|(?:IPv6:)?(?:::1|::ffff:127\.0\.0\.1|(?:0{1,4}:){7}0{0,3}1))`;

/** Handovers within one server, and such as tell too little: what follows `from`. */
const inside: readonly RegExp[] = [
  String.raw`mail pickup service by \S+ with Microsoft SMTPSVC$`,
  String.raw`.*Exim.*\bwith local(?:-\S+)? `,
  String.raw`\S+ by \S+ with BSMTP`,
  String.raw`\S+ \(\S+\) by \S+ \(Content Technologies `,
  String.raw`\S+ \([^\s@]+@${localhost}\) by \S+ \(`,
  String.raw`\S+ \S+ by \S+ with local-e?smtp `,
  String.raw`127\.0\.0\.1 \(AVG SMTP \S+ \[\S+\]\)`,
  String.raw`\S+@\S+ by \S+ `,
  String.raw`Unknown/Local \(`,
  String.raw`${localhost} \((?:\S+@)?${localhost}[)[]`,
  String.raw`\S+ \((?:\S+@)?${localhost}\) `,
  String.raw`\S+ \(\S+@\S+ \[${localhost}\]\) `,
  String.raw`\(AUTH: \S+\) by \S+ with `,
  String.raw`localhost \(localhost \[\[UNIX: localhost\]\]\) by `,
  String.raw`[^.]+ by \S+ with Novell_GroupWise`,
  String.raw`\S+ \(\[unix socket\]\) by \S+ \(Cyrus v\d*\.\d*\.\d*\) with LMTPA`,
  String.raw`\S+ by \S+ (?:with|via|for|\()`,
  String.raw`\S+ (?:(?:with|via|for) \S+|\(unverified\)) by\b`,
  String.raw`\S+ \(unknown\) by \S+ \(SG\) with \b`,
  String.raw`\S+ \(\S+ \[local\]\) by \S+ \(OpenSMTPD\) with \b`,
  String.raw`.*\(LSMTP for`,
  String.raw`\(\[${localhost}\]\) with MailEnable `,
  String.raw`facebook\.com \([^)]+\) by facebook\.com with Thrift id \S+$`,
  String.raw`\S+ named \S+ by gmailapi\.google\.com with HTTPREST$`,
  String.raw`\S+ id \S+$`,
  String.raw`\[<.*? \(Jetsend`,
].map(text => new RegExp(`^${text}`));
const date =
  /[\s;]+(?:(?:Mon|Tue|Thu|Wed|Fri|Sat|Sun), )?\d+ (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d+ \d+:\d+(?::\d+)? \S+$/;

/** Null where it is no handover from one host to another. */
function relayOf(value: string): Relay | 'fetched' | 'unreadable' | null {
  const line = trimmed(value.slice(0, maxLine).replace(/\s+/g, ' ')).replace(/(?:\s?;)+$/, '');
  if (!/^\(?from /i.test(line)) return null;
  if (/\bwith local for\b|^from (?!\[[\d.]+\] )\S+ by [^\s;]+ ?;/i.test(line)) return null;
  const text = line.replace(date, '').replace(')by ', ') by ');
  if (text.startsWith('from ')) return handoverOf(text.slice(5), text);
  if (submitted.test(text)) return null;
  const groups = firstMatch(text.startsWith('FROM ') ? [capitals] : [gateway], text.replace(/^\(?from /i, ''));
  return groups === null ? partlyRead(text) : relay(groups, text);
}

/** By a program on the same machine. */
const submitted = /^\(from (?:\S+@localhost\) by \S+ |[^\s@]+@[^)]+\) by \S+\(jqueuemail\) id [^\s;]+)/;
const capitals = form(String.raw`HELO \(RDNS \[IP\]\) by BY (?:\([^)]+\) WITH SMTP )?ID <?\S+?>?(?: FOR <[^>]+>)?$`);
const gateway = form(String.raw`(?<helo>\S*) \[IP\]\) by BY \(NAVGW .*?\) with `);

function handoverOf(after: string, text: string): Relay | 'fetched' | 'unreadable' | null {
  const forms = [...dialects.filter(({ sign }) => sign.test(after)).flatMap(dialect => dialect.forms), ...anyDialect];
  const groups = firstMatch(forms, after);
  if (groups !== null) return relay(groups, text);
  if (/with (?:POP3|IMAP)/.test(text)) return 'fetched';
  const others = firstMatch(rareDialects, after);
  if (others !== null) return relay(others, text);
  return inside.some(known => known.test(after)) ? null : partlyRead(text);
}

function partlyRead(text: string): Relay | 'unreadable' {
  const ip = new RegExp(`\\[(${address})\\]`, 'i').exec(text)?.[1];
  const by = / by (\S+)(?:[^-A-Za-z0-9;.]|$)/.exec(text)?.[1];
  const helo = /^from (\S+)[^-\w.]/.exec(text)?.[1] ?? '';
  return ip === undefined || by === undefined ? 'unreadable' : relay({ ip, by, helo }, text);
}

type Groups = Readonly<Record<string, string | undefined>>;

function firstMatch(forms: readonly RegExp[], text: string): Groups | null {
  for (const form of forms) {
    const groups = form.exec(text)?.groups;
    if (groups !== undefined) return groups;
  }
  return null;
}

function relay(groups: Groups, text: string): Relay {
  const { more = '', both = '' } = groups;
  const stated = /\bhelo=(\S+)/i.exec(more)?.[1] ?? groups.helo ?? (both === '' ? heloIn(text) : both);
  const rdns = (groups.rdns ?? both).replace(/\.+$/, '');
  const envelopeFrom = /(?:return-path:? |envelope-(?:sender|from)[ =])(\S+)\b/i.exec(text)?.[1];
  return {
    ip: plain((groups.ip ?? '').replace(/^ipv6:/i, '')),
    rdns: /^unknown$|^\[/i.test(rdns) ? '' : plain(rdns),
    helo: plain(stated),
    by: plain((groups.by ?? '').replace(/;$/, '')),
    ident: plain(/\bident=(\S*)/i.exec(more)?.[1] ?? groups.ident ?? ''),
    envelopeFrom: envelopeFrom === undefined ? null : plain(envelopeFrom.replace(/^<*/, '').replace(/>*$/, '')),
    id: groups.unnumbered === '' ? '' : (/ id <?([^\s<>;]{3,})/.exec(text)?.[1] ?? ''),
    auth: authIn(text),
  };
}

const heloIn = (text: string): string => /\b(?:helo=|HELO |EHLO )([-\w.^+&:=?!@%*$\\/]+)/.exec(text)?.[1] ?? '';

function authIn(text: string): string {
  const extended = / by .* with ((?:ES|L|UTF8S|UTF8L)MTPS?A|ASMTP|HTTP[SU]?)(?: |;|$)/i.exec(text)?.[1];
  if (extended !== undefined) return extended;
  const [, version, cipher] =
    / by mx\.google\.com with ESMTPS id [a-z0-9]{1,4}sm\d{2,9}[a-z]{3}\..*\(version=([^ ]+) cipher=([^)]+)\)/.exec(
      text,
    ) ?? [];
  if (version !== undefined) return `GMail - transport=${version} cipher=${cipher}`;
  if (/\]\)? [^()]*\([^()]*authenticated[^()]*\).* by/.test(text)) return 'Sendmail';
  const postfix = /\) \(Authenticated sender: \S+\) by \S+ \(([^)]+)\) with /.exec(text)?.[1];
  if (postfix !== undefined) return postfix === 'Postfix' ? postfix : `Postfix (${postfix})`;
  if (/ with Microsoft Exchange Server HTTP-DAV\b/.test(text)) return 'HTTP-DAV';
  return / by .* \(via (HTTP.?)\)(?: |;|$)/i.exec(text)?.[1] ?? '';
}

/** No character that would end or divide what a relay is written as. */
const plain = (text: string): string => text.replace(/[\s\0#[\]()<>|]/g, '!');
