// Mailboxes in a field's raw value as SpamAssassin 4.0.1 takes them apart: laxly, with what stands beside them for a name.

import { trimmedEnd } from './white-space.ts';

export interface Mailbox {
  /** Null where it is none. */
  readonly address: string | null;
  readonly phrase: string | null;
}

/** A list is read no further. */
const maxMailboxes = 500;

const quoted = String.raw`"(?:[^"\\]|\\.)*"`;
const bareAddress = String.raw`(?:${quoted}|[^@\t-\r <>()[\],:;]+)@(?:[^"\t-\r <>()[\],:;]+|\[[\d:.]+\])`;
const words = `(?:${quoted}|[^",;<])+`;
const oneMailbox = new RegExp(
  String.raw`^[\t-\r ]*(?:(?:(${words})[\t-\r ]*)?<[\t-\r ]*([^>@]*[^\t-\r ]+|[\t-\r ]*)[\t-\r ]*>(?:[\t-\r ]*<[\t-\r ]*(?:(?:${quoted})?[^\t-\r ]+|[\t-\r ]*)[\t-\r ]*>)*` +
    String.raw`|(?:(${bareAddress})|(${words})))(?:[\t-\r ]*\(((?:[^()\\]|\\.)*)\))?[\t-\r ]*(?:[,;]|$)`,
  'is',
);
const whole = new RegExp(`^${bareAddress}$`, 'i');
const bracketed = new RegExp(`<(${bareAddress})>`, 'gi');
const comment = /\((?:[^()\\]|\\.)*\)/gs;

export function mailboxes(raw: string): readonly Mailbox[] {
  let rest = trimmedEnd(raw)
    .replaceAll('\\\\', '')
    .replace(/^[^"()<>]+:[\t-\r ]*(?:;[\s\S]*)?/, '');
  const found: Mailbox[] = [];
  for (let match = oneMailbox.exec(rest); match !== null && /[^\t-\r ]/.test(rest); match = oneMailbox.exec(rest)) {
    found.push(mailboxOf(match));
    rest = rest.slice(match[0].length);
    if (found.length === maxMailboxes) return found;
  }
  const left = rest.includes('@') ? [...rest.matchAll(bracketed)].map(([, address = '']) => address) : [];
  return [...found, ...left.filter(isSound).map(address => ({ address: plain(address), phrase: null }))];
}

function mailboxOf([, before, enclosed, bare, words, note]: RegExpExecArray): Mailbox {
  const stated = enclosed === undefined ? bare : enclosed.replace(comment, '');
  const isAddress = stated !== undefined && (enclosed === undefined || whole.test(stated)) && isSound(stated);
  const address = isAddress ? stated : null;
  const phrase = unquoted(before ?? words ?? '');
  if (address === null && whole.test(phrase) && isSound(phrase) && /@[^@]*\.[^@]*$/.test(phrase))
    return { address: plain(phrase), phrase: note ?? null };
  const name = phrase === '' || phrase === address ? (note ?? null) : phrase;
  return { address: address === null ? null : plain(address), phrase: name };
}

/** Quotes gone, and comments outside them. */
const unquoted = (phrase: string): string =>
  phrase
    .split(/("(?:[^"\\]|\\.)*")/s)
    .map((piece, index) =>
      index % 2 === 1
        ? piece
            .slice(1, -1)
            .replace(/\\(?!\\)/g, '')
            .replaceAll('\\\\', '\\')
        : piece.replace(comment, ''),
    )
    .join('');

const isSound = (address: string): boolean => !address.startsWith('""@') && address.split('"').length !== 2;

/** Up to a second `@`. */
const plain = (address: string): string => address.replace(/^([^@]*@[^@]*)[\s\S]*$/, '$1');
