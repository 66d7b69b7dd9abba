// A real Exim of its own on a free port of 127.0.0.1. Debian's package excludes Postfix's, so that it is never installed:
// its files are unpacked into a folder (.ci/run does that), and run from there with a configuration of the test.

import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Daemon } from './daemon.ts';
import { freePort } from './free-port.ts';
import { type Ending, tempDir } from './temp.ts';

export interface Exim {
  readonly port: number;
  /** Where it delivers. */
  readonly maildir: string;
  /** Waits until the log shows `count` deliveries to the Maildir. */
  untilDelivered(count: number): Promise<void>;
}

const folder = process.env.EXIM_FOLDER ?? join(import.meta.dirname, '../../var/exim');
const program = join(folder, 'usr/sbin/exim4');
/** Built into Debian's binary: its own user, without which it does not start. */
const user = 'Debian-exim';

/** The value for node:test's `skip` option. @throws in CI. */
export function missingExim(): string | false {
  const reason = whatIsMissing();
  if (reason !== false && process.env.CI === 'true') throw new Error(reason);
  return reason;
}

function whatIsMissing(): string | false {
  if (!existsSync(program)) return `Exim is not unpacked into ${folder} (.ci/run does that; EXIM_FOLDER names another)`;
  if (process.getuid?.() !== 0) return 'Exim can only be started by root';
  return idOf('-u') === null ? `there is no user ${user} (.ci/run makes it)` : false;
}

function idOf(which: '-u' | '-g'): number | null {
  try {
    return Number(execFileSync('id', [which, user], { stdio: ['ignore', 'pipe', 'ignore'] }));
  } catch {
    return null;
  }
}

/** Takes all mail for `example.test` into one Maildir; knows no `gone@`, and refuses a Subject with `refuse` after the content. */
export async function startExim(t: Ending): Promise<Exim> {
  const endings: (() => void)[] = [];
  const directory = tempDir({ after: end => endings.push(() => void end()) });
  chmodSync(directory, 0o755);
  for (const name of ['spool', 'log', 'mail']) {
    mkdirSync(join(directory, name));
    chownSync(join(directory, name), idOf('-u') ?? 0, idOf('-g') ?? 0);
  }
  const logFile = join(directory, 'log', 'mainlog');
  writeFileSync(logFile, '');
  chownSync(logFile, idOf('-u') ?? 0, idOf('-g') ?? 0);
  const port = await freePort();
  const configuration = join(directory, 'exim.conf');
  writeFileSync(configuration, configurationText(directory, port));
  const exim = new Daemon({
    program,
    argv: ['-C', configuration, '-bdf', '-q30m'],
    logFile,
    env: { LD_LIBRARY_PATH: libraryFolders().join(':') },
  });
  t.after(async () => {
    await exim.stop();
    for (const end of endings) end();
  });
  await exim.untilLog(/listening for SMTP/);
  const untilDelivered = (count: number) => exim.untilLog(/ [=-]> /, count);
  return { port, maildir: join(directory, 'mail', 'all'), untilDelivered };
}

/** Libraries that only Exim needs are unpacked beside it. */
function libraryFolders(): readonly string[] {
  return ['lib', 'usr/lib'].flatMap(lib => {
    const within = join(folder, lib);
    const names = existsSync(within) ? readdirSync(within).filter(name => name.endsWith('-linux-gnu')) : [];
    return names.map(name => join(within, name));
  });
}

const configurationText = (directory: string, port: number): string => `primary_hostname = exim.test
spool_directory = ${directory}/spool
log_file_path = ${directory}/log/%slog
pid_file_path = ${directory}/exim.pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = ${port}
acl_smtp_mail = accept
acl_smtp_rcpt = check_rcpt
acl_smtp_data = check_data
chunking_advertise_hosts = *
dsn_advertise_hosts = *
smtputf8_advertise_hosts = *
pipelining_advertise_hosts = *
tls_advertise_hosts =
host_lookup =
message_size_limit = 50M
smtp_accept_queue_per_connection = 0
deliver_drop_privilege = true
never_users =
keep_environment =

begin acl
check_rcpt:
  deny message = no such user
       local_parts = gone
  accept domains = example.test
  deny message = relay not permitted
check_data:
  deny condition = \${if match{$h_subject:}{refuse}}
       message = not here
  accept

begin routers
all:
  driver = accept
  transport = maildir

begin transports
maildir:
  driver = appendfile
  directory = ${directory}/mail/all
  maildir_format
  user = ${user}
`;
