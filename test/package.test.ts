// What a release consists of agrees with itself: manifest, lock file, changelog, image, and no trace of a developer's machine.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { missing } from './support/real-parts.ts';

const root = join(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

type Versions = Readonly<Record<string, string>>;

interface Manifest {
  readonly version: string;
  readonly bin: Versions;
  readonly files: readonly string[];
  readonly dependencies: Versions;
  readonly devDependencies: Versions;
  readonly optionalDependencies: Versions;
}

interface Locked extends Partial<Manifest> {
  readonly integrity?: string;
  readonly funding?: unknown;
}

const manifest = JSON.parse(read('package.json')) as Manifest;
const lock = JSON.parse(read('package-lock.json')) as { packages: Readonly<Record<string, Locked>> };
const kinds = ['dependencies', 'devDependencies', 'optionalDependencies'] as const;

test('the version is the changelog’s newest', () => {
  const [, newest] = /^## (\S+)/m.exec(read('CHANGELOG.md')) ?? [];
  assert.equal(manifest.version, newest);
});

test('dependencies are exact versions', () => {
  const loose = kinds
    .flatMap(kind => Object.entries(manifest[kind]))
    .filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version));
  assert.deepEqual(loose, []);
});

test('the lock file is that of the manifest', () => {
  const locked = lock.packages[''];
  assert.equal(locked?.version, manifest.version);
  for (const kind of kinds) assert.deepEqual(locked?.[kind], manifest[kind]);
});

// npm 11 refuses a lock file that lacks one, also where the platform is another.
test('the lock file has the optional packages of every platform', () => {
  const paths = Object.keys(lock.packages);
  const absent = Object.values(lock.packages)
    .flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies))
    .filter(name => !paths.some(path => path.endsWith(`node_modules/${name}`)));
  assert.deepEqual(absent, []);
});

test('the lock file says what a package is, and not where it came from', () => {
  const installed = Object.entries(lock.packages).filter(([path]) => path !== '');
  const unproven = installed.filter(([, { integrity }]) => integrity?.startsWith('sha512-') !== true);
  const withAddress = installed.filter(([, { funding: _, ...entry }]) => /resolved|:\/\//.test(JSON.stringify(entry)));
  assert.deepEqual(unproven, []);
  assert.deepEqual(withAddress, []);
});

test('everything that the package ships is there, or is built from what is there', () => {
  const sourceOf = (path: string): string => path.replace(/^dist\b/, 'src').replace(/\.js$/, '.ts');
  const shipped = [...manifest.files, ...Object.values(manifest.bin)];
  assert.deepEqual(
    shipped.filter(path => !existsSync(join(root, sourceOf(path)))),
    [],
  );
});

test('the package has what its commands read, and no tests', { skip: missing('npm', 'npm') }, () => {
  const listed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
  });
  const [{ files }] = JSON.parse(listed) as [{ files: readonly { readonly path: string }[] }];
  const paths = files.map(({ path }) => path);
  const read = ['rules/profiles/default.yaml', 'postern.example.yaml'];
  const fixtures = globSync('fixtures/profiles/*/{deliver,catch}/*.eml', { cwd: root });
  assert.ok(fixtures.length > 0);
  assert.deepEqual(
    [...read, ...fixtures].filter(path => !paths.includes(path)),
    [],
  );
  assert.deepEqual(
    paths.filter(path => !/^(?:(?:dist|rules|fixtures\/profiles)\/|[^/]+$)/.test(path)),
    [],
  );
});

test('everything that the image copies is there, and is not ignored', () => {
  const copied = [...read('Dockerfile').matchAll(/^COPY (?!--)(.+) \S+$/gm)].flatMap(([, names = '']) =>
    names.split(' '),
  );
  const kept = new Set([...read('.dockerignore').matchAll(/^!(.+)$/gm)].map(([, name]) => name));
  assert.ok(copied.length > 0);
  assert.deepEqual(
    copied.filter(name => !kept.has(name) || !existsSync(join(root, name))),
    [],
  );
});

test('no file names a developer’s folders or a registry', { skip: missing('git', 'git') }, () => {
  const traces = /(?<![\w.])\/(?:work|root)\/|\b(?:registry\.\w+|(?:deb|security)\.debian)\.(?:org|com)\b/;
  const names = execFileSync('git', ['ls-files', '-z', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' });
  const files = names.split('\0').filter(name => name !== '' && existsSync(join(root, name)));
  assert.ok(files.includes('package.json'));
  const telling = files.flatMap(file =>
    read(file)
      .split('\n')
      .map((line, i) => ({ place: `${file}:${i + 1}`, line }))
      .filter(({ line }) => traces.test(line)),
  );
  assert.deepEqual(telling, []);
});
