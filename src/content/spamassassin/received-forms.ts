// The forms in which servers write, behind the `from` of a Received field, whom they had the message from: those that
// SpamAssassin 4.0.1 knows, in the order in which it tries them.

const octet = String.raw`(?:1\d\d|2[0-4]\d|25[0-5]|\d\d|\d)`;
const ipv4 = String.raw`${octet}(?:\.${octet}){3}`;
const ipv6 = `(?:IPv6:)?(?:[0-9a-f]{0,4}:){2,7}(?:${ipv4}|[0-9a-f]{0,4})`;
/** The source of an expression that ignores case. */
export const address = String.raw`(?:${ipv6}|${ipv4})(?![\d.]*\d|:)`;

/** What a form finds. */
export interface Found {
  readonly ip?: string | undefined;
  readonly by?: string | undefined;
  readonly helo?: string | undefined;
  readonly rdns?: string | undefined;
  readonly ident?: string | undefined;
  /** The reverse name, and what was said in HELO as well where nothing else tells of that. */
  readonly host?: string | undefined;
  /** Remarks in which `helo=` and `ident=` may stand. */
  readonly more?: string | undefined;
  /** Empty where what follows ` id ` is none. */
  readonly noId?: string | undefined;
}

const localhostIpv6 = String.raw`(?:IPv6:)?(?:::1|::ffff:127\.0\.0\.1|(?:0{1,4}:){7}0{0,3}1)`;

const words: Readonly<Record<string, string>> = {
  HELO: String.raw`(?<helo>\S+)`,
  RDNS: String.raw`(?<rdns>\S+)`,
  HOST: String.raw`(?<host>\S+)`,
  IP: `(?<ip>${address})`,
  BY: String.raw`(?<by>\S+)`,
  IDENT: String.raw`(?<ident>\S*)`,
  SENDER: String.raw`(?: \(envelope-sender <\S+>\))?`,
  LOCALHOST: String.raw`(?:localhost(?:\.localdomain)?|127\.0\.0\.1|${localhostIpv6})`,
};
const anyWord = new RegExp(String.raw`\b(?:${Object.keys(words).join('|')})\b`, 'g');

/** Words in capitals stand for what is under `words`. */
const form = ({ raw: [source = ''] }: TemplateStringsArray): RegExp => new RegExp(expanded(source), 'i');
const exactForm = ({ raw: [source = ''] }: TemplateStringsArray): RegExp => new RegExp(expanded(source));
const expanded = (source: string): string => `^${source.replace(anyWord, word => words[word] ?? word)}`;

/** Where the sign of one matches, its forms are tried before all others. */
const dialects: readonly { readonly sign: RegExp; readonly forms: readonly RegExp[] }[] = [
  { sign: / SMTPSVC/, forms: [form`(?<helo>\S*) \(\[IP\][^)]{0,40}\) by BY with Microsoft SMTPSVC`] },
  {
    sign: / with (?:Microsoft SMTP Server|mapi id) (?:\([^)]+\) )?\d+\.\d+\.\d+\.\d+(?:$| )/,
    forms: [form`HELO \(\[?IP(?:%[\w.~-]*)?\]?\) by BY (?<noId>)`],
  },
  {
    sign: /\(ecelerity\b/,
    forms: [form`\(\[IP:\d+\] helo=(?<helo>[^\s)]+)\) by BY `, form`\S+ \(\[IP:\d+\]\) by BY `],
  },
  {
    sign: /Exim/,
    forms: [
      form`\[IP\] \((?<more>.*?)\) by BY `,
      form`HOST \(\[IP\](?<more>.*?)\) by BY `,
      form`HOST \[IP\](?::\d+)? by BY `,
    ],
  },
  {
    sign: / \(Postfix\) with/,
    forms: [form`HELO \(RDNS \[IP\]\) by BY `, form`HELO \(RDNS\[IP\]\) by BY `],
  },
  { sign: / \(Lotus Domino /, forms: [form`HELO \(\[IP\]\) by BY \(Lotus`] },
];

const commonForms: readonly RegExp[] = [
  form`HELO \((?:(?<ident>[^\s@]*)@)?RDNS \[IP\].*\) by BY \((?!qmail-)`,
  form`RDNS \(\[IP\] helo=(?<helo>[^\s)]+)\) by BY with `,
  form`HELO \(<unknown\S*>\[IP\]\) by BY `,
  form`HELO \((?<rdns>\S+\.\S+)\[IP\]\) by BY `,
  form`HELO \(IDENT@\[IP\].*\) by BY \(`,
  form`RDNS \([EH][EH]LO (?<helo>[^ ()]*)\) \((?:IDENT@)?\[?IP\]?\)SENDER.* by BY `,
  form`RDNS \((?:[EH][EH]|LH)LO (?<helo>\S*)\) \[?\(?IP\)?\]? by BY `,
  form`HELO \(\[IP\]\) by BY via smtpd \(for `,
  form`HOST \((?:IDENT@)?\[?IP\]?\)SENDER by BY(?: \(.+\))? with (?:.* )?(?:SMTP|QMQP)(?! id )`,
  form`\S+ \( \[IP\]\).*? by BY `,
  form`\(HELO \[IP\]\) by BY `,
  form`\[IP\] by BY `,
  form`\(\[?IP\]?\) by BY `,
  form`HELO \[\(?IP\)?\] by BY [[(]\d`,
  form`HELO \(RDNS \[IP\]\).*? by BY\b`,
  form`HELO \(\[IP(?:[.:]\d+)?\]\).*? by BY `,
];

/** Tried after it is known that nobody fetched the message out of a mailbox. */
export const rareForms: readonly RegExp[] = [
  form`HOST \((?:IDENT@)?\[?IP\]?\).* by BY `,
  form`RDNS\(IP\) by BY via smap `,
  form`\[IP\] \((?:account \S+ )?[EH][EH]LO (?<helo>\S*)\) by BY \(`,
  form`HOST \(\[IP\] verified\) by BY \(`,
  form`\(\[IP\]\) by BY with `,
  form`HELO \(\[IP\] \[\S+\]\) by BY with `,
  form`IP by BY with `,
  form`HELO \(RDNS\[IP\]\) by BY `,
  form`IP \([EH][EH]LO (?<helo>\S*)\) by BY `,
  form`HELO \[IP\] by BY `,
  form`RDNS\(IP\) by BY `,
  form`HELO \(unverified \[IP\]\) by BY `,
  form`\[IP\] \((?<more>[^)]+)\) by BY `,
  // `IP` stands for an address.
  form`X-Originating-I[P]: IP(?<by>)$`,
];

/** Of a handover that is written `FROM ... BY ...`. */
export const capitalForm = form`HELO \(RDNS \[IP\]\) by BY (?:\([^)]+\) WITH SMTP )?ID <?\S+?>?(?: FOR <[^>]+>)?$`;
/** Of one that is written `(from ... by ...`. */
export const bracketForm = form`(?<helo>\S*) \[IP\]\) by BY \(NAVGW .*?\) with `;

/** Those that `text` may have, likely ones first. */
export function formsOf(text: string): readonly RegExp[] {
  const known = dialects.filter(({ sign }) => sign.test(text)).flatMap(({ forms }) => forms);
  return [...known, ...commonForms];
}

/** Handovers within one server, and such as tell too little. */
const insideForms: readonly RegExp[] = [
  exactForm`mail pickup service by \S+ with Microsoft SMTPSVC$`,
  exactForm`.*Exim.*\bwith local(?:-\S+)? `,
  exactForm`\S+ by \S+ with BSMTP`,
  exactForm`\S+ \(\S+\) by \S+ \(Content Technologies `,
  exactForm`\S+ \([^\s@]+@LOCALHOST\) by \S+ \(`,
  exactForm`\S+ \S+ by \S+ with local-e?smtp `,
  exactForm`127\.0\.0\.1 \(AVG SMTP \S+ \[\S+\]\)`,
  exactForm`\S+@\S+ by \S+ `,
  exactForm`Unknown/Local \(`,
  exactForm`LOCALHOST \((?:\S+@)?LOCALHOST[)[]`,
  exactForm`\S+ \((?:\S+@)?LOCALHOST\) `,
  exactForm`\S+ \(\S+@\S+ \[LOCALHOST\]\) `,
  exactForm`\(AUTH: \S+\) by \S+ with `,
  exactForm`localhost \(localhost \[\[UNIX: localhost\]\]\) by `,
  exactForm`[^.]+ by \S+ with Novell_GroupWise`,
  exactForm`\S+ \(\[unix socket\]\) by \S+ \(Cyrus v\d*\.\d*\.\d*\) with LMTPA`,
  exactForm`\S+ by \S+ (?:with|via|for|\()`,
  exactForm`\S+ (?:(?:with|via|for) \S+|\(unverified\)) by\b`,
  exactForm`\S+ \(unknown\) by \S+ \(SG\) with \b`,
  exactForm`\S+ \(\S+ \[local\]\) by \S+ \(OpenSMTPD\) with \b`,
  exactForm`.*\(LSMTP for`,
  exactForm`\(\[LOCALHOST\]\) with MailEnable `,
  exactForm`facebook\.com \([^)]+\) by facebook\.com with Thrift id \S+$`,
  exactForm`\S+ named \S+ by gmailapi\.google\.com with HTTPREST$`,
  exactForm`\S+ id \S+$`,
  exactForm`\[<.*? \(Jetsend`,
];

export const isInside = (text: string): boolean => insideForms.some(known => known.test(text));
