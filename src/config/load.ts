// From text and environment to a `Config`, or to errors that name file, line and the nearest valid key.

import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { ConfigError } from '../model/failure.ts';
import { didYouMean } from '../model/nearest.ts';
import { errorText } from '../model/thrown.ts';
import { alterationFaults } from './alteration-faults.ts';
import { keptTextsFaults } from './kept-texts-faults.ts';
import { ldapFaults } from './ldap-faults.ts';
import { isLoopback } from './loopback.ts';
import { namedNextHops, routeFaults } from './routes.ts';
import { sameKeys } from './same-keys.ts';
import { type Config, schema } from './schema.ts';
import { readJournal, standsAt } from './swap-journal.ts';

export type Environment = Readonly<Record<string, string | undefined>>;
type Json = { [key: string]: unknown };

/** What of the environment is ours but no configuration: read elsewhere in config/. */
const notKeys = new Set(['POSTERN_FAULT', 'POSTERN_TOKEN', 'POSTERN_URL', 'POSTERN_CORPUS']);

/**
 * The configuration of `path`, or the embedded default when it is null.
 * @throws ConfigError with a line for each problem: `postern.yaml:3: unknown key "nexthop" (did you mean next_hop?)`
 */
export function loadConfig(path: string | null, environment: Environment = process.env): Config {
  if (path !== null && !existsSync(path)) throw new ConfigError(`${path}: no such file`);
  const config = parseConfig(configText(path), path ?? 'embedded default', environment);
  const journal = path === null ? null : readJournal(path);
  if (journal === null) return config;
  const folders = config.rules.folders.map(folder => standsAt(journal, folder));
  return { ...config, rules: { ...config.rules, folders } };
}

export function parseConfig(text: string, name: string, environment: Environment): Config {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false });
  const lineOf = (path: readonly PropertyKey[]): string => {
    const variable = variableOf(path, environment);
    if (variable !== null) return variable;
    const offset = offsetOf(document, path);
    return offset === null ? name : `${name}:${lines.linePos(offset).line}`;
  };
  const broken = document.errors.map(error => `${name}:${lines.linePos(error.pos[0]).line}: ${error.message}`);
  if (broken.length > 0) throw new ConfigError(broken.join('\n'));
  const tree = asObject(plain(document, name));
  applyEnvironment(tree, environment);
  const parsed = schema.safeParse(resolveSecrets(tree, environment, lineOf));
  if (!parsed.success) throw new ConfigError(parsed.error.issues.flatMap(issue => problem(issue, lineOf)).join('\n'));
  const same = sameKeys(tree).map(
    ({ path, as }) => `${lineOf(path)}: ${path.join('.')}: the same as ${path[0]}.${as} in another spelling`,
  );
  if (same.length > 0) throw new ConfigError(same.join('\n'));
  const config = withDefaults(parsed.data);
  const refusals = unsafe(config);
  if (refusals.length > 0) throw new ConfigError(refusals.map(reason => `${name}: ${reason}`).join('\n'));
  return config;
}

/** @throws ConfigError for an alias without its anchor, which YAML finds only here. */
function plain(document: { toJS(): unknown }, name: string): unknown {
  try {
    return document.toJS();
  } catch (cause) {
    throw new ConfigError(`${name}: ${errorText(cause)}`, { cause });
  }
}

function asObject(value: unknown): Json {
  if (value === null || value === undefined) return {};
  if (typeof value === 'object' && !Array.isArray(value)) return value as Json;
  throw new ConfigError('the configuration must be a mapping of keys');
}

/** `POSTERN_SMTP__MAX_RECIPIENTS=10` sets smtp.max_recipients; values are read as YAML, so lists and numbers work. */
function applyEnvironment(tree: Json, environment: Environment): void {
  for (const [variable, value] of Object.entries(environment)) {
    if (!variable.startsWith('POSTERN_') || notKeys.has(variable) || value === undefined) continue;
    const path = variable.slice('POSTERN_'.length).toLowerCase().split('__');
    const last = path.pop() ?? '';
    let at = tree;
    for (const key of path) {
      at[key] = asObject(at[key]);
      at = at[key] as Json;
    }
    at[last] = plain(parseDocument(value), variable);
  }
}

/** The file's text, by which origins are told; empty for the embedded default. */
export function configText(path: string | null): string {
  if (path === null) return '';
  const journal = readJournal(path);
  return readFileSync(journal === null ? path : standsAt(journal, realpathSync(path)), 'utf8');
}

/** The variable that set the value at `path`, or what encloses it: it wins over the file. Null where none did. */
export function variableOf(path: readonly PropertyKey[], environment: Environment): string | null {
  const names = path.map((_, i) =>
    `POSTERN_${path
      .slice(0, i + 1)
      .map(String)
      .join('__')}`.toUpperCase(),
  );
  return names.findLast(variable => environment[variable] !== undefined) ?? null;
}

/** Values that may be secrets are resolved wherever they stand: `env:NAME` and `file:PATH`. */
function resolveSecrets(value: unknown, environment: Environment, lineOf: LineOf, path: PropertyKey[] = []): unknown {
  if (typeof value === 'string') return secret(value, environment, () => lineOf(path));
  if (Array.isArray(value)) return value.map((item, i) => resolveSecrets(item, environment, lineOf, [...path, i]));
  if (typeof value !== 'object' || value === null) return value;
  const pairs = Object.entries(value).map(([key, item]) => [
    key,
    resolveSecrets(item, environment, lineOf, [...path, key]),
  ]);
  return Object.fromEntries(pairs);
}

function secret(value: string, environment: Environment, where: () => string): string {
  const [, kind, name = ''] = /^(env|file):(.+)$/s.exec(value) ?? [];
  if (kind === undefined) return value;
  const found = kind === 'env' ? environment[name] : textOf(name, where);
  if (found === undefined) throw new ConfigError(`${where()}: the environment has no ${name}`);
  if (found === '') throw new ConfigError(`${where()}: ${name} is empty`);
  return found;
}

function textOf(file: string, where: () => string): string {
  try {
    return readFileSync(file, 'utf8').trimEnd();
  } catch (cause) {
    throw new ConfigError(`${where()}: ${file} cannot be read`, { cause });
  }
}

type LineOf = (path: readonly PropertyKey[]) => string;

function problem(issue: z.core.$ZodIssue, lineOf: LineOf): string[] {
  const place = issue.path.map(String).join('.');
  if (issue.code !== 'unrecognized_keys') {
    const message = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : inWords(issue.message);
    return [`${lineOf(issue.path)}: ${place === '' ? '' : `${place}: `}${message}`];
  }
  return issue.keys.map(key => {
    const keys = keysAt(issue.path);
    const near = didYouMean(key, keys) || (keys.length > 0 && keys.length <= 12 ? ` (valid: ${keys.join(', ')})` : '');
    return `${lineOf([...issue.path, key])}: unknown key "${[...issue.path, key].map(String).join('.')}"${near}`;
  });
}

const typesOfYaml: Readonly<Record<string, string>> = { array: 'a list', object: 'a mapping', record: 'a mapping' };

/** zod speaks of JavaScript's types. */
function inWords(message: string): string {
  const [, wanted = '', found = ''] = /^Invalid input: expected (\w+), received (\w+)$/.exec(message) ?? [];
  if (wanted === '') return message;
  const named = (type: string) => typesOfYaml[type] ?? `a ${type}`;
  return found === 'undefined'
    ? `is missing: expected ${named(wanted)}`
    : `expected ${named(wanted)}, got ${named(found)}`;
}

/** The valid keys of the object at `path` of the schema. */
function keysAt(path: readonly PropertyKey[]): string[] {
  let at: unknown = schema;
  for (const key of path) at = childOf(unwrapped(at), key);
  const shape = unwrapped(at).shape;
  return shape === undefined ? [] : Object.keys(shape);
}

interface AnySchema {
  readonly shape?: Readonly<Record<string, unknown>>;
  readonly element?: unknown;
  readonly valueType?: unknown;
  readonly def?: { readonly innerType?: unknown; readonly in?: unknown };
}

function childOf(at: AnySchema, key: PropertyKey): unknown {
  return at.shape?.[String(key)] ?? at.element ?? at.valueType;
}

function unwrapped(value: unknown): AnySchema {
  let at = (value ?? {}) as AnySchema;
  while (at.def?.innerType !== undefined || at.def?.in !== undefined) at = (at.def.innerType ?? at.def.in) as AnySchema;
  return at;
}

/** Where the value, or the nearest that encloses it, stands in the text. */
function offsetOf(document: ReturnType<typeof parseDocument>, path: readonly PropertyKey[]): number | null {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true) as
      | { range?: readonly [number, number, number] }
      | undefined;
    if (node?.range !== undefined) return node.range[0];
  }
  return null;
}

function withDefaults(config: Config): Config {
  return { ...config, accept_any_domain: config.accept_any_domain ?? Object.keys(config.domains).length === 0 };
}

/** What must not start (DESIGN.md section 5, THREATS.md 8 and 12). */
function unsafe(config: Config): string[] {
  const reasons: string[] = [];
  const open = config.smtp.listen.filter(listener => !isLoopback(listener.address));
  if (config.accept_any_domain === true && open.length > 0) {
    reasons.push(
      `smtp.listen ${open.map(l => l.address).join(', ')} is beyond loopback and accept_any_domain is true: ` +
        'an open relay. List your domains under "domains".',
    );
  }
  if (config.recipients === 'list' && config.recipient_list.length === 0) {
    reasons.push('recipients is "list" and recipient_list is empty: every recipient would be refused.');
  }
  if (config.recipients !== 'list' && config.recipient_list.length > 0) {
    reasons.push(`recipient_list is set and recipients is "${config.recipients}": it would not be read.`);
  }
  reasons.push(...ldapFaults(config), ...alterationFaults(config), ...keptTextsFaults(config));
  if (config.forwarding.learn === 'trust' && config.history.keep === 'off') {
    reasons.push('forwarding.learn is "trust" and history.keep is "off": nothing could be learnt.');
  }
  for (const { address, tls } of config.smtp.listen) {
    const faults = tls === undefined ? [] : [tls, ...tls.more_certificates].map(tlsFault);
    for (const fault of faults) if (fault !== null) reasons.push(`smtp.listen ${address}: ${fault}`);
  }
  reasons.push(...routeFaults(config));
  for (const key of ['xclient_from', 'proxy_protocol_from'] as const) {
    const everybody = config.smtp[key].find(isEverybody);
    if (everybody !== undefined)
      reasons.push(`smtp.${key} ${everybody} is everybody: any client could claim to be any other.`);
  }
  if (config.trusted_networks.some(isEverybody)) {
    reasons.push('trusted_networks holds everybody: any client could say by a Received field whose mail it brings.');
  }
  if (config.forwarders.some(({ networks }) => networks?.some(isEverybody))) {
    reasons.push('forwarders holds everybody: no failed DMARC or SPF would count.');
  }
  if ((config.smtp.greeting_delay ?? 0) > 60_000) {
    // RFC 5321 §4.5.3.2.1: clients wait 5 minutes for it, and many not so long.
    reasons.push('smtp.greeting_delay is more than 1m: clients would not wait for the greeting.');
  }
  for (const url of namedNextHops(config)) {
    if (config.smtp.listen.some(({ address }) => isSameSocket(url, address))) {
      reasons.push(`the next hop ${url} is our own listener: mail would go round in circles.`);
    }
  }
  return reasons;
}

const isEverybody = (network: string): boolean => network.endsWith('/0');

function isSameSocket(url: string, listen: string): boolean {
  const [, host, port = '25'] = /^smtp:\/\/(.+?)(?::(\d+))?\/?$/.exec(url) ?? [];
  if (host === undefined || !listen.endsWith(`:${Number(port)}`)) return false;
  const isAnyAddress = /^(?:0\.0\.0\.0|\[::\]):/.test(listen);
  return listen === `${host}:${Number(port)}` || (isAnyAddress && isLoopback(`${host}:${port}`));
}

function tlsFault({ cert, key }: { readonly cert: string; readonly key: string }): string | null {
  try {
    createSecureContext({ cert, key });
    return null;
  } catch (cause) {
    const reason = errorText(cause);
    return `tls.cert and tls.key are not a certificate in PEM with its key; files are named by file:PATH (${reason})`;
  }
}
