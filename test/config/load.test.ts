import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig, parseConfig } from '../../src/config/load.ts';
import { isLoopback } from '../../src/config/loopback.ts';
import { ConfigError } from '../../src/model/failure.ts';
import { tempDir } from '../support/temp.ts';

const parse = (text: string, environment: Record<string, string> = {}) =>
  parseConfig(text, 'postern.yaml', environment);

const refuses = (text: string, message: RegExp, environment: Record<string, string> = {}) =>
  assert.throws(
    () => parse(text, environment),
    (error: unknown) => error instanceof ConfigError && message.test(error.message),
  );

test('with no text the embedded default is a gateway on loopback', () => {
  const config = parse('');
  assert.equal(config.smtp.listen[0]?.address, '127.0.0.1:2525');
  assert.equal(config.api.listen, '127.0.0.1:8025');
  assert.equal(config.next_hop, 'maildir:./var/maildir');
  assert.equal(config.accept_any_domain, true);
});

test('units stand in the values', () => {
  const config = parse('verdict_deadline: 1.5s\nsmtp: { max_message_size: 2KiB }');
  assert.equal(config.verdict_deadline, 1500);
  assert.equal(config.smtp.max_message_size, 2048);
});

const tlsListener = (rest: string) =>
  `smtp: { listen: [{ address: "127.0.0.1:1", tls: { cert: x, key: y, ${rest} } }] }`;

const refused = [
  {
    name: 'an unknown key',
    text: 'a: 1\nnexthop: x',
    message: /postern\.yaml:2: unknown key "nexthop" \(did you mean next_hop\?\)/,
  },
  {
    name: 'an unknown key in a list',
    text: 'smtp:\n  listen:\n    - {adress: "127.0.0.1:1"}',
    message: /postern\.yaml:3: .*"smtp\.listen\.0\.adress" \(did you mean address\?\)/,
  },
  {
    name: 'an unknown key of a domain',
    text: 'domains:\n  example.com: {profil: x}',
    message: /:2: .*\(did you mean profile\?\)/,
  },
  { name: 'a number without its unit', text: 'verdict_deadline: 25', message: /:1: verdict_deadline/ },
  { name: 'an unknown unit', text: 'verdict_deadline: 25y', message: /expected a duration/ },
  { name: 'a key given twice', text: 'mode: observe\nmode: enforce', message: /postern\.yaml:2: / },
  { name: 'text that is no mapping', text: '- a', message: /mapping/ },
  { name: 'a list of recipients that is empty', text: 'recipients: list', message: /recipient_list is empty/ },
  {
    name: 'a secret that the environment does not have',
    text: 'api: { bootstrap_token: "env:NOWHERE" }',
    message: /:1: the environment has no NOWHERE/,
  },
  {
    name: 'a secret in a file that is not there',
    text: 'api: { bootstrap_token: "file:/nowhere/at/all" }',
    message: /cannot be read/,
  },
  {
    name: 'a rate below zero',
    text: 'smtp: { rates: { connections_per_minute: -1 } }',
    message: /connections_per_minute/,
  },
  {
    name: 'a rate that nobody knows',
    text: 'smtp: { rates: { conections_per_minute: 1 } }',
    message: /did you mean connections_per_minute/,
  },
  { name: 'a greeting that comes too late', text: 'smtp: { greeting_delay: 2m }', message: /more than 1m/ },
  { name: 'a version of TLS that is too old', text: tlsListener('min_version: TLSv1.1'), message: /min_version/ },
  {
    name: 'an unknown key that is near to none',
    text: 'greylist: { from: 3 }',
    message: /unknown key "greylist\.from" \(valid: from_score, delay, attempts\)/,
  },
  {
    name: 'a list that is none',
    text: 'recipient_list: a@b.test',
    message: /recipient_list: expected a list, got a string/,
  },
  {
    name: 'a key that is missing',
    text: 'banner: { html: x }',
    message: /banner\.text: is missing: expected a string/,
  },
  {
    name: 'a span without its unit',
    text: 'history: { keep: 90 }',
    message: /history\.keep: expected off, or a duration/,
  },
  {
    name: 'a list of recipients that nobody reads',
    text: 'recipient_list: [a@b.test]',
    message: /recipient_list is set and recipients is "next_hop"/,
  },
  {
    name: 'everybody as a hop of ours',
    text: 'trusted_networks: [0.0.0.0/0]',
    message: /trusted_networks holds everybody/,
  },
  {
    name: 'everybody as a forwarder',
    text: 'forwarders: [{ networks: ["::/0"] }]',
    message: /forwarders holds everybody/,
  },
  {
    name: 'everybody as somebody who may speak for others',
    text: 'smtp: { xclient_from: ["::/0"] }',
    message: /smtp\.xclient_from ::\/0 is everybody/,
  },
  {
    name: 'everybody as a proxy',
    text: 'smtp: { proxy_protocol_from: [10.0.0.0/8, 0.0.0.0/0] }',
    message: /smtp\.proxy_protocol_from 0\.0\.0\.0\/0 is everybody/,
  },
  {
    name: 'what is no network among the proxies',
    text: 'smtp: { proxy_protocol_from: [proxy.example] }',
    message: /expected an address or a network/,
  },
];
for (const c of refused) test(`refused: ${c.name}`, () => refuses(c.text, c.message));

test('threat 8: beyond loopback, mail for any domain refuses to start', () => {
  refuses('smtp: { listen: [{ address: "0.0.0.0:25" }] }', /open relay/);
  refuses(
    'smtp: { listen: [{ address: "0.0.0.0:25" }] }\naccept_any_domain: true\ndomains: { a.example: {} }',
    /open relay/,
  );
  assert.equal(
    parse('smtp: { listen: [{ address: "0.0.0.0:25" }] }\ndomains: { a.example: {} }').accept_any_domain,
    false,
  );
});

test('the environment overrides each key, and its values are YAML', () => {
  const config = parse('mode: enforce', {
    POSTERN_MODE: 'observe',
    POSTERN_SMTP__MAX_RECIPIENTS: '7',
    POSTERN_DNS__SERVERS: '["127.0.0.1:5353"]',
    PATH: '/bin',
  });
  assert.equal(config.mode, 'observe');
  assert.equal(config.smtp.max_recipients, 7);
  assert.deepEqual(config.dns.servers, ['127.0.0.1:5353']);
});

test('what is wrong with the environment is said of the variable, not of the file', () => {
  refuses('mode: enforce', /^POSTERN_NEXTHOP: unknown key "nexthop"/, { POSTERN_NEXTHOP: 'x' });
  refuses('', /^POSTERN_SMTP__MAX_RECIPIENTS: smtp\.max_recipients: /, { POSTERN_SMTP__MAX_RECIPIENTS: 'many' });
  refuses('dns:\n  servers: []', /^POSTERN_DNS__SERVERS: dns\.servers\.0: /, { POSTERN_DNS__SERVERS: '[nowhere]' });
  refuses('smtp: { max_recipients: many }', /^postern\.yaml:1: /, { POSTERN_MODE: 'observe' });
});

test('a secret is read from the environment or a file', t => {
  const file = join(tempDir(t), 'token');
  writeFileSync(file, 'from-file\n');
  assert.equal(parse('api: { bootstrap_token: "env:TOK" }', { TOK: 'from-env' }).api.bootstrap_token, 'from-env');
  assert.equal(parse(`api: { bootstrap_token: "file:${file}" }`).api.bootstrap_token, 'from-file');
});

test('domains are compared in lower case, without the dot of the root', () => {
  assert.deepEqual(Object.keys(parse('domains: { "Example.COM.": {} }').domains), ['example.com']);
});

test('a file that is not there is an error, not the default', () => {
  assert.throws(() => loadConfig('/nowhere/postern.yaml', {}), ConfigError);
});

const endpoints = [
  { endpoint: '127.0.0.1:25', loopback: true },
  { endpoint: '127.9.9.9:25', loopback: true },
  { endpoint: '[::1]:25', loopback: true },
  { endpoint: 'localhost:25', loopback: true },
  { endpoint: '0.0.0.0:25', loopback: false },
  { endpoint: '[::]:25', loopback: false },
  { endpoint: '127.0.0.1.example.com:25', loopback: false },
  { endpoint: 'gate.example.com:25', loopback: false },
];
for (const c of endpoints) {
  test(`${c.endpoint} ${c.loopback ? 'is' : 'is not'} loopback`, () =>
    assert.equal(isLoopback(c.endpoint), c.loopback));
}

// Values that would only show at run time, or never: a wildcard domain matches nobody, a bad network fails each check.
const refusedValues = [
  {
    name: 'a wildcard for domains',
    text: 'domains: { "*.example.com": {} }',
    message: /:1: domains\.\*\.example\.com: .*wildcard/,
  },
  {
    name: 'a domain in two spellings, of which one would win',
    text: 'domains:\n  example.com: { mode: observe }\n  Example.COM.: {}',
    message: /:3: domains\.Example\.COM\.: the same as domains\.example\.com/,
  },
  {
    name: 'an address in two spellings',
    text: 'recipient_profiles:\n  jane@example.com: finance\n  Jane@Example.com: default',
    message: /:3: recipient_profiles\.Jane@Example\.com: the same as recipient_profiles\.jane@example\.com/,
  },
  { name: 'a domain that is an address', text: 'domains: { "@example.com": {} }', message: /expected a domain/ },
  { name: 'a domain that is none in Unicode', text: 'domains: { "a☃b.example": {} }', message: /expected a domain/ },
  {
    name: 'a domain that cannot be written in ASCII',
    text: 'domains: { "xn--zz-ü.example": {} }',
    message: /expected a domain/,
  },
  { name: 'a domain without settings', text: 'domains: { example.com: }', message: /expected settings, or \{\}/ },
  {
    name: 'a network that is too wide',
    text: 'trusted_networks: [10.0.0.0/33]',
    message: /:1: trusted_networks\.0: .*network/,
  },
  {
    name: 'a forwarder without a proof',
    text: 'forwarders: [{}]',
    message: /:1: forwarders\.0: expected one of networks, spf_domain and dkim_domain/,
  },
  {
    name: 'a forwarder with two proofs, which might mean either or both',
    text: 'forwarders: [{ spf_domain: a.example, dkim_domain: a.example }]',
    message: /expected one of networks/,
  },
  {
    name: 'a forwarder by a name for a network',
    text: 'forwarders: [{ networks: [a.example] }]',
    message: /a network/,
  },
  { name: 'a forwarder without a network', text: 'forwarders: [{ networks: [] }]', message: /forwarders\.0\.networks/ },
  {
    name: 'a forwarder by an unknown proof',
    text: 'forwarders: [{ spf_domains: a.example }]',
    message: /unknown key "forwarders\.0\.spf_domains" \(did you mean spf_domain/,
  },
  {
    name: 'a sealer that is a top-level domain',
    text: 'arc: { trusted_sealers: [example] }',
    message: /expected a domain/,
  },
  { name: 'a sealer with a wildcard', text: 'arc: { trusted_sealers: ["*.a.example"] }', message: /expected a domain/ },
  { name: 'a list by its address', text: 'lists: { known: [users@lists.example] }', message: /expected a domain/ },
  { name: 'a range for a network', text: 'trusted_networks: [10.0.0.1-10]', message: /network/ },
  { name: 'a name for a network', text: 'smtp: { xclient_from: [relay.example] }', message: /network/ },
  { name: 'a resolver by name', text: 'dns: { servers: [dns.example] }', message: /127\.0\.0\.1:53/ },
  { name: 'a resolver on no port', text: 'dns: { servers: ["127.0.0.1:65536"] }', message: /127\.0\.0\.1:53/ },
  { name: 'a port that is none', text: 'api: { listen: "127.0.0.1:65536" }', message: /up to 65535/ },
  { name: 'clamd without a scheme', text: 'clamd: { address: "127.0.0.1:3310" }', message: /expected tcp:/ },
  { name: 'a recipient without a domain', text: 'recipient_list: [jane]', message: /expected an address/ },
  {
    name: 'a profile for all of a domain',
    text: 'recipient_profiles: { "@example.com": finance }',
    message: /expected an address/,
  },
  { name: 'a contact of two lines', text: 'contact: "a\\r\\nb"', message: /one line/ },
  { name: 'a time-out of nothing', text: 'smtp: { command_timeout: 0s }', message: /above zero/ },
  { name: 'a size of nothing', text: 'smtp: { max_message_size: 0B }', message: /above zero/ },
  { name: 'a size without its unit', text: 'smtp: { max_message_size: 50 }', message: /50MiB/ },
  { name: 'workers without room', text: 'workers: { heap: 1MiB }', message: /at least 64MiB/ },
  { name: 'no data_dir', text: 'data_dir: ""', message: /data_dir: expected a directory/ },
  { name: 'an alias without its anchor', text: 'mode: *nowhere', message: /postern\.yaml: .*nowhere/ },
  {
    name: 'a certificate that is a path',
    text: 'smtp: { listen: [{ address: "127.0.0.1:0", tls: { cert: /etc/a.pem, key: /etc/a.key } }] }',
    message: /smtp\.listen 127\.0\.0\.1:0: tls\.cert .* file:PATH/,
  },
];
for (const c of refusedValues) test(`refused: ${c.name}`, () => refuses(c.text, c.message));

test('a secret that is empty is refused, so that nobody runs without one unawares', () => {
  refuses('api: { bootstrap_token: "env:TOK" }', /:1: TOK is empty/, { TOK: '' });
});

const accepted = [
  'domains: { "example.com.": {}, sub.example.com: {}, xn--mnchen-3ya.example: {}, "[192.0.2.1]": {} }',
  'trusted_networks: [192.0.2.1, 10.0.0.0/8, "2001:db8::/32", "::1"]',
  'forwarders: [{ networks: [192.0.2.0/24, "::1"] }, { spf_domain: SRS.Forwarder.Example }, { dkim_domain: a.example }]',
  'arc: { trusted_sealers: [Sealer.Example] }\nlists: { known: [users.lists.example] }',
  'dns: { servers: [127.0.0.1, "127.0.0.1:5353", "::1", "[::1]:5353"] }',
  'clamd: { address: "unix:/run/clamav/clamd.ctl" }',
  'clamd: { address: "tcp://[::1]:3310" }',
  'recipients: list\nrecipient_list: [jane@example.com, "@example.net", postmaster]',
  'recipient_profiles: { jane@example.com: finance, postmaster: finance }',
  'contact: https://example.com/unblock',
];
for (const text of accepted) test(`accepted: ${text}`, () => void parse(text));

const listen = (address: string) => `smtp: { listen: [{ address: "${address}" }] }\ndomains: { example.com: {} }\n`;
const circles = [
  { address: '127.0.0.1:2525', hop: 'smtp://127.0.0.1:2525', isCircle: true },
  { address: '0.0.0.0:25', hop: 'smtp://127.0.0.1', isCircle: true },
  { address: '[::]:25', hop: 'smtp://localhost:25', isCircle: true },
  { address: '0.0.0.0:25', hop: 'smtp://127.0.0.1:2526', isCircle: false },
  { address: '127.0.0.1:2525', hop: 'smtp://192.0.2.1:2525', isCircle: false },
  { address: '0.0.0.0:25', hop: 'maildir:./25', isCircle: false },
];
for (const { address, hop, isCircle } of circles) {
  test(`threat 40: ${hop} behind a listener on ${address} ${isCircle ? 'refuses to start' : 'is another host'}`, () => {
    const text = `${listen(address)}next_hop: "${hop}"`;
    if (isCircle) refuses(text, /our own listener/);
    else assert.equal(parse(text).next_hop, hop);
  });
}

test('domains, and addresses in lists, may be written in Unicode, and are compared in ASCII', () => {
  const config = parse(
    'domains: { Bücher.example.: {} }\nrecipients: list\nrecipient_list: ["Jörg@Bücher.example", "@straße.example"]',
  );
  assert.deepEqual(Object.keys(config.domains), ['xn--bcher-kva.example']);
  assert.deepEqual(config.recipient_list, ['jörg@xn--bcher-kva.example', '@xn--strae-oqa.example']);
});
