// Eval functions that show addresses and hosts, in which the entries of a list are sought.

import { parse } from 'tldts';
import { uris } from '../uris.ts';
import { address, addresses, type Examined, type Shows } from './examined.ts';

/** Every address that says who sent it, in lower case. */
export const senders: Shows = of => {
  const resent = addresses(of, 'resent-from', 'first');
  if (resent.length > 0) return distinct(resent);
  const fields = ['from', 'envelope-sender', 'resent-sender', 'x-envelope-from', 'envelopefrom'];
  const all = fields.flatMap(name => addresses(of, name)).filter(mailbox => mailbox !== '');
  return distinct(all.map(mailbox => mailbox.replace(/\.+/g, '.')));
};

const distinct = (mailboxes: readonly string[]): readonly string[] => [
  ...new Set(mailboxes.map(mailbox => mailbox.replace(/\n$/, '').toLowerCase())),
];

export const repliedTo: Shows = of => {
  const mailbox = address(of, 'reply-to').toLowerCase();
  return mailbox === '' ? [] : [mailbox];
};

/** Of every address that is no mailbox's, in lower case. */
export const uriHosts: Shows = of => [
  ...new Set(
    uris(of.body())
      .filter(uri => !/^mailto:/i.test(uri))
      .flatMap(uri => /^[a-z]+:\/{0,2}(?:[^/?#]*@)?([^/?#:]+)/i.exec(uri)?.[1]?.toLowerCase() ?? []),
  ),
];

/** No person's: SpamAssassin never counts them as those of a free service. */
const ofOffices =
  /^(?:abuse|support|sales|info|helpdesk|contact|kontakt|(?:post|host|domain)master|undisclosed.*|request-[a-f0-9]{16}|bounced?-|[a-f0-9]{8}(?:\.[a-f0-9]{8}|-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}))@/i;
const isPersons = (mailbox: string): boolean => mailbox !== '' && !ofOffices.test(mailbox) && !hasSigns(mailbox, 2);

/** So many `=` before the `@`, with something around each: forwarders and lists write addresses within addresses so. */
function hasSigns(mailbox: string, count: number): boolean {
  let from = 0;
  for (let sign = 0; sign < count; sign++) {
    const at = mailbox.indexOf('=', from + 1);
    if (at === -1) return false;
    from = at + 1;
  }
  return mailbox.lastIndexOf('@') > from;
}

/** `check_freemail_from`: an address a string. */
export const freemailSenders: Shows = of => senders(of, []).filter(isPersons);

/** `check_freemail_header`: those of one field. */
export const freemailIn: Shows = (of, [written = '']) => {
  const [name = '', ...modifiers] = written.split(':');
  return distinct(addresses(of, name.toLowerCase(), ...modifiers)).filter(isPersons);
};

/** Automatic senders, whose replies go elsewhere for good reasons. */
const automatic =
  /^(?:post|host|domain)master@|^double-bounce@|^(?:sentto|owner|return|(?:gr)?bounced?)-.|-(?:request|bounces?|admin|owner)@|\b(?:do[._t-]?)?no[._t-]?repl(?:y|ies)@/i;

/**
 * `check_freemail_replyto`: sets of addresses that make it hold where all of them are of free services, a string each. Those of
 * `fields` do so by themselves; those of `reply` and `replyto` where `text`, what the text names, holds no more than two.
 */
export const freemailReplies: Shows = (of, [part = '']) => {
  const sender = address(of, 'envelopefrom');
  if (automatic.test(sender) || hasSigns(sender, 1)) return [];
  if (part === 'text') return mailboxesInText(of).filter(isPersons);
  const from = distinct(addresses(of, 'from'));
  const reply = distinct(addresses(of, 'reply-to'));
  const isSame = from.some(mailbox => reply.includes(mailbox));
  const sets =
    part === 'fields' ? (isSame ? [] : pairs(from, reply)) : setsWithText(from, reply, part, mailboxesInText(of));
  return sets.filter(set => set.every(isPersons)).map(set => set.join(' '));
};

/** Each with an address of the text that is another than one that an answer would go to. */
function setsWithText(
  from: readonly string[],
  reply: readonly string[],
  part: string,
  inText: readonly string[],
): readonly (readonly string[])[] {
  const alone = reply.length === 0 ? from : reply;
  const required =
    part === 'reply' && reply.length > 0
      ? pairs(from, reply)
      : (part === 'reply' ? from : reply).map(mailbox => [mailbox]);
  const others = inText.filter(mailbox => alone.some(answered => answered !== mailbox));
  return required.slice(0, maxRead).flatMap(set => others.map(mailbox => [...set, mailbox]));
}

/** With more in its text a message is none that asks for a reply to another address. */
const maxInText = 5;
const maxRead = 40;

const pairs = (one: readonly string[], other: readonly string[]): readonly (readonly string[])[] =>
  one.slice(0, maxRead).flatMap(a => other.slice(0, maxRead).map(b => [a, b]));

const local = String.raw`[a-z0-9!#$%&'*+/=?^_\x60{|}~-]`;
const mailbox = String.raw`(?<!${local})(?=.{0,64}@)(${local}+(?:\.${local}+)*@(?:[a-z0-9](?:[a-z0-9-]{0,59}[a-z0-9])?\.){1,4}[a-z][a-z0-9-]{1,61})(?![a-z0-9-])`;
const inBrackets = new RegExp(
  String.raw`<?(?<!mailto:)${mailbox}(?:>|\s{1,10}(?!(?:fa(?:x|csi)|tel|phone|e?-?mail))[a-z]{2,11}:)`,
  'gi',
);
const inWebAddress = /<?https?:\/\/\S{0,255}(?:@|%40)\S{0,255}/gi;

function mailboxesInText(of: Examined): readonly string[] {
  const found = new Set<string>();
  const linked = of.body().pages.flatMap(page => page.links);
  for (const uri of linked) {
    const [, named] = new RegExp(`^mailto:${mailbox}`, 'i').exec(uri) ?? [];
    if (named !== undefined) found.add(named.toLowerCase());
  }
  for (const line of of.body().lines) {
    if (!line.includes('@')) continue;
    const text = line.replace(inWebAddress, ' ').replace(inBrackets, ' ');
    for (const [, named = ''] of text.matchAll(new RegExp(mailbox, 'gi'))) found.add(named.toLowerCase());
    if (found.size > maxRead) break;
  }
  const known = [...found].filter(named => isOfKnownTld(named.slice(named.indexOf('@') + 1)));
  return known.length >= maxInText ? [] : known;
}

const isOfKnownTld = (host: string): boolean => parse(host, { validateHostname: false }).isIcann === true;
