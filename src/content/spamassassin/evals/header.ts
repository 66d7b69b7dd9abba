// Eval functions that look at header fields.

import { decodedValues } from '../header.ts';
import type { ParseFlag } from '../message.ts';
import { address, type Examined, field, type Holds, hasField } from './examined.ts';

export const headerEvals: Readonly<Record<string, Holds>> = {
  check_header_count_range: ({ message }, [name = '', least = '', most = '']) => {
    const { size } = new Set(decodedValues(message.fields, name.toLowerCase()));
    return size >= Number(least) && size <= Number(most);
  },
  check_for_missing_to_header: ({ message }) =>
    ['to', 'apparently-to'].every(name => decodedValues(message.fields, name).length === 0),
  check_msg_parse_flags: ({ message }, [flag = '']) => message.flags.has(flag as ParseFlag),
  check_illegal_chars: hasIllegalCharacters,
  gated_through_received_hdr_remover: lacksReceived,
  check_for_matching_env_and_hdr_from: of =>
    address(of, 'envelopefrom').toLowerCase() === address(of, 'from').toLowerCase(),
  check_equal_from_domains: of => {
    const [from, envelope] = [address(of, 'from'), address(of, 'envelopefrom')].map(lastTwoLabels);
    return from !== '' && envelope !== '' && from !== envelope;
  },
  check_unresolved_template: of =>
    field(of, 'ALL')
      .split('\n')
      .some(line => /%[A-Z][A-Z_-]/.test(line) && !mayHoldPercent.test(line)),
  check_ratware_name_id: of => {
    const id = /<[A-Z]{28}\.([^>]+?)>/.exec(field(of, 'MESSAGEID'))?.[1];
    return id !== undefined && namedMailboxes(field(of, 'from')).includes(id);
  },
  // Every language is wanted here, as `ok_locales all` says, which is the default.
  check_for_faraway_charset_in_headers: () => false,
};

const mayHoldPercent =
  /^(?:X-VMS-To|X-UIDL|X-Face|To|Cc|From|Subject|References|In-Reply-To|(?:X-|Resent-|X-Original-)?Message-Id):/i;

const lastTwoLabels = (mailbox: string): string =>
  (/@([^@]*)$/.exec(mailbox)?.[1] ?? '').replace(/^.+\.([^.]+\.[^.]+)$/, '$1').toLowerCase();

/** Addresses in brackets after a quoted name. */
const namedMailboxes = (from: string): readonly (string | undefined)[] =>
  [...from.matchAll(/"[^"]{1,1000}"\s{0,100}<([^>]{1,1000})>/g)].map(([, mailbox]) => mailbox);

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** 8-bit and control characters that should have been encoded: so many, and such a share. */
function hasIllegalCharacters(of: Examined, [name = '', ratio = '', count = '']: readonly string[]): boolean {
  const header = name.replace(/:raw$/, '');
  const text = field(of, header === 'ALL' ? header : header.toLowerCase(), 'raw');
  if (!/[^\t-\r ]/.test(text) || isTextOfUtf8(text)) return false;
  const found = text.match(/[\0-\x08\v\f\x0e-\x1f\x7f-\xff]/g)?.length ?? 0;
  const signs = text.match(/[\xa2\xa3\xae]/g)?.length ?? 0;
  // One sign of a currency or a trade mark is let pass in a Subject.
  const illegal = found > 0 && header.toLowerCase() === 'subject' && signs === 1 ? found - 1 : found;
  return illegal / text.length >= Number(ratio) && illegal >= Number(count);
}

/** 8-bit text that is UTF-8, and holds no control characters. */
function isTextOfUtf8(text: string): boolean {
  if (!/[\x80-\xff]/.test(text) || /[\0-\x08\v\f\x0e-\x1f]/.test(text)) return false;
  try {
    utf8.decode(Buffer.from(text, 'latin1'));
    return true;
  } catch {
    return false;
  }
}

/** Whether some service on the way took the Received fields away: then nothing can be concluded from them. */
export function lacksReceived(of: Examined): boolean {
  const received = field(of, 'received');
  const isOfEzmlm =
    /^contact \S{1,255}@\S{1,255}; run by ezmlm$/m.test(field(of, 'mailing-list')) &&
    /^mailing list \S{1,255}@\S/m.test(field(of, 'delivered-to')) &&
    /qmail \d+ invoked (?:from network|by .{3,20})\); \d+ ... \d+/.test(received);
  return isOfEzmlm || !hasField(of, 'received') || /from groups\.msn\.com \(\S{1,255}\.msn\.com /.test(received);
}
