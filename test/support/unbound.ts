// A real unbound from Debian's package as the gateway's resolver: configuration and zones of the test, no other server asked.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from './free-port.ts';
import { findProgram } from './real-parts.ts';
import { type Ending, tempDir } from './temp.ts';

export interface UnboundZone {
  readonly name: string;
  /**
   * `static`: what `records` say, and nothing else. `redirect`: the record of the zone for all names below it. `silent`: no
   * answer. `served`: what the name server at `server` answers. `file`: `records` as a zone file, read as name servers read one.
   */
  readonly kind: 'static' | 'redirect' | 'silent' | 'served' | 'file';
  /** `127.0.0.1:port`. */
  readonly server?: string;
  /** `2.0.0.127.bl.test. 60 IN A 127.0.0.2`. */
  readonly records?: readonly string[];
}

export interface Unbound {
  /** `127.0.0.1:port`. */
  readonly address: string;
}

/** Killed when the test ends. */
export async function startUnbound(t: Ending, zones: readonly UnboundZone[]): Promise<Unbound> {
  const folder = tempDir(t);
  const port = await freePort();
  const file = join(folder, 'unbound.conf');
  writeFileSync(file, configuration(folder, port, zones));
  const daemon = spawn(findProgram('unbound') ?? 'unbound', ['-d', '-p', '-c', file], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  t.after(() => stopped(daemon));
  await started(daemon);
  return { address: `127.0.0.1:${port}` };
}

function configuration(folder: string, port: number, zones: readonly UnboundZone[]): string {
  const server = [
    'server:',
    `interface: 127.0.0.1@${port}`,
    `port: ${port}`,
    'do-ip6: no',
    'username: ""',
    'chroot: ""',
    `directory: "${folder}"`,
    'pidfile: ""',
    'use-syslog: no',
    'verbosity: 1',
    'module-config: "iterator"',
    'do-not-query-localhost: no',
    // Without it every name below `test` is answered here (RFC 6761 §6.2).
    'local-zone: "test." nodefault',
    'local-zone: "in-addr.arpa." static',
    ...zones.flatMap(({ name, kind, records = [] }) =>
      kind === 'served' || kind === 'file'
        ? []
        : [
            `local-zone: "${name}." ${kind === 'silent' ? 'deny' : kind}`,
            ...records.map(record => `local-data: "${record}"`),
          ],
    ),
  ];
  const stubs = zones.flatMap(({ name, server }) =>
    server === undefined ? [] : ['stub-zone:', `name: "${name}."`, `stub-addr: ${server.replace(':', '@')}`],
  );
  const files = zones
    .filter(({ kind }) => kind === 'file')
    .flatMap(({ name, records = [] }) => {
      const file = join(folder, `${name}.zone`);
      const authority = [`${name}. 60 IN SOA ns.${name}. a.${name}. 1 60 60 60 60`, `${name}. 60 IN NS ns.${name}.`];
      writeFileSync(file, [...authority, ...records, ''].join('\n'));
      return ['auth-zone:', `name: "${name}."`, `zonefile: "${file}"`, 'for-downstream: yes', 'fallback-enabled: no'];
    });
  return `${[...server, ...stubs, ...files].join('\n')}\n`;
}

async function started(daemon: ChildProcess): Promise<void> {
  if (daemon.stderr === null) throw new Error('unbound has no output');
  const said: string[] = [];
  for await (const line of createInterface({ input: daemon.stderr })) {
    said.push(line);
    if (line.includes('start of service')) {
      daemon.stderr.resume();
      return;
    }
  }
  throw new Error(`unbound did not start:\n${said.join('\n')}`);
}

async function stopped(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null || daemon.signalCode !== null) return;
  daemon.kill('SIGKILL');
  await once(daemon, 'exit');
}
