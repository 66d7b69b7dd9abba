// The message as a whole: its size, its header section, and what the header says it is.

import { clipped, withUnseenShown } from '../content/bounds.ts';
import { epochSeconds } from '../content/dates.ts';
import { count, flag, number, text, texts } from '../model/shape.ts';
import { check } from './check.ts';

/** Fields that RFC 5322 §3.6 requires, or that nearly all mail has. */
const expected = ['from', 'date', 'message-id', 'to', 'subject'] as const;
/** Fields that RFC 5322 §3.6 allows once. */
const single = [
  'from',
  'date',
  'message-id',
  'to',
  'cc',
  'subject',
  'reply-to',
  'sender',
  'references',
  'in-reply-to',
] as const;

export const messageCheck = check({
  name: 'message',
  after: [],
  timeoutMs: 1000,
  about: 'The message as a whole: its size, its header section, and what the header says it is.',
  evidence: {
    size_bytes: count('Bytes, header section included.'),
    subject: text('Decoded, unseen characters written out, at most 256 characters; the first where there are several.'),
    date: number('The Date field in seconds since 1970; 0 where there is none that can be read.'),
    date_skew_hours: number(
      'Hours by which Date lies in the future (positive) or past (negative) of its receipt; 0 without a date.',
    ),
    has_message_id: flag('There is a Message-ID that is not empty.'),
    message_id_domain: text('What stands behind its `@`, lower case; empty without.'),
    received_count: count('Received fields.'),
    header_fields: count('Fields of the header section, within its limits.'),
    header_bytes: count('Bytes of the header section.'),
    header_limits: texts(
      'Limits that the header section exceeded: `bytes`, `fields`, `linesPerField`, `fromBytes` (of From). It is then not wholly read.',
    ),
    missing: texts('Which of From, Date, Message-ID, To and Subject are missing, lower case.'),
    repeated: texts('Fields that occur more often than RFC 5322 §3.6 allows, lower case.'),
    recipients: count('Mailboxes in To and Cc.'),
    list_id: text('What stands between the angle brackets of List-Id (RFC 2919), lower case; empty without.'),
    has_list_unsubscribe: flag('There is a List-Unsubscribe.'),
    is_bulk: flag('It calls itself bulk mail: List-Id, List-Unsubscribe, or Precedence bulk, list or junk.'),
    is_auto: flag('It calls itself automatic: Auto-Submitted other than `no`, X-Autoreply, or Precedence auto_reply.'),
    is_reply: flag('It has In-Reply-To or References.'),
    mailer: text('X-Mailer, or User-Agent; at most 120 characters, empty without.'),
  },
  observe({ mail, receivedAt }) {
    const first = (name: string) => mail.values(name)[0] ?? '';
    const date = epochSeconds(first('date'));
    const precedence = first('precedence').toLowerCase();
    const listId = /<([^<>]{1,255})>/.exec(first('list-id').slice(0, 1000))?.[1]?.toLowerCase() ?? '';
    const unsubscribe = mail.values('list-unsubscribe').length > 0;
    return {
      size_bytes: mail.raw.length,
      subject: clipped(withUnseenShown(mail.decoded('subject')[0] ?? ''), 256),
      date,
      date_skew_hours: date === 0 ? 0 : Math.round((date - receivedAt / 1000) / 36) / 100,
      has_message_id: first('message-id') !== '',
      message_id_domain: messageIdDomain(first('message-id').slice(0, 1000)),
      received_count: mail.values('received').length,
      header_fields: mail.header.fields.length,
      header_bytes: mail.header.bodyStart,
      header_limits: [...mail.header.exceeded],
      missing: expected.filter(name => first(name) === ''),
      repeated: single.filter(name => mail.values(name).length > 1),
      recipients: [...mail.addresses('to'), ...mail.addresses('cc')].flatMap(list => list.mailboxes).length,
      list_id: listId,
      has_list_unsubscribe: unsubscribe,
      is_bulk: listId !== '' || unsubscribe || ['bulk', 'list', 'junk'].includes(precedence),
      is_auto: isAutomatic(first('auto-submitted')) || first('x-autoreply') !== '' || precedence === 'auto_reply',
      is_reply: first('in-reply-to') !== '' || first('references') !== '',
      mailer: clipped(withUnseenShown(mail.decoded('x-mailer')[0] ?? mail.decoded('user-agent')[0] ?? ''), 120),
    };
  },
});

/** RFC 3834 §5: anything but `no`. */
const isAutomatic = (value: string): boolean => value !== '' && !/^no\b/i.test(value);

function messageIdDomain(value: string): string {
  return /@([^\s<>@]{1,255})>?\s*$/.exec(value)?.[1]?.toLowerCase() ?? '';
}
