// The web addresses of the message: where its links and pictures lead. Nothing is fetched or resolved.

import { fitting } from '../content/bounds.ts';
import { isInternational, maxWebAddresses, registrableDomain } from '../content/urls.ts';
import { count, flag, texts } from '../model/shape.ts';
import { check } from './check.ts';

export const urlsCheck = check({
  name: 'urls',
  after: [],
  timeoutMs: 5000,
  about: 'The web addresses in text and HTML. Nothing is fetched or resolved.',
  evidence: {
    count: count('Distinct addresses.'),
    hosts: texts('Distinct hosts, in punycode, in order; at most 50 and 2,000 characters.'),
    organisations: texts('Distinct domains under which those hosts were registered; at most 30 and 1,000 characters.'),
    schemes: texts('Distinct schemes: http, https, ftp, data, javascript, file.'),
    ip_hosts: count('Hosts that are IP addresses.'),
    punycode: count('Hosts with a label that is not ASCII for its reader.'),
    userinfo: count('Addresses with a name or password before the host.'),
    odd_ports: count('Addresses with a port other than their scheme’s.'),
    is_truncated: flag('There were more than are looked at.'),
  },
  async observe({ mail }) {
    const addresses = await mail.webAddresses();
    const hosts = [...new Set(addresses.map(address => address.host))].filter(host => host !== '');
    return {
      count: addresses.length,
      hosts: fitting(hosts, { items: 50, chars: 2000, each: 255 }),
      organisations: fitting(new Set(hosts.map(registrableDomain)), { items: 30, chars: 1000, each: 255 }),
      schemes: [...new Set(addresses.map(address => address.scheme))],
      ip_hosts: new Set(addresses.filter(address => address.isIp).map(address => address.host)).size,
      punycode: hosts.filter(isInternational).length,
      userinfo: addresses.filter(address => address.hasUserinfo).length,
      odd_ports: addresses.filter(address => address.hasOddPort).length,
      is_truncated: addresses.length >= maxWebAddresses,
    };
  },
});
