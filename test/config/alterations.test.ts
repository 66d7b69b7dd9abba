// Tags, banners, seals and signatures in the configuration: what is refused, and in which words.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { exposedKeyFiles } from '../../src/config/exposed-keys.ts';
import { parseConfig } from '../../src/config/load.ts';
import { printConfig } from '../../src/config/print.ts';
import { keyRecord, signingKeyFault } from '../../src/config/signing-keys.ts';
import { ConfigError } from '../../src/model/failure.ts';
import { tempDir } from '../support/temp.ts';

const pem = (key: { export(options: { type: 'pkcs8'; format: 'pem' }): string | Buffer }) =>
  key.export({ type: 'pkcs8', format: 'pem' }).toString();
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ed25519 = generateKeyPairSync('ed25519');
const environment = {
  RSA: pem(rsa.privateKey),
  ED: pem(ed25519.privateKey),
  PUBLIC: rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  SHORT: pem(generateKeyPairSync('rsa', { modulusLength: 512 }).privateKey),
  EC: pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey),
};
const parse = (text: string) => parseConfig(text, 'postern.yaml', environment);

const seal = 'arc: { seal: { domain: gate.example, selector: s1, key: "env:RSA"';
const sign = (key: string) =>
  `dkim: { sign: { a.example: { selector: s1, key: "env:${key}" } }, sign_from: [192.0.2.1] }`;

test('by default nothing is altered, sealed or signed', () => {
  const { subject_tag, banner, arc, dkim } = parse('');
  assert.deepEqual([subject_tag, banner, arc.seal], [undefined, undefined, undefined]);
  assert.deepEqual(dkim, { sign: {}, sign_from: [] });
});

const accepted = [
  { name: 'a tag loses the space around it', text: 'subject_tag: "[SPAM] "' },
  {
    name: 'a banner of several lines with letters beyond ASCII',
    text: 'banner:\n  text: |\n    Von außen.\n    Vorsicht!\n',
  },
  { name: 'a seal for what is altered', text: `${seal} } }\nsubject_tag: "[S]"` },
  { name: 'a seal for all mail', text: `${seal}, when: relayed } }` },
  { name: 'a signature by RSA', text: sign('RSA') },
  { name: 'a signature by Ed25519', text: sign('ED') },
];
for (const { name, text } of accepted) test(name, () => assert.doesNotThrow(() => parse(text)));

test('the tag is what stands in the subject, without the space', () => {
  assert.equal(parse('subject_tag: "[SPAM] "').subject_tag, '[SPAM]');
});

const refused = [
  { name: 'an empty tag', text: 'subject_tag: " "', message: /subject_tag: expected a text such as/ },
  { name: 'a tag with a line break', text: 'subject_tag: "a\\nBcc: b"', message: /subject_tag: .*control characters/ },
  { name: 'a tag that looks encoded', text: 'subject_tag: "=?utf-8?q?x?="', message: /without =\?/ },
  { name: 'a tag that fits no encoded word', text: `subject_tag: ${'ü'.repeat(23)}`, message: /at most 44 bytes/ },
  { name: 'a banner without text', text: 'banner: { html: "<p>x</p>" }', message: /banner\.text/ },
  { name: 'a banner of white space', text: 'banner: { text: " \\n" }', message: /banner\.text: expected text/ },
  { name: 'a banner with a control character', text: 'banner: { text: "a\\u0007b" }', message: /control characters/ },
  { name: 'a banner that looks quoted', text: 'banner: { text: "a\\n> b" }', message: /begin with >/ },
  {
    name: 'letters beyond ASCII where there may be none',
    text: 'banner: { text: ü, ascii: ü }',
    message: /banner\.ascii: expected ASCII/,
  },
  {
    name: 'a banner with an endless line',
    text: `banner: { text: "${'x'.repeat(991)}" }`,
    message: /line is too long/,
  },
  {
    name: 'HTML whose references make its line too long',
    text: `banner: { text: x, html: "${'ü'.repeat(100)}" }`,
    message: /banner\.html: a line is too long/,
  },
  {
    name: 'a banner for a domain that is not ours',
    text: 'domains: { a.example: {} }\nbanner: { text: x, domains: [b.example] }',
    message: /banner\.domains b\.example is not under "domains"/,
  },
  {
    name: 'a seal without anything to seal',
    text: `${seal} } }`,
    message: /arc\.seal is for what is altered, and nothing is/,
  },
  { name: 'a selector with a space', text: `${seal.replace('s1', '"s 1"')} } }`, message: /expected a selector/ },
  {
    name: 'a seal for a name without a dot',
    text: `${seal.replace('gate.example', 'gate')} } }`,
    message: /arc\.seal\.domain: expected a domain/,
  },
  {
    name: 'signatures for nobody',
    text: 'dkim: { sign: { a.example: { selector: s1, key: "env:RSA" } } }',
    message: /sign_from is empty: nothing would be signed/,
  },
  {
    name: 'clients without a key',
    text: 'dkim: { sign_from: [192.0.2.1] }',
    message: /dkim\.sign is empty: there is no key/,
  },
  {
    name: 'signatures for everybody',
    text: sign('RSA').replace('192.0.2.1', '"::/0"'),
    message: /sign_from ::\/0 is everybody/,
  },
  {
    name: 'a signature for a domain that is not ours',
    text: `domains: { b.example: {} }\n${sign('RSA')}`,
    message: /dkim\.sign\.a\.example is not under "domains"/,
  },
  { name: 'a public key', text: sign('PUBLIC'), message: /dkim\.sign\.a\.example\.key: this is a public key/ },
  { name: 'a short key', text: sign('SHORT'), message: /an RSA key of 512 bits/ },
  { name: 'a key of another kind', text: sign('EC'), message: /a key of the type ec/ },
  {
    name: 'what is no key',
    text: sign('PATH').replace('env:PATH', 'secret'),
    message: /not a private key in PEM; files are named by file:PATH/,
  },
];

describe('refused', () => {
  for (const { name, text, message } of refused)
    test(name, () =>
      assert.throws(
        () => parse(text),
        (error: unknown) => error instanceof ConfigError && message.test(error.message),
      ),
    );
});

test('keys are not printed', () => {
  const printed = printConfig(parse(`${sign('RSA')}\n${seal}, when: relayed } }`));
  assert.doesNotMatch(printed, /PRIVATE/);
  assert.equal(printed.match(/\(secret\)/g)?.length, 2);
});

test('the record of a key is that of its public half', () => {
  const spki = rsa.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  assert.equal(keyRecord(environment.RSA), `v=DKIM1; k=rsa; p=${spki}`);
  // The key of RFC 8463, appendix A.
  const seed = Buffer.from('nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=', 'base64');
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]).toString('base64');
  const key = `-----BEGIN PRIVATE KEY-----\n${der}\n-----END PRIVATE KEY-----\n`;
  assert.equal(signingKeyFault(key), null);
  assert.equal(keyRecord(key), 'v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=');
});

test('a key file that everybody can read is found, wherever it is named, and no other file', t => {
  const folder = tempDir(t);
  const file = (name: string, text: string, mode: number): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    chmodSync(path, mode);
    return path;
  };
  const open = file('open.pem', environment.RSA, 0o644);
  const overriding = file('overriding.pem', environment.ED, 0o604);
  const config = file(
    'postern.yaml',
    JSON.stringify({
      arc: { seal: { key: `file:${open}` } },
      dkim: { sign: { a: { key: `file:${open}` }, b: { key: `file:${file('closed.pem', environment.RSA, 0o640)}` } } },
      smtp: {
        listen: [{ tls: { cert: `file:${file('cert.pem', environment.PUBLIC, 0o644)}`, key: `file:${folder}/none` } }],
      },
    }),
    0o644,
  );
  assert.deepEqual(exposedKeyFiles(config, { POSTERN_ARC__SEAL__KEY: `file:${overriding}`, OTHER: `file:${open}` }), [
    open,
    overriding,
  ]);
  assert.deepEqual(exposedKeyFiles(null, {}), []);
});
