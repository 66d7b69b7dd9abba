// What is changed in mail beside fields of ours. All of it breaks DKIM signatures of others.

import { z } from 'zod';
import { strings } from '../fields.ts';
import { domainName } from '../values.ts';

/** What fits into one encoded word (RFC 2047 §2) together with a space. */
const maxTagBytes = 44;

const subjectTag = z
  .string()
  .trim()
  .min(1, 'expected a text such as "[SPAM]"')
  .refine(tag => !/\p{Cc}|=\?/u.test(tag), 'expected text without control characters and without =?')
  .refine(tag => Buffer.byteLength(tag) <= maxTagBytes, `expected at most ${maxTagBytes} bytes`);

/** RFC 5322 §2.1.1, with room for characters that HTML writes as references. */
const maxLine = 990;
const longest = { text: /[^\x00-\x7f]|[<>&"]/gu, html: /[^\x00-\x7f]/gu } as const;

const lines = (kind: 'text' | 'html', about: string) =>
  z
    .string()
    .max(16_384, 'expected at most 16384 characters')
    .refine(text => text.trim() !== '', 'expected text')
    .refine(
      text => text.split('\n').every(line => line.replace(longest[kind], '&#1114111;').length <= maxLine),
      `a line is too long (${maxLine} characters; letters beyond ASCII count as 10): write it in several`,
    )
    .refine(text => !/(?![\n\t])\p{Cc}/u.test(text), 'expected text without control characters')
    .meta({ description: about });

const unquoted = (about: string) =>
  lines('text', about).refine(
    text => !/^>/m.test(text),
    'expected lines that do not begin with >, which would be shown as quoted',
  );

const banner = z
  .strictObject({
    text: unquoted('What plain text begins with.'),
    ascii: unquoted('The same for plain text that can only hold ASCII; such text stays as it is when this is left out.')
      .refine(text => /^[\x00-\x7f]*$/.test(text), 'expected ASCII alone')
      .optional(),
    html: lines('html', 'What HTML begins with; made of `text` when it is left out.').optional(),
    when: z
      .enum(['external', 'tagged', 'all'])
      .meta({
        description:
          '`external`: unless DMARC proves that one of our domains sent it, or the client is in `dkim.sign_from`; `tagged`: what reaches the threshold for tagging; `all`.',
      })
      .prefault('external'),
    domains: strings('Only for recipients in these domains; for all when empty.', domainName),
  })
  .meta({
    description:
      'A few lines at the start of the message’s text. Breaks DKIM signatures. Never in signed, encrypted or ambiguous mail, nor in attachments.',
  });

export const alterationKeys = {
  subject_tag: subjectTag
    .meta({
      description:
        'Put before the subject of tagged mail: `"[SPAM]"`. Breaks DKIM signatures; the X-Spam fields do not, and serve rules as well.',
    })
    .optional(),
  banner: banner.optional(),
};
