// SpamAssassin's eval functions that need no more than its own reading of the message: each holds or does not, or shows
// strings in which the rule seeks.

import type { EvalCall, EvalSupport } from '../../model/spamassassin.ts';
import { freemailIn, freemailReplies, freemailSenders, repliedTo, senders, uriHosts } from './evals/addresses.ts';
import { bodyEvals } from './evals/body.ts';
import { dateEvals } from './evals/dates.ts';
import type { Examined, Holds, Shows } from './evals/examined.ts';
import { headerEvals } from './evals/header.ts';
import { htmlEvals, measured, pageTexts, shownTexts } from './evals/html.ts';
import { imageEvals } from './evals/images.ts';
import { mimeEvals, mimeProperties } from './evals/mime.ts';
import { recipientEvals } from './evals/recipients.ts';
import { relayEvals } from './evals/relays.ts';
import { subjectEvals } from './evals/subject.ts';
import { webmailEvals } from './evals/webmail.ts';

/** Never hold where nothing is listed, as the settings that list are not read here. */
const unlisted: Readonly<Record<string, readonly string[]>> = {
  have_any_bounce_relays: ['welcomelist_bounce_relays', 'whitelist_bounce_relays'],
  check_welcomelist_bounce_relays: ['welcomelist_bounce_relays', 'whitelist_bounce_relays'],
  check_from_in_welcomelist: ['welcomelist_from', 'whitelist_from', 'welcomelist_from_rcvd', 'whitelist_from_rcvd'],
  check_from_in_blocklist: ['blocklist_from', 'blacklist_from'],
  check_to_in_welcomelist: ['welcomelist_to', 'whitelist_to'],
  check_to_in_blocklist: ['blocklist_to', 'blacklist_to'],
  check_to_in_more_spam: ['more_spam_to'],
  check_to_in_all_spam: ['all_spam_to'],
  check_subject_in_welcomelist: ['welcomelist_subject', 'whitelist_subject'],
  check_subject_in_blocklist: ['blocklist_subject', 'blacklist_subject'],
  check_uri_host_in_welcomelist: ['welcomelist_uri_host', 'whitelist_uri_host', 'enlist_uri_host (WELCOME)'],
  check_uri_host_in_blocklist: ['blocklist_uri_host', 'blacklist_uri_host', 'enlist_uri_host (BLOCK)'],
};

const functions: Readonly<Record<string, Holds>> = {
  ...headerEvals,
  ...subjectEvals,
  ...webmailEvals,
  ...recipientEvals,
  ...dateEvals,
  ...relayEvals,
  ...mimeEvals,
  ...bodyEvals,
  ...htmlEvals,
  ...imageEvals,
};

/** How many addresses may be in the text, and which are no persons', is fixed here. */
const freemail: EvalSupport = {
  seeks: 'freemail',
  withoutSettings: [
    'freemail_max_body_emails',
    'freemail_max_body_freemails',
    'freemail_skip_when_over_max',
    'freemail_skip_bulk_envfrom',
    'freemail_import_welcomelist_auth',
    'freemail_import_whitelist_auth',
    'freemail_import_def_welcomelist_auth',
    'freemail_import_def_whitelist_auth',
  ],
};

const shown: Readonly<Record<string, { readonly strings: Shows; readonly support: EvalSupport }>> = {
  html_text_match: { strings: shownTexts, support: { seeks: 'pattern', firstArguments: Object.keys(pageTexts) } },
  check_from_in_list: { strings: senders, support: { seeks: 'addresses' } },
  check_replyto_in_list: { strings: repliedTo, support: { seeks: 'addresses' } },
  check_uri_host_listed: { strings: uriHosts, support: { seeks: 'hosts' } },
  check_freemail_from: { strings: freemailSenders, support: freemail },
  check_freemail_header: { strings: freemailIn, support: freemail },
  check_freemail_replyto: { strings: freemailReplies, support: freemail },
};

const limited: Readonly<Record<string, EvalSupport>> = {
  html_test: { firstArguments: measured },
  html_eval: { firstArguments: measured },
  html_range: { firstArguments: measured },
  check_for_mime: { firstArguments: mimeProperties },
};

export const evalSupport: ReadonlyMap<string, EvalSupport> = new Map([
  ...Object.keys(functions).map(name => [name, limited[name] ?? {}] as const),
  ...Object.entries(shown).map(([name, { support }]) => [name, support] as const),
  ...Object.entries(unlisted).map(([name, settings]) => [name, { withoutSettings: settings }] as const),
]);

/** The strings of the view that `call` stands for: one for a function that holds. */
export function evalStrings({ name, args }: EvalCall, of: Examined): readonly string[] {
  if (Object.hasOwn(shown, name)) return shown[name]?.strings(of, args) ?? [];
  return Object.hasOwn(functions, name) && functions[name]?.(of, args) === true ? [''] : [];
}
