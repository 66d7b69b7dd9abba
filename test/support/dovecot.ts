// A real Dovecot of its own that takes mail by LMTP, on a free port of 127.0.0.1 and on a Unix socket.

import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Daemon } from './daemon.ts';
import { freePort } from './free-port.ts';
import { findProgram, missing } from './real-parts.ts';
import { type Ending, tempDir } from './temp.ts';

export interface Dovecot {
  readonly port: number;
  readonly socketPath: string;
  /** Where it stores the mail of `address`. */
  maildirOf(address: string): string;
}

/** The value for node:test's `skip` option. Dovecot's master starts as root only. */
export const missingDovecot = (): string | false =>
  missing('dovecot', 'dovecot-lmtpd') || (process.getuid?.() === 0 ? false : 'Dovecot can only be started by root');

/** Whoever owns the delivered mail; any user but root will do. */
const nobody = 65_534;

/** Knows the `users` of `example.test`; the mailbox of one whose name begins with `full` is. */
export async function startDovecot(t: Ending, users: readonly string[]): Promise<Dovecot> {
  const endings: (() => void)[] = [];
  const directory = tempDir({ after: end => endings.push(() => void end()) });
  chmodSync(directory, 0o755);
  mkdirSync(join(directory, 'mail'));
  chownSync(join(directory, 'mail'), nobody, nobody);
  const port = await freePort();
  writeFileSync(join(directory, 'users'), users.map(user => userLine(user)).join(''));
  writeFileSync(join(directory, 'dovecot.conf'), configurationText(directory, port));
  const dovecot = new Daemon({
    program: findProgram('dovecot') ?? 'dovecot',
    argv: ['-F', '-c', join(directory, 'dovecot.conf')],
    logFile: join(directory, 'log'),
  });
  t.after(async () => {
    await dovecot.stop();
    for (const end of endings) end();
  });
  await dovecot.untilLog(/starting up for lmtp/);
  return { port, socketPath: join(directory, 'lmtp.sock'), maildirOf: address => join(directory, 'mail', address) };
}

function userLine(user: string): string {
  const quota = user.startsWith('full') ? 'userdb_quota_rule=*:bytes=1' : '';
  return `${user}@example.test:{PLAIN}x:${nobody}:${nobody}::/nonexistent::${quota}\n`;
}

const configurationText = (directory: string, port: number): string => `base_dir = ${directory}/run
state_dir = ${directory}/run
log_path = ${directory}/log
protocols = lmtp
ssl = no
hostname = dovecot.test
postmaster_address = postmaster@dovecot.test
mail_location = maildir:${directory}/mail/%u
mail_plugins = quota
first_valid_uid = 1
auth_username_chars =
passdb {
  driver = passwd-file
  args = ${directory}/users
}
userdb {
  driver = passwd-file
  args = ${directory}/users
}
plugin {
  quota = count:User quota
  quota_vsizes = yes
}
service lmtp {
  inet_listener lmtp {
    address = 127.0.0.1
    port = ${port}
  }
  unix_listener ${directory}/lmtp.sock {
    mode = 0666
  }
}
service stats {
  unix_listener stats-writer {
    mode = 0666
  }
}
`;
