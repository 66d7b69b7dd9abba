// One Received field (RFC 5321 §4.4): from whom the host that wrote it took the message. The name that the client gave
// itself stands in it too, so that only shapes are read in which the address cannot be what the client wrote.

import { addressOf } from '../model/networks.ts';

export type Received =
  | {
      readonly kind: 'from';
      readonly address: string;
      /** What the client called itself; `''` where the field does not tell it apart. */
      readonly helo: string;
      /** The client's name as the writer of the field confirmed it; `''` where none is. */
      readonly name: string;
    }
  /** Taken on the host itself: a command, a bounce, a local queue. */
  | { readonly kind: 'inside' }
  /** Says nothing of its own: the field below belongs to the same hand-over. */
  | { readonly kind: 'note' }
  | { readonly kind: 'unreadable' };

const inside: Received = { kind: 'inside' };
const unreadable: Received = { kind: 'unreadable' };

/** Longer than any MTA writes; what is cut off is then missing, and the field unreadable. */
const maxLength = 4000;

/** `value` is unfolded. */
export function receivedFrom(value: string): Received {
  const text = value.slice(0, maxLength).trim();
  // qmail writes this field above the one that tells from where.
  if (/^\(qmail \d+ invoked from network\)/.test(text)) return { kind: 'note' };
  if (/^\(qmail \d+ invoked /.test(text) || /^\(from [^()\s]+@localhost\) by /.test(text)) return inside;
  const clauses = clausesOf(text);
  if (clauses === null) return unreadable;
  if (clauses.with === 'local') return inside;
  if (clauses.from === null) return clauses.with === '' ? inside : unreadable;
  return handedOver(clauses.from, clauses.comments, clauses.isExim);
}

interface Clauses {
  /** The word behind `from`. */
  readonly from: string | null;
  /** Between it and `by`, without their parentheses. */
  readonly comments: readonly string[];
  /** Lower case; `''` where there is none. */
  readonly with: string;
  readonly isExim: boolean;
}

/**
 * `for <RECIPIENT>; DATE` at the end: a quoted local part may hold anything, so that whoever wrote it would choose who can read the
 * field. The quote that opens the true one ends any that HELO opened before it, and neither `>` nor `"` stands in the date.
 */
const recipientAtEnd = /\sfor\s+<(?:"(?:[^"\\]|\\.)*"|[^\s"()<>\\]+)@[^\s"()<>]+>\s*;[^;"<>()]*(?:\([^()]*\)\s*)?$/i;

/** `from WORD (COMMENT)... by HOST ... with PROTOCOL`, the from clause or the with clause missing; null for another shape. */
function clausesOf(text: string): Clauses | null {
  const start = /^from\s+([^\s()]+)\s*/i.exec(text);
  const comments: string[] = [];
  let at = start?.[0].length ?? 0;
  while (start !== null && text[at] === '(') {
    const end = commentEnd(text, at);
    if (end === null) return null;
    comments.push(text.slice(at + 1, end - 1).trim());
    at = end + (/^\s*/.exec(text.slice(end))?.[0].length ?? 0);
  }
  const rest = text.slice(at).replace(recipientAtEnd, '');
  if (!/^by\s+\S/i.test(rest) || !isOneClause(rest)) return null;
  return {
    from: start?.[1] ?? null,
    comments,
    with: /^by\s+\S+(?:\s+\([^()]*\))*\s+with\s+([\w-]+)/i.exec(rest)?.[1]?.toLowerCase() ?? withAnywhere(rest),
    isExim: /^by\s+\S+\s+with\s+\S+(?:\s+\([^()]*\)|\s+tls\s+\S+)*?\s+\(Exim\s/i.test(rest),
  };
}

/**
 * Whether `rest` is what one host wrote behind `by`: a HELO that an MTA wrote down as it came may hold a whole field of its own,
 * behind which the true one then stands, as a second clause or in a comment that is never closed.
 */
function isOneClause(rest: string): boolean {
  for (let i = 0; i < rest.length; i++) {
    if (rest[i] === ')') return false;
    const end = rest[i] === '(' ? commentEnd(rest, i) : i + 1;
    if (end === null) return false;
    i = end - 1;
  }
  // In a comment as well: the address of a recipient, which stands behind it, may have closed that one.
  return !/\sby\s/i.test(rest);
}

/** Something is `with`, in an order that is not the common one. */
const withAnywhere = (rest: string): string => (/\swith\s/i.test(rest) ? 'unknown' : '');

/** Offset after the comment that starts at `from` (RFC 5322 §3.2.2); null for one that is never closed. */
function commentEnd(text: string, from: number): number | null {
  let depth = 0;
  for (let i = from; i < text.length; i++) {
    if (text[i] === '\\') i += 1;
    else if (text[i] === '(') depth += 1;
    else if (text[i] === ')' && --depth === 0) return i + 1;
  }
  return null;
}

function handedOver(word: string, comments: readonly string[], isExim: boolean): Received {
  const read = comments.map(readComment);
  const [peer, ...others] = read.flatMap(comment => comment.peer ?? []);
  // Two: one of them may be what the client called itself. The same where anything but HELO stands before it.
  const first = read.findIndex(comment => comment.peer !== null || comment.helo === null);
  if (others.length > 0 || (peer !== undefined && read[first]?.peer !== peer)) return unreadable;
  const named = read.find(comment => comment.helo !== null);
  const helo = named?.helo ?? word;
  if (peer !== undefined) {
    // Before a HELO of its own Exim's first word is the name that it confirmed; qmail's is not confirmed.
    const name = named?.peer === peer ? word : peer.name;
    return { kind: 'from', address: peer.address, helo, name: nameOrNone(name) };
  }
  const address = firstAddress(word, named !== undefined, isExim);
  return address === null ? unreadable : { kind: 'from', address, helo, name: '' };
}

interface Peer {
  readonly address: string;
  readonly name: string;
}

interface Comment {
  readonly peer: Peer | null;
  /** HELO where the comment names it. */
  readonly helo: string | null;
}

const nothing: Comment = { peer: null, helo: null };

/** A comment that is nothing but one of the known shapes; others (TLS, certificates, users) hold words of the client's choosing. */
function readComment(comment: string): Comment {
  const qmails = /^(?:HELO|EHLO)\s+(\S*)$/i.exec(comment);
  if (qmails !== null) return { ...nothing, helo: qmails[1] ?? '' };
  const exims = /^(\[[^[\]\s]+\](?::\d+)?|)((?:(?:^|\s+)(?:port|helo|ident)=\S*)+)$/.exec(comment);
  if (exims === null) return { ...nothing, peer: peerIn(comment) };
  const helo = /(?:^|\s)helo=(\S*)/.exec(exims[2] ?? '')?.[1] ?? null;
  return { peer: peerIn(exims[1] ?? ''), helo };
}

/** `NAME [ADDRESS]` (Postfix, sendmail, Gmail), `[ADDRESS]:PORT` (Exim, Dovecot), `ADDRESS` (Exchange, qmail), `IDENT@` before either. */
function peerIn(comment: string): Peer | null {
  const isForged = /\s\(may be forged\)$/.test(comment);
  const said = comment.replace(/\s*\(may be forged\)$/, '');
  const [, name = '', bracketed] = /^(?:([^\s[\]]+)\s+)?(?:[^\s[\]]*@)?\[([^[\]\s]+)\](?::\d+)?$/.exec(said) ?? [];
  const written = bracketed ?? /^(?:[^\s[\]]*@)?([0-9a-f.:%]+)$/i.exec(said)?.[1];
  const address = written === undefined ? null : addressOf(written.replace(/^IPv6:/i, ''));
  if (address === null) return null;
  return { address, name: isForged ? '' : name.replace(/^.*@/, '') };
}

/** The address as the first word: only where HELO stands elsewhere, or Exim left it out. Otherwise that word is HELO. */
function firstAddress(word: string, isHeloElsewhere: boolean, isExim: boolean): string | null {
  const literal = /^\[([^[\]]+)\](?::\d+)?$/.exec(word)?.[1];
  if (literal !== undefined && (isHeloElsewhere || isExim)) return addressOf(literal);
  return isHeloElsewhere ? addressOf(word) : null;
}

/** `unknown` is Postfix's and qmail's word for none. */
function nameOrNone(written: string): string {
  const name = written.toLowerCase().replace(/\.$/, '');
  return /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)+$/.test(name) && addressOf(name) === null ? name : '';
}
