// Whether the author's domain, or the one that answers go to, reads nearly like one that the reader knows from the same message.

import { fitting } from '../content/bounds.ts';
import { isNearDomain } from '../content/near-domains.ts';
import { domainOf } from '../model/address.ts';
import { choice, text } from '../model/shape.ts';
import { check, type Subject } from './check.ts';
import { observed } from './earlier.ts';
import type { fromCheck } from './from.ts';
import type { textCheck } from './text.ts';

const places = ['site', 'recipients', 'thread', 'text'] as const;
type Place = (typeof places)[number];

/** Of each place, how many domains are compared. */
const bounds = { items: 20, chars: 2000, each: 255 };

export const resemblanceCheck = check({
  name: 'resemblance',
  after: ['from', 'text'],
  timeoutMs: 1000,
  about:
    'A domain that the one in From or Reply-To is not, and is easily taken for: as if somebody had registered it to answer in another’s place.',
  evidence: {
    domain: text('The one in From or Reply-To; empty where nothing is like it.'),
    of: text('The domain that it is like; empty without.'),
    seen_in: choice(
      ['', ...places],
      'Where that one stands: among ours (site), in To or Cc, in the Message-IDs that the message answers (thread), or in an address in its text.',
    ),
  },
  observe(subject) {
    const from = observed<typeof fromCheck>(subject.facts, 'from');
    const known = domainsKnown(subject);
    for (const domain of [from?.domain ?? '', from?.reply_to_domain ?? '']) {
      for (const [place, domains] of known) {
        const of = domains.find(other => isNearDomain(domain, other));
        if (of !== undefined) return { domain, of, seen_in: place };
      }
    }
    return { domain: '', of: '', seen_in: '' as const };
  },
});

function domainsKnown({ site, mail, facts }: Subject): readonly (readonly [Place, readonly string[]])[] {
  const recipients = ['to', 'cc'].flatMap(name => mail.addresses(name).flatMap(list => list.mailboxes));
  const answered = ['in-reply-to', 'references'].flatMap(name => mail.values(name)).join(' ');
  return [
    ['site', site.domains],
    ['recipients', fitting(new Set(recipients.map(({ domain }) => domain)), bounds)],
    [
      'thread',
      fitting(new Set([...answered.matchAll(messageIdDomain)].map(([, domain = '']) => domain.toLowerCase())), bounds),
    ],
    ['text', (observed<typeof textCheck>(facts, 'text')?.mail_addresses ?? []).map(address => domainOf(address) ?? '')],
  ];
}

const messageIdDomain = /@([A-Za-z0-9.-]{1,255})>/g;
