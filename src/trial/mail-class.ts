// What kind of mail a wanted message is, by its header: who complains when it is lost differs.

import { fieldValue, headerSection } from '../model/header.ts';
import type { Label } from './label.ts';

/** In the order in which they are asked for: the first that fits. */
export const mailClasses = ['bounce', 'list', 'bulk', 'transactional', 'person'] as const;
export type MailClass = (typeof mailClasses)[number];

/** What each is known by, for the page that counts them. */
export const classTraits: Readonly<Record<MailClass, string>> = {
  bounce: 'collected as such, a report of delivery, or from the null reverse-path',
  list: 'a discussion: List-Post, List-Subscribe, Mailing-List, X-Mailing-List, X-BeenThere, X-Mailman-Version, or Precedence: list',
  bulk: 'a newsletter: List-Unsubscribe, List-Id, Feedback-ID, or Precedence: bulk or junk',
  transactional:
    'from a program: Auto-Submitted, X-Auto-Response-Suppress, or an author such as noreply, notify, orders, billing',
  person: 'everything else, texts without a header among it',
};

/** Local parts, or words of them, that programs write under. */
const programs =
  /(?:^|[._+-])(?:no-?reply|do-?not-?reply|nobody|notif(?:y|ications?)|alerts?|updates?|orders?|billing|invoices?|receipts?|accounts?|support|service|info|news|daemon|cron|root|www-data|automated|system)(?:$|[._+-])/i;

export function mailClass(label: Label, bytes: Uint8Array): MailClass {
  const { fields } = headerSection(bytes);
  const value = (name: string): string | null => {
    const field = fields.find(known => known.name === name);
    return field === undefined ? null : fieldValue(bytes, field).trim();
  };
  if (label === 'bounce' || isBounce(value)) return 'bounce';
  const precedence = value('precedence')?.toLowerCase() ?? '';
  if (precedence === 'list' || hasAny(value, listFields) || (value('list-post') ?? 'NO') !== 'NO') return 'list';
  if (precedence === 'bulk' || precedence === 'junk' || hasAny(value, bulkFields)) return 'bulk';
  return isAutomatic(value) ? 'transactional' : 'person';
}

type Values = (name: string) => string | null;

const listFields = ['mailing-list', 'x-mailing-list', 'list-subscribe', 'x-beenthere', 'x-mailman-version'];
const bulkFields = ['list-unsubscribe', 'list-id', 'feedback-id'];
const hasAny = (value: Values, names: readonly string[]): boolean => names.some(name => value(name) !== null);

const isBounce = (value: Values): boolean =>
  value('return-path') === '<>' || /^multipart\/report\b.*\bdelivery-status\b/is.test(value('content-type') ?? '');

/** RFC 3834 §5: anything but `no` in Auto-Submitted. */
function isAutomatic(value: Values): boolean {
  const [, local = ''] = /([^\s<>"@,;:]+)@/.exec(value('from') ?? '') ?? [];
  const submitted = value('auto-submitted');
  return (
    (submitted !== null && !/^no\b/i.test(submitted)) ||
    hasAny(value, ['x-auto-response-suppress']) ||
    programs.test(local)
  );
}
