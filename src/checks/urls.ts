// The web addresses of the message: where its links and pictures lead. Nothing is fetched or resolved.

import { clipped, fitting, withUnseenShown } from '../content/bounds.ts';
import { addressKinds } from '../content/html-addresses.ts';
import { recipientCarrier } from '../content/recipient-in-address.ts';
import {
  asciiLookOfHost,
  asksToLogIn,
  bearsName,
  embeddedDomain,
  isHosted,
  isRandom,
  labelsBelow,
  nameOf,
  packed,
  pathExtension,
  runnable,
  wordsOf,
} from '../content/url-traits.ts';
import { isInternational, maxWebAddresses, type PlacedAddress, registrableDomain } from '../content/urls.ts';
import { isFollowable } from '../content/web-addresses.ts';
import { choice, count, flag, records, text, texts } from '../model/shape.ts';
import { check } from './check.ts';

export const urlsCheck = check({
  name: 'urls',
  after: [],
  timeoutMs: 5000,
  about:
    'The web addresses in text and HTML, and those that they hold (redirectors, gateways). Nothing is fetched or resolved. A *link* here is what a reader follows: a link, a form, an address in the text, or what one of these holds; not a picture or a style.',
  evidence: {
    count: count('Distinct addresses.'),
    links: count('Distinct links among them.'),
    hosts: texts('Distinct hosts, in punycode, in order; at most 50 and 2,000 characters.'),
    organisations: texts('Distinct domains under which those hosts were registered; at most 30 and 1,000 characters.'),
    link_hosts: texts('Distinct hosts of links; at most 10 and 300 characters.'),
    link_organisations: texts('Distinct domains under which those were registered; at most 10 and 250 characters.'),
    organisation_count: count('How many `organisations` there are in all.'),
    from_links: count('Links that lead to the organisation in From.'),
    schemes: texts('Distinct schemes: http, https, ftp, data, blob, javascript, file.'),
    active_links: count('Links that hold a document or a script: data, blob, javascript.'),
    ip_hosts: count('Hosts that are IP addresses.'),
    punycode: count('Hosts with a label that is not ASCII for its reader.'),
    lookalike_hosts: texts('What such hosts look like in ASCII, where they do; at most 5.'),
    userinfo: count('Addresses with a name or password before the host.'),
    odd_ports: count('Addresses with a port other than their scheme’s.'),
    disguised_hosts: count(
      'Addresses whose host is written so that people do not read it: percent codes, backslashes, full-width dots, numbers for an address.',
    ),
    embedded_domains: texts(
      'Domains that stand in a link’s host before its own: `paypal.com` of `paypal.com.evil.example` and of `paypal-com.example`; at most 5.',
    ),
    host_words: texts(
      'Words of the hosts of links, those of the organisation in From apart: labels without the suffix, cut at hyphens, from 4 characters on, look-alikes as ASCII; at most 20 and 200 characters.',
    ),
    deep_hosts: count('Hosts of links with four or more labels below the registered domain.'),
    random_hosts: count(
      'Hosts of links with a label that no person chose: long, without vowels, or letters and digits in turn.',
    ),
    hosted: count('Hosts of links under a hoster that gives names to anybody (`x.github.io`, `x.web.app`).'),
    recipient_named_hosts: count('Hosts of links of other organisations that bear the name of a recipient’s domain.'),
    from_named_hosts: count('Hosts of links of other organisations that bear the name of the domain in From.'),
    redirects: count('Links that hold the address of another organisation.'),
    redirect_depth: count('How many addresses stand in each other at most, without the outermost.'),
    redirect_organisations: texts('Domains to which those lead that others hold; at most 10 and 300 characters.'),
    recipient_links: count('Links that hold a recipient’s mail address.'),
    recipient_encoded: count('Links that hold it in base64 or hexadecimal, or behind `#`.'),
    executables: count('Links to a file that a double click runs, or to a disk image, by its name.'),
    archives: count('Links to an archive, by its name.'),
    login_paths: count('Links whose path speaks of logging in, verifying or passwords.'),
    longest: count('Characters of the longest link, at most 2,000.'),
    list: records(
      {
        href: text('As browsers write it, at most 100 characters.'),
        host: text('In punycode, at most 80 characters.'),
        organisation: text('The domain under which it was registered, at most 60 characters.'),
        shown: text('What the reader sees of the link, unseen characters written out, at most 50 characters.'),
        kind: choice(addressKinds, 'Where it stands: a link, the text, a form, a picture, a style, or inside another.'),
      },
      'The first 6 links, each organisation’s first before others.',
    ),
    is_truncated: flag('There were more than are looked at.'),
  },
  async observe({ mail, envelope }) {
    const addresses = await mail.webAddresses();
    const links = addresses.filter(address => isFollowable(address.kind));
    const hosts = hostsOf(addresses);
    const organisations = new Set(hosts.map(registrableDomain));
    const from = mail.addresses('from').flatMap(list => list.mailboxes)[0]?.domain ?? '';
    const recipients = envelope.recipients.map(recipient => recipient.path);
    return {
      count: addresses.length,
      links: links.length,
      hosts: fitting(hosts, { items: 50, chars: 2000, each: 255 }),
      organisations: fitting(organisations, { items: 30, chars: 1000, each: 255 }),
      organisation_count: organisations.size,
      schemes: [...new Set(addresses.map(address => address.scheme))],
      ip_hosts: new Set(addresses.filter(address => address.isIp).map(address => address.host)).size,
      punycode: hosts.filter(isInternational).length,
      userinfo: addresses.filter(address => address.hasUserinfo).length,
      odd_ports: addresses.filter(address => address.hasOddPort).length,
      disguised_hosts: addresses.filter(address => address.isDisguised).length,
      ...ofHosts(hostsOf(links), from, recipients),
      ...ofLinks(links, from, recipients),
      list: eachOrganisationFirst(links).slice(0, 6).map(record),
      is_truncated: addresses.length >= maxWebAddresses,
    };
  },
});

const hostsOf = (addresses: readonly PlacedAddress[]): readonly string[] =>
  [...new Set(addresses.map(address => address.host))].filter(host => host !== '');

/** Hosts of links that are looked at by their traits. */
const maxHosts = 100;

function ofHosts(all: readonly string[], from: string, recipients: readonly string[]) {
  const hosts = all.slice(0, maxHosts).map(host => ({ host, organisation: registrableDomain(host) }));
  const looks = hosts.map(({ host }) => asciiLookOfHost(host)).filter(look => look !== null);
  const embedded = hosts
    .map(({ host, organisation }) => embeddedDomain(host, organisation))
    .filter(name => name !== null);
  const domains = new Set(recipients.map(path => path.slice(path.lastIndexOf('@') + 1).toLowerCase()));
  const owners = [...domains].slice(0, 5).map(domain => ({ domain, name: nameOf(domain) }));
  const author = { domain: from, name: nameOf(from) };
  const number = (holds: (of: (typeof hosts)[number]) => boolean) => hosts.filter(holds).length;
  return {
    link_hosts: fitting(all, { items: 10, chars: 300, each: 255 }),
    link_organisations: fitting(new Set(hosts.map(of => of.organisation)), { items: 10, chars: 250, each: 255 }),
    lookalike_hosts: fitting(new Set(looks), { items: 5, chars: 300, each: 100 }),
    embedded_domains: fitting(new Set(embedded), { items: 5, chars: 300, each: 100 }),
    host_words: fitting(
      new Set(
        hosts
          .filter(({ organisation }) => organisation !== registrableDomain(from))
          .flatMap(({ host }) => wordsOf(host)),
      ),
      { items: 20, chars: 200, each: 40 },
    ),
    deep_hosts: number(({ host, organisation }) => labelsBelow(host, organisation).length >= 4),
    random_hosts: number(({ host }) => host.split('.').some(isRandom)),
    hosted: number(({ host }) => isHosted(host)),
    recipient_named_hosts: number(({ host }) => owners.some(({ domain, name }) => bearsName(host, name, domain))),
    from_named_hosts: number(({ host }) => bearsName(host, author.name, author.domain)),
  };
}

function ofLinks(links: readonly PlacedAddress[], from: string, recipients: readonly string[]) {
  const carried = recipientCarrier(recipients);
  const held = links.filter(link => link.kind === 'redirected');
  const paths = links.map(pathOf);
  const number = (holds: (link: PlacedAddress) => boolean) => links.filter(holds).length;
  const organisation = from === '' ? '' : registrableDomain(from);
  return {
    from_links: number(({ host }) => organisation !== '' && registrableDomain(host) === organisation),
    active_links: number(({ scheme }) => scheme === 'data' || scheme === 'blob' || scheme === 'javascript'),
    redirects: held.filter(({ host, holder }) => registrableDomain(host) !== registrableDomain(holder)).length,
    redirect_depth: held.reduce((deepest, { depth }) => Math.max(deepest, depth), 0),
    redirect_organisations: fitting(new Set(held.map(({ host }) => registrableDomain(host))), {
      items: 10,
      chars: 300,
      each: 255,
    }),
    recipient_links: number(({ href }) => carried(href) !== null),
    recipient_encoded: number(
      ({ href }) =>
        carried(href) === 'encoded' || (href.includes('#') && carried(href.slice(href.indexOf('#'))) !== null),
    ),
    executables: paths.filter(path => runnable.has(pathExtension(path))).length,
    archives: paths.filter(path => packed.has(pathExtension(path))).length,
    login_paths: paths.filter(asksToLogIn).length,
    longest: links.reduce((longest, { href }) => Math.max(longest, href.length), 0),
  };
}

/** Of `href`, which is as WHATWG's URL writes it; empty for schemes without hosts. */
function pathOf({ href, host }: PlacedAddress): string {
  if (host === '') return '';
  const start = href.indexOf('/', href.indexOf('//') + 2);
  const end = href.search(/[?#]/);
  return start < 0 ? '' : href.slice(start, end < 0 ? href.length : end);
}

function eachOrganisationFirst(links: readonly PlacedAddress[]): readonly PlacedAddress[] {
  const seen = new Set<string>();
  const [firsts, others]: [PlacedAddress[], PlacedAddress[]] = [[], []];
  for (const link of links) {
    const organisation = registrableDomain(link.host);
    (seen.has(organisation) ? others : firsts).push(link);
    seen.add(organisation);
  }
  return [...firsts, ...others];
}

const record = ({ href, host, shown, kind }: PlacedAddress) => ({
  href: clipped(href, 100),
  host: clipped(host, 80),
  organisation: clipped(registrableDomain(host), 60),
  shown: clipped(withUnseenShown(shown), 50),
  kind,
});
