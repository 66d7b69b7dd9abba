// A real slapd of its own: configuration, schema and database in a temporary directory, on free ports of 127.0.0.1.
// Its schema has what Active Directory (proxyAddresses) and qmail's (mailAlternateAddress) have for addresses.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Certificate } from './fake-next-hop.ts';
import { freePort } from './free-port.ts';
import { findProgram, missing } from './real-parts.ts';
import { type Ending, tempDir } from './temp.ts';

export interface SlapdOptions {
  /** LDIF without its first entry: everything below `dc=test`. */
  readonly ldif: string;
  /** Offers StartTLS, and ldaps:// too. */
  readonly tls?: Certificate;
  /** More lines of its configuration, for the database. */
  readonly database?: readonly string[];
  /** Keeps memberOf of entries in step with the groups' member. */
  readonly hasMemberOf?: boolean;
}

export const missingSlapd = (): string | false => missing('slapd', 'slapd') || missing('ldapmodify', 'ldap-utils');

export const rootDn = 'cn=admin,dc=test';
export const rootPassword = 'a-password-of-the-tests';

/** Killed when the test ends. */
export async function startSlapd(t: Ending, options: SlapdOptions): Promise<Slapd> {
  const endings: (() => void | Promise<void>)[] = [];
  const folder = tempDir({ after: end => endings.push(end) });
  writeConfiguration(folder, options);
  execFileSync(findProgram('slapd') ?? 'slapd', ['-Tadd', '-q', '-f', join(folder, 'slapd.conf')], {
    input: `dn: dc=test\nobjectClass: domain\ndc: test\n\n${options.ldif}`,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const slapd = new Slapd(folder, await freePort(), options.tls ? await freePort() : null);
  t.after(async () => {
    await slapd.stop();
    for (const end of endings) await end();
  });
  await slapd.start();
  return slapd;
}

export class Slapd {
  /** `ldap://127.0.0.1:port`. */
  readonly url: string;
  /** `ldaps://127.0.0.1:port`; null without TLS. */
  readonly secureUrl: string | null;
  readonly #folder: string;
  #child: ChildProcess | null = null;

  constructor(folder: string, port: number, securePort: number | null) {
    this.#folder = folder;
    this.url = `ldap://127.0.0.1:${port}`;
    this.secureUrl = securePort === null ? null : `ldaps://127.0.0.1:${securePort}`;
  }

  /** Resolves when it listens. */
  async start(): Promise<void> {
    const urls = [this.url, this.secureUrl].filter(url => url !== null).map(url => `${url}/`);
    const argv = ['-f', join(this.#folder, 'slapd.conf'), '-h', urls.join(' '), '-d', 'stats'];
    const child = spawn(findProgram('slapd') ?? 'slapd', argv, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child = child;
    const said: string[] = [];
    for await (const line of createInterface({ input: child.stderr })) {
      said.push(line);
      if (line.includes('slapd starting')) break;
    }
    if (!said.at(-1)?.includes('slapd starting')) throw new Error(`slapd ended:\n${said.join('\n')}`);
    child.stderr.resume();
    // It says so just before it listens.
    while (child.exitCode === null && !(await takesConnections(this.url))) {}
  }

  /** As a power failure would. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  /** Stops answering, and keeps its connections. */
  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  /** Changes by LDIF, as its administrator; what has no changetype is added. */
  modify(ldif: string): void {
    execFileSync('ldapmodify', ['-a', '-x', '-H', this.url, '-D', rootDn, '-w', rootPassword], {
      input: ldif,
      stdio: ['pipe', 'ignore', 'inherit'],
    });
  }
}

function takesConnections(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise(resolve => {
    const socket = connect(Number(port), hostname, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

const schema = `
attributetype ( 1.3.6.1.4.1.55555.1.1 NAME 'mailAlternateAddress' EQUALITY caseIgnoreIA5Match
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.26 )
attributetype ( 1.3.6.1.4.1.55555.1.2 NAME 'proxyAddresses' EQUALITY caseIgnoreMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.55555.1.3 NAME 'rawAddress' EQUALITY octetStringMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 )
objectclass ( 1.3.6.1.4.1.55555.2.1 NAME 'mailUser' SUP top AUXILIARY
  MAY ( mail $ mailAlternateAddress $ proxyAddresses $ rawAddress ) )
`;

function writeConfiguration(folder: string, { tls, database = [], hasMemberOf = false }: SlapdOptions): void {
  mkdirSync(join(folder, 'db'));
  writeFileSync(join(folder, 'mail.schema'), schema);
  if (tls !== undefined) {
    writeFileSync(join(folder, 'cert.pem'), tls.cert);
    writeFileSync(join(folder, 'key.pem'), tls.key, { mode: 0o600 });
  }
  const lines = [
    ...['core', 'cosine', 'inetorgperson'].map(name => `include /etc/ldap/schema/${name}.schema`),
    `include ${join(folder, 'mail.schema')}`,
    'modulepath /usr/lib/ldap',
    'moduleload back_mdb',
    ...(hasMemberOf ? ['moduleload memberof'] : []),
    `pidfile ${join(folder, 'slapd.pid')}`,
    ...(tls === undefined
      ? []
      : [`TLSCertificateFile ${join(folder, 'cert.pem')}`, `TLSCertificateKeyFile ${join(folder, 'key.pem')}`]),
    'database mdb',
    'suffix "dc=test"',
    `rootdn "${rootDn}"`,
    `rootpw ${rootPassword}`,
    `directory ${join(folder, 'db')}`,
    'maxsize 1073741824',
    'dbnosync',
    ...database,
    ...(hasMemberOf ? ['overlay memberof'] : []),
  ];
  writeFileSync(join(folder, 'slapd.conf'), `${lines.join('\n')}\n`);
}

/** An entry with addresses; values that are not plain text are given as bytes. */
export function person(name: string, attributes: Readonly<Record<string, readonly (string | Uint8Array)[]>>): string {
  const lines = Object.entries(attributes).flatMap(([attribute, values]) =>
    values.map(value => `${attribute}:: ${Buffer.from(value).toString('base64')}`),
  );
  const head = [`dn: cn=${name},dc=test`, 'objectClass: inetOrgPerson', 'objectClass: mailUser', `cn: ${name}`];
  return [...head, 'sn: Test', ...lines, '', ''].join('\n');
}

export function groupOfNames(name: string, members: readonly string[]): string {
  const lines = members.map(member => `member: cn=${member},dc=test`);
  return [`dn: cn=${name},dc=test`, 'objectClass: groupOfNames', `cn: ${name}`, ...lines, '', ''].join('\n');
}
