// Domains that people take for each other.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isNearDomain } from '../../src/content/near-domains.ts';

const cases: readonly (readonly [string, string, boolean, string])[] = [
  ['acme-pumps.example', 'acmepumps.example', true, 'a hyphen'],
  ['exarnple.test', 'example.test', true, 'rn for m'],
  ['pay1oad.test', 'payload.test', true, 'a digit for a letter'],
  ['mail.accme-pumps.test', 'acme-pumps.test', true, 'a letter more, below another host'],
  ['acme-pumsp.test', 'acme-pumps.test', true, 'two letters swapped'],
  ['acme-pumbs.test', 'acme-pumps.test', true, 'another letter'],
  ['acmepumps.com', 'acme-pumps.co', true, 'a hyphen less, and another suffix'],
  ['xn--me-pumps-06g4o.test', 'acme-pumps.test', true, 'two Cyrillic letters'],
  ['acme-pumps.test', 'mail.acme-pumps.test', false, 'the same organisation'],
  ['acme-pumps.de', 'acme-pumps.fr', false, 'the same name under another suffix'],
  ['acme.test', 'acne.test', false, 'short names are near by chance'],
  ['server11.test', 'server12.test', false, 'digits number things'],
  ['server1.test', 'server12.test', false, 'one digit more'],
  ['weatherby.test', 'leatherbys.test', false, 'two letters'],
  ['', 'acme-pumps.test', false, 'nothing'],
  ['192.0.2.1', '192.0.2.2', false, 'addresses'],
];
for (const [domain, other, isNear, name] of cases) {
  test(`${name}: ${domain || '(none)'} is ${isNear ? '' : 'not '}like ${other}`, () => {
    assert.equal(isNearDomain(domain, other), isNear);
    assert.equal(isNearDomain(other, domain), isNear, 'the other way round');
  });
}
