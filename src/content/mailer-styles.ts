// How mail programs write boundaries and Message-IDs: what a message claims as its program can be held against it.

/** Families whose style is known. `other` is any style that is not; `none` where there is nothing to tell it by. */
export const mailerStyles = [
  'none',
  'other',
  'outlook',
  'exchange',
  'apple',
  'thunderbird',
  'gmail',
  'the_bat',
  'php',
  'java',
  'python',
] as const;
export type MailerStyle = (typeof mailerStyles)[number];

type Styles = readonly (readonly [MailerStyle, RegExp])[];

/** Of X-Mailer and User-Agent. Outlook Express and its successors write as Outlook does. */
const claims: Styles = [
  ['outlook', /^(?:Microsoft (?:Office )?Outlook|Microsoft Windows (?:Live )?Mail|Windows Mail)/i],
  ['apple', /^(?:Apple Mail|iPhone Mail|iPad Mail)/i],
  ['thunderbird', /Thunderbird|Icedove|SeaMonkey/i],
  ['the_bat', /^The Bat!/i],
  ['php', /^(?:PHP\b|PHPMailer)/i],
];

const boundaries: Styles = [
  ['outlook', /^----=_NextPart_[0-9a-f]{3}_[0-9a-f]{3,4}_[0-9a-f]{8}\.[0-9a-f]{8}$/i],
  ['exchange', /^_\d{3}_[\w-]{25,}_$/],
  ['apple', /^Apple-Mail[-=]/],
  ['thunderbird', /^-{12}(?:0?\d{23,25}|[0-9A-Za-z]{24})$/],
  ['gmail', /^[0-9a-f]{28}$/],
  ['the_bat', /^-{10}[0-9A-F]{12,20}$/],
  ['php', /^b\d[=_]+[0-9A-Za-z]{20,}$/],
  ['java', /^----=_Part_\d/],
  ['python', /^={15}\d{10,20}==$/],
];

const messageIds: Styles = [
  ['outlook', /^<[0-9a-f]{12}\$[0-9a-f]{8}\$[0-9a-f]{8}(?:\$?@|@)/i],
  ['apple', /^<[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}@/],
  ['gmail', /^<CA[\w+=.-]{30,}@mail\.gmail\.com>$/],
  ['thunderbird', /^<(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9A-F]{8}\.\d{5,9})@/],
  ['java', /^<\d{1,12}\.\d{1,9}\.\d{13}\.JavaMail\./],
  ['python', /^<\d{12,20}\.\d{1,9}\.\d{10,24}@/],
];

const styleIn = (styles: Styles, text: string): MailerStyle =>
  text === '' ? 'none' : (styles.find(([, pattern]) => pattern.test(text))?.[0] ?? 'other');

export const claimedMailer = (mailer: string): MailerStyle => styleIn(claims, mailer.slice(0, 200));
export const boundaryStyle = (boundary: string): MailerStyle => styleIn(boundaries, boundary.slice(0, 200));
export const messageIdStyle = (id: string): MailerStyle => styleIn(messageIds, id.slice(0, 500));

/** Styles in which each program that can be claimed never writes, neither do servers that it hands its mail to. */
const foreignTo: Partial<Readonly<Record<MailerStyle, readonly MailerStyle[]>>> = {
  outlook: ['apple', 'thunderbird', 'gmail', 'the_bat', 'php', 'java', 'python'],
  apple: ['outlook', 'thunderbird', 'gmail', 'the_bat', 'php', 'java', 'python'],
  thunderbird: ['outlook', 'exchange', 'apple', 'gmail', 'the_bat', 'php', 'java', 'python'],
  the_bat: ['outlook', 'exchange', 'apple', 'thunderbird', 'gmail', 'php', 'java', 'python'],
};

/** Whether boundary or Message-ID are written as some other program than `claimed` writes them. */
export function areAtOdds(claimed: MailerStyle, boundary: MailerStyle, messageId: MailerStyle): boolean {
  const foreign = foreignTo[claimed] ?? [];
  return foreign.includes(boundary) || foreign.includes(messageId);
}
