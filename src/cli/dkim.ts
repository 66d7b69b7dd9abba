// postern dkim keygen: a key for signing mail of a domain, and what to publish and to configure for it.

import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { keyRecord } from '../config/signing-keys.ts';
import { BadInput } from '../model/failure.ts';
import { errorCode, errorText } from '../model/thrown.ts';
import type { Cli } from './command.ts';
import { exitCodes } from './exit-codes.ts';

interface KeygenOptions {
  readonly selector: string;
  readonly type: string;
  readonly out?: string;
}

export function dkimCommands({ program, run, out, err }: Cli): void {
  program
    .command('dkim')
    .description('keys for DKIM signatures and ARC seals')
    .command('keygen <domain>')
    .description('make a key; print the DNS record to publish and the lines for the configuration')
    .option('-s, --selector <name>', 'the key is published at <name>._domainkey.<domain>', 'postern')
    .option('-t, --type <type>', 'rsa (2048 bits) or ed25519, which not all receivers know', 'rsa')
    .option('-o, --out <file>', 'where the private key goes; never overwritten (default: <domain>.<selector>.pem)')
    .action((domain: string, options: KeygenOptions) =>
      run(async () => {
        const name = checkedName(domain, options.selector);
        const file = options.out ?? `${domain}.${options.selector}.pem`;
        const pem = newKey(options.type);
        const refusal = writeNew(file, pem);
        if (refusal !== null) {
          err(`${refusal}\n`);
          return exitCodes.cannotCreate;
        }
        // The gateway may run in another folder.
        const key = { domain, selector: options.selector, name, file: resolve(file), record: keyRecord(pem) };
        out(instructions(key));
        return exitCodes.ok;
      }),
    );
}

/** RFC 1035 §2.3.4, and the names that a DNS record can have. */
function checkedName(domain: string, selector: string): string {
  const isDomain = /^(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?\.)+[A-Za-z0-9-]+$/.test(domain);
  if (!isDomain) throw new BadInput(`${domain}: expected a domain in ASCII, such as example.com`);
  if (!/^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(selector))
    throw new BadInput(`${selector}: expected a selector, such as s2026`);
  const name = `${selector}._domainkey.${domain}`;
  if (name.length > 253 || name.split('.').some(label => label === '' || label.length > 63))
    throw new BadInput(`${name}: no name that the DNS can hold`);
  return name;
}

function newKey(type: string): string {
  const format = { type: 'pkcs8', format: 'pem' } as const;
  switch (type) {
    case 'rsa':
      // RFC 8301 §3.2 has signers use no less; more does not fit into one UDP answer of every resolver.
      return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export(format).toString();
    case 'ed25519':
      return generateKeyPairSync('ed25519').privateKey.export(format).toString();
    default:
      throw new BadInput(`${type}: expected rsa or ed25519`);
  }
}

/** Why `file` could not be made, or null. Its owner alone can read it, from the first byte on. */
function writeNew(file: string, text: string): string | null {
  try {
    writeFileSync(file, text, { flag: 'wx', mode: 0o600 });
    return null;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return `${file} is there already, and a key is never overwritten`;
    return `${file} cannot be written: ${errorText(error)}`;
  }
}

interface Key {
  readonly domain: string;
  readonly selector: string;
  readonly name: string;
  readonly file: string;
  readonly record: string;
}

/** Zone-file text (RFC 1035 §5.1) and YAML; what is said besides are comments in both. */
function instructions({ domain, selector, name, file, record }: Key): string {
  // RFC 1035 §3.3: a string holds 255 octets; verifiers join those of a record (RFC 6376 §3.6.2.2).
  const strings = (record.match(/.{1,255}/g) ?? []).map(text => `  "${text}"`);
  return [
    `; The private key is in ${file}. Publish this in the zone of ${domain}:`,
    `${name}. 3600 IN TXT (`,
    ...strings,
    ')',
    '',
    '# And then, once it can be looked up, in postern.yaml:',
    'dkim:',
    '  sign:',
    `    ${domain}: { selector: ${JSON.stringify(selector)}, key: ${JSON.stringify(`file:${file}`)} }`,
    '  sign_from: []  # your own servers, whose mail is signed: 192.0.2.10, 2001:db8::/64',
    '# or, to seal what is altered on its way:',
    'arc:',
    `  seal: { domain: ${domain}, selector: ${JSON.stringify(selector)}, key: ${JSON.stringify(`file:${file}`)} }`,
    '',
  ].join('\n');
}
