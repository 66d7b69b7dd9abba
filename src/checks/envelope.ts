// What was asked for: reverse-path and recipients.

import { domainOf, isRoleAddress } from '../model/address.ts';
import { count, flag, text, texts } from '../model/shape.ts';
import { check } from './check.ts';

/** Domains that are kept: a transaction may have a thousand recipients. */
const maxDomains = 20;

export const envelopeCheck = check({
  name: 'envelope',
  after: [],
  timeoutMs: 1000,
  about: 'The envelope: the reverse-path and the recipients.',
  evidence: {
    reverse_path: text('As given in MAIL; empty for `<>`.'),
    reverse_domain: text('Its domain in lower case; empty for `<>`.'),
    is_null: flag('The reverse-path is `<>`.'),
    reverse_is_local: flag('Its domain is one of ours.'),
    recipients: count('How many.'),
    recipient_domains: texts(`Their domains, at most ${maxDomains}.`),
    has_role_recipient: flag('One of them is postmaster, abuse or security.'),
    is_8bit: flag('BODY=8BITMIME was given.'),
  },
  observe({ envelope, site }) {
    const reverseDomain = domainOf(envelope.reversePath) ?? '';
    const paths = envelope.recipients.map(recipient => recipient.path);
    const domains = new Set(paths.map(domainOf).filter(domain => domain !== null));
    return {
      reverse_path: envelope.reversePath,
      reverse_domain: reverseDomain,
      is_null: envelope.reversePath === '',
      reverse_is_local: site.domains.includes(reverseDomain),
      recipients: paths.length,
      recipient_domains: [...domains].slice(0, maxDomains),
      has_role_recipient: paths.some(isRoleAddress),
      is_8bit: envelope.is8bit,
    };
  },
});
