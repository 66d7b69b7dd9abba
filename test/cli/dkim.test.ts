// postern dkim keygen, as an administrator uses it.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { parseConfig } from '../../src/config/load.ts';
import { keyRecord, signingKeyFault } from '../../src/config/signing-keys.ts';
import { altered } from '../alter/scene.ts';
import { tempDir } from '../support/temp.ts';
import { byMailauth } from '../support/verifiers.ts';

function keygen(cwd: string, ...args: readonly string[]) {
  const argv = [join(import.meta.dirname, '../../src/main.ts'), 'dkim', 'keygen', ...args];
  return spawnSync(process.execPath, argv, { encoding: 'utf8', cwd, env: { PATH: process.env.PATH } });
}

/** The strings of the one TXT record in zone-file text. */
function published(zone: string): { name: string; strings: readonly string[] } {
  const [, name = '', body = ''] = /^(\S+)\. 3600 IN TXT \(\n(.*?)\n\)$/ms.exec(zone) ?? [];
  return { name, strings: [...body.matchAll(/"([^"]*)"/g)].map(([, text = '']) => text) };
}

for (const type of ['rsa', 'ed25519']) {
  test(`a new ${type} key signs what its record verifies, by the lines that are printed`, async t => {
    const folder = tempDir(t);
    const { status, stdout, stderr } = keygen(folder, 'example.com', '--type', type, '--selector', 's2026');
    assert.equal(status, 0, stderr);
    const file = join(folder, 'example.com.s2026.pem');
    const pem = readFileSync(file, 'utf8');
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal(signingKeyFault(pem), null);

    const { name, strings } = published(stdout);
    assert.equal(name, 's2026._domainkey.example.com');
    assert.ok(strings.every(text => text.length <= 255));
    assert.equal(strings.join(''), keyRecord(pem));

    const yaml = stdout.slice(stdout.indexOf('# And then')).replace('sign_from: []', 'sign_from: [192.0.2.1]');
    // From wherever it is read.
    const { dkim, arc } = parseConfig(`${yaml}subject_tag: x`, 'printed', {});
    assert.equal(arc.seal?.selector, 's2026');
    const signature = { domain: 'example.com', selector: 's2026', key: dkim.sign['example.com']?.key ?? '' };
    const { bytes } = await altered('From: a@example.com\n\nbody\n', { signature });
    assert.deepEqual((await byMailauth(bytes, { [name]: strings.join('') })).dkim, ['pass']);
  });
}

test('a key that is there is never overwritten', t => {
  const folder = tempDir(t);
  writeFileSync(join(folder, 'key.pem'), 'precious');
  const { status, stdout, stderr } = keygen(folder, 'example.com', '--out', 'key.pem');
  assert.deepEqual([status, stdout], [73, '']);
  assert.match(stderr, /key\.pem is there already/);
  assert.equal(readFileSync(join(folder, 'key.pem'), 'utf8'), 'precious');
});

test('a folder that is not there: exit 73, and why', t => {
  const { status, stderr } = keygen(tempDir(t), 'example.com', '--out', 'nowhere/key.pem');
  assert.equal(status, 73);
  assert.match(stderr, /nowhere\/key\.pem cannot be written: ENOENT/);
});

describe('what the DNS cannot hold is refused, and nothing is written', () => {
  const cases = [
    { name: 'a name without a dot', args: ['localhost'], status: 65 },
    { name: 'a path', args: ['../../etc/passwd'], status: 65 },
    { name: 'letters beyond ASCII', args: ['bücher.example'], status: 65 },
    { name: 'a label of 64 letters', args: [`${'a'.repeat(64)}.example`], status: 65 },
    { name: 'a selector with a slash', args: ['example.com', '-s', '../x'], status: 65 },
    { name: 'a selector with an empty label', args: ['example.com', '-s', 'a..b'], status: 65 },
    { name: 'another type', args: ['example.com', '-t', 'dsa'], status: 65 },
    { name: 'no domain', args: [], status: 64 },
  ];
  for (const { name, args, status } of cases)
    test(name, t => {
      const folder = tempDir(t);
      assert.equal(keygen(folder, ...args).status, status);
      assert.deepEqual(readdirSync(folder), []);
    });
});

test('what is printed is YAML from its comment on', t => {
  const folder = tempDir(t);
  const { stdout } = keygen(folder, 'example.com', '--out', 'a key: #1.pem');
  const { dkim } = parse(stdout.slice(stdout.indexOf('# And then'))) as {
    dkim: { sign: Record<string, { key: string }> };
  };
  assert.equal(dkim.sign['example.com']?.key, `file:${join(folder, 'a key: #1.pem')}`);
  assert.ok(existsSync(join(folder, 'a key: #1.pem')));
});
