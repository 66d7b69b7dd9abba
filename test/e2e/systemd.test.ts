// Under a real systemd, by the unit that docs/systemd has: ready when it listens, reloaded, restarted by the watchdog when its
// loop stands still, and drained.

import assert from 'node:assert/strict';
import { readFileSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { missingSystemd, startSystemd } from '../support/systemd.ts';
import { tempDir } from '../support/temp.ts';

const root = join(import.meta.dirname, '../..');
const shipped = readFileSync(join(root, 'docs/systemd/postern.service'), 'utf8');

/** What a user's manager may set; the rest of the unit takes rights away that only the system's manager can take. */
const kept = /^(?:Type|NotifyAccess|ExecReload|KillMode|TimeoutStopSec|Restart|RestartSec|RestartPreventExitStatus)=/;

function unitFor(configuration: string, log: string): string {
  return [
    '[Service]',
    ...shipped.split('\n').filter(line => kept.test(line)),
    'WatchdogSec=6',
    'TimeoutAbortSec=1',
    'LimitCORE=0',
    `ExecStart=${root}/src/node ${root}/src/main.ts serve --config ${configuration}`,
    `StandardOutput=append:${log}`,
    '',
  ].join('\n');
}

describe('under systemd', { skip: missingSystemd() }, () => {
  test('the shipped unit asks to be told, and names the program', () => {
    assert.match(shipped, /^Type=notify$/m);
    assert.match(shipped, /^ExecStart=\/usr\/lib\/postern\/src\/node \/usr\/lib\/postern\/dist\/main\.js serve /m);
  });

  test('it is ready, reloads, is restarted when it hangs, and drains', async t => {
    const directory = tempDir(t);
    const log = join(directory, 'log');
    writeFileSync(log, '');
    const config = { data_dir: join(directory, 'data'), smtp: { listen: [{ address: '127.0.0.1:0' }] } };
    const api = { listen: '127.0.0.1:0' };
    writeFileSync(join(directory, 'postern.yaml'), JSON.stringify({ ...config, api }));
    const systemd = await startSystemd(t);
    await systemd.unit('postern.service', unitFor(join(directory, 'postern.yaml'), log));

    await systemd.control('start', 'postern');
    assert.match(readFileSync(log, 'utf8'), /"event":"listening"/, 'start returned before it listened');
    assert.match(await systemd.control('show', '-p', 'StatusText', 'postern'), /mail on 127\.0\.0\.1:\d+/);

    await systemd.control('reload', 'postern');
    await untilCount(log, /"event":"(?:rules )?reloaded"/g, 1);

    const pid = Number((await systemd.control('show', '-p', 'MainPID', '--value', 'postern')).trim());
    process.kill(pid, 'SIGSTOP');
    await untilCount(log, /"event":"listening"/g, 2);
    assert.match(await systemd.control('show', '-p', 'NRestarts', 'postern'), /NRestarts=1/);

    await systemd.control('stop', 'postern');
    assert.match(readFileSync(log, 'utf8'), /"event":"stopped"/);
    assert.match(await systemd.control('show', '-p', 'Result', 'postern'), /Result=success/);
  });
});

/** Resolves when `file` has `pattern` as often as that. */
async function untilCount(file: string, pattern: RegExp, count: number): Promise<void> {
  const watcher = watch(file);
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = () => {
    if ((readFileSync(file, 'utf8').match(pattern) ?? []).length >= count) resolve();
  };
  watcher.on('change', look);
  look();
  await promise.finally(() => watcher.close());
}
