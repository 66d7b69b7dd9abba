// A real Postfix of its own: configuration, spool and log in a temporary directory, smtpd on a free port of 127.0.0.1.
// As a next hop it delivers all mail of its domains into one Maildir; as a sending MTA it relays everything else.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, type FSWatcher, mkdirSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Certificate } from './fake-next-hop.ts';
import { freePort } from './free-port.ts';
import { findProgram, missing } from './real-parts.ts';
import { type Ending, tempDir } from './temp.ts';

export interface PostfixOptions {
  /** Domains delivered to the Maildir. */
  readonly domains?: readonly string[];
  /** The port of 127.0.0.1 that mail for other domains goes to; without it that mail is refused. */
  readonly relayPort?: number;
  /** Offers STARTTLS. */
  readonly tls?: Certificate;
  /** More lines of main.cf. */
  readonly main?: Readonly<Record<string, string>>;
}

/** The value for node:test's `skip` option. Postfix's master starts as root only. */
export const missingPostfix = (): string | false =>
  missing('postfix', 'postfix') || (process.getuid?.() === 0 ? false : 'Postfix can only be started by root');

/** Whoever owns the delivered mail; any user but root will do. */
const nobody = 65534;

export async function startPostfix(t: Ending, options: PostfixOptions = {}): Promise<Postfix> {
  const endings: (() => void | Promise<void>)[] = [];
  const directory = tempDir({ after: end => endings.push(end) });
  const port = await freePort();
  writeConfiguration(directory, port, options);
  const child = spawn(findProgram('postfix') ?? 'postfix', ['-c', join(directory, 'etc'), 'start-fg'], {
    stdio: 'ignore',
  });
  const postfix = new Postfix(child, port, directory);
  t.after(async () => {
    await postfix.stop();
    for (const end of endings) await end();
  });
  await postfix.untilLog(/daemon started/);
  return postfix;
}

export class Postfix {
  readonly port: number;
  /** Where it delivers. */
  readonly maildir: string;
  readonly #directory: string;
  readonly #child: ChildProcess;
  readonly #logWatcher: FSWatcher;
  readonly #waiters = new Set<() => void>();

  constructor(child: ChildProcess, port: number, directory: string) {
    this.#child = child;
    this.port = port;
    this.maildir = join(directory, 'mail', 'all');
    this.#directory = directory;
    this.#logWatcher = watch(join(directory, 'log'), () => this.#notify());
    child.once('close', () => this.#notify());
  }

  /** Its mail log so far. */
  get log(): string {
    return readFileSync(join(this.#directory, 'log'), 'utf8');
  }

  /** Resolves with the match when `pattern` is in the log. @throws when Postfix ended without it. */
  async untilLog(pattern: RegExp): Promise<RegExpExecArray> {
    for (let match = pattern.exec(this.log); ; match = pattern.exec(this.log)) {
      if (match !== null) return match;
      if (this.#child.exitCode !== null) throw new Error(`postfix ended without ${pattern}:\n${this.log}`);
      await this.#logged();
    }
  }

  /** The messages in its Maildir, with the fields it prepended and with LF, as files hold them; oldest first. */
  async messages(): Promise<Buffer[]> {
    const folder = join(this.maildir, 'new');
    const names = await readdir(folder).catch(() => []);
    return Promise.all(names.sort().map(name => readFile(join(folder, name))));
  }

  /** Waits until the log shows `count` deliveries to the Maildir. */
  async untilDelivered(count: number): Promise<Buffer[]> {
    while ((this.log.match(/status=sent \(delivered to maildir\)/g) ?? []).length < count) {
      await this.#logged();
    }
    return this.messages();
  }

  /** Ends the master process, which ends its daemons, and waits for the command that started it. */
  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const closed = once(this.#child, 'close');
      process.kill(Number(readFileSync(join(this.#directory, 'spool', 'pid', 'master.pid'), 'utf8')), 'SIGTERM');
      await closed;
    }
    this.#logWatcher.close();
  }

  async #logged(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiters.add(resolve);
    await promise;
  }

  #notify(): void {
    for (const resolve of this.#waiters) resolve();
    this.#waiters.clear();
  }
}

function writeConfiguration(directory: string, port: number, options: PostfixOptions): void {
  // Its daemons run as other users than the one that made the directory.
  chmodSync(directory, 0o755);
  for (const folder of ['etc', 'spool', 'data', 'mail']) mkdirSync(join(directory, folder));
  writeFileSync(join(directory, 'log'), '');
  chownSync(join(directory, 'mail'), nobody, nobody);
  chownSync(join(directory, 'data'), Number(execFileSync('id', ['-u', 'postfix'])), 0);
  const { tls } = options;
  if (tls !== undefined) {
    writeFileSync(join(directory, 'etc', 'key.pem'), tls.key, { mode: 0o600 });
    writeFileSync(join(directory, 'etc', 'cert.pem'), tls.cert);
  }
  const settings = { ...mainSettings(directory, options), ...options.main };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}\n`);
  writeFileSync(join(directory, 'etc', 'main.cf'), lines.join(''));
  writeFileSync(join(directory, 'etc', 'master.cf'), `127.0.0.1:${port} inet n - n - - smtpd\n${services}`);
}

function mainSettings(directory: string, { domains = [], relayPort, tls }: PostfixOptions): Record<string, string> {
  const relay = relayPort === undefined ? 'error:5.7.1 no relay here' : `smtp:[127.0.0.1]:${relayPort}`;
  const offered = {
    smtpd_tls_security_level: 'may',
    smtpd_tls_key_file: join(directory, 'etc', 'key.pem'),
    smtpd_tls_cert_file: join(directory, 'etc', 'cert.pem'),
  };
  return {
    compatibility_level: '3.6',
    queue_directory: join(directory, 'spool'),
    data_directory: join(directory, 'data'),
    command_directory: '/usr/sbin',
    daemon_directory: '/usr/lib/postfix/sbin',
    mail_owner: 'postfix',
    setgid_group: 'postdrop',
    maillog_file: join(directory, 'log'),
    maillog_file_prefixes: directory,
    myhostname: 'postfix.test',
    mydestination: '',
    mynetworks: '127.0.0.0/8',
    inet_interfaces: '127.0.0.1',
    inet_protocols: 'ipv4',
    alias_maps: '',
    alias_database: '',
    smtp_dns_support_level: 'disabled',
    smtpd_peername_lookup: 'no',
    default_transport: relay,
    relay_transport: relay,
    virtual_mailbox_domains: domains.join(' '),
    virtual_mailbox_base: join(directory, 'mail'),
    virtual_mailbox_maps: 'static:all/',
    virtual_uid_maps: `static:${nobody}`,
    virtual_gid_maps: `static:${nobody}`,
    smtpd_relay_restrictions: 'permit_mynetworks, reject',
    message_size_limit: '52428800',
    virtual_mailbox_limit: '0',
    ...(tls === undefined ? {} : offered),
  };
}

/** Without chroot, else as Debian has them. */
const services = `pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`;

/** Postfix cannot take port 0. Between this and its start another process could take the port: then it ends, and says so. */
