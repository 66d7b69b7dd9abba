// Next hops as administrators write them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError } from '../../src/model/failure.ts';
import { parseNextHop } from '../../src/next-hop/target.ts';

const read = [
  ['smtp://127.0.0.1:2526', { scheme: 'smtp', endpoint: { host: '127.0.0.1', port: 2526 } }],
  ['smtp://mail.example.com', { scheme: 'smtp', endpoint: { host: 'mail.example.com', port: 25 } }],
  ['smtp://[2001:db8::1]:26', { scheme: 'smtp', endpoint: { host: '2001:db8::1', port: 26 } }],
  ['smtp://[::1]', { scheme: 'smtp', endpoint: { host: '::1', port: 25 } }],
  ['smtps://mail.example.com/', { scheme: 'smtps', endpoint: { host: 'mail.example.com', port: 465 } }],
  ['lmtp://127.0.0.1:24', { scheme: 'lmtp', endpoint: { host: '127.0.0.1', port: 24 } }],
  ['lmtp:///run/lmtp.sock', { scheme: 'lmtp', endpoint: { path: '/run/lmtp.sock' } }],
  ['maildir:./var/maildir', { scheme: 'maildir', directory: './var/maildir' }],
  ['maildir:/srv/my mail', { scheme: 'maildir', directory: '/srv/my mail' }],
] as const;
for (const [url, expected] of read) {
  test(url, () => assert.deepEqual(parseNextHop(url), { name: url, ...expected }));
}

const refused = [
  ['', /expected smtp:/],
  ['127.0.0.1:25', /expected smtp:/],
  ['http://x', /expected smtp:/],
  ['SMTP://x', /expected smtp:/],
  ['smtp:[127.0.0.1]:25', /expected smtp:\/\/host:port/],
  ['smtp://', /expected smtp:\/\/host:port/],
  ['smtp:///run/x', /expected smtp:\/\/host:port/],
  ['smtp://host:0', /from 1 to 65535/],
  ['smtp://host:65536', /from 1 to 65535/],
  ['smtp://host:x', /expected smtp:\/\/host:port/],
  ['smtp://host/path', /expected smtp:\/\/host:port/],
  ['smtp://a b', /expected smtp:\/\/host:port/],
  ['smtp://::1:25', /expected smtp:\/\/host:port/],
  ['maildir:', /no directory/],
] as const;
for (const [url, why] of refused) {
  test(`'${url}' is refused`, () => {
    assert.throws(
      () => parseNextHop(url),
      error => error instanceof ConfigError && why.test(error.message),
    );
  });
}

test('a password is refused and not repeated', () => {
  assert.throws(
    () => parseNextHop('smtp://user:secret@host'),
    error =>
      error instanceof ConfigError &&
      /not supported/.test(error.message) &&
      !JSON.stringify([error.message, error.fields]).includes('secret'),
  );
});
