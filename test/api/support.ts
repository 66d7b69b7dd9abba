// The API on a free port of loopback, over a store and a main thread that a test fills and watches. Every answer that
// comes through `ask` is held against what the table of routes declares.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';
import { type ApiLimits, apiLimits } from '../../src/api/limits.ts';
import { sharedAnswers } from '../../src/api/openapi.ts';
import type { MainThread } from '../../src/api/ports.ts';
import type { AnswerKind, Route } from '../../src/api/route.ts';
import { routes, routesWithoutToken } from '../../src/api/routes.ts';
import { buildApi } from '../../src/api/server.ts';
import { createToken, openTokens, type Scope, scopes } from '../../src/api/tokens.ts';
import type { LedgerRecord, RefusalRecord } from '../../src/model/disposition.ts';
import { type Id, newId } from '../../src/model/ids.ts';
import type { Message } from '../../src/model/message.ts';
import { reply } from '../../src/model/reply.ts';
import type { Verdict } from '../../src/model/verdict.ts';
import { withFields } from '../../src/observe/log.ts';
import type { ApiRequest } from '../../src/observe/metrics.ts';
import type { ProfileInForce } from '../../src/rules/counterfactuals.ts';
import type { Setting, SettingAnswer, SettingEdit } from '../../src/rules/settings.ts';
import type { AccessFilter, AddResult, KeptAccessEntry } from '../../src/store/access.ts';
import type { LedgerFilter } from '../../src/store/ledger.ts';
import type { Entry, EntryFilter, Page, ReleaseResult } from '../../src/store/quarantine.ts';
import type { DrawAnswer, GivenLabel, Sample, SampledMessage } from '../../src/store/reviews.ts';
import type { TrialAnswer, TrialJob } from '../../src/trial/job.ts';
import { countingRandom, FakeClock } from '../support/clock.ts';
import { type Ending, tempDir } from '../support/temp.ts';

export const clock = new FakeClock();
const random = countingRandom();
let ids = 0;
/** An id that no other call gives. */
export function anId(): Id {
  ids += 1;
  return newId(new FakeClock(clock.now() + ids), random);
}

export interface LogLine {
  readonly level: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly event: string;
}

export interface AskOptions {
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
}

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; undefined where it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into what it just asked for
  readonly json: any;
}

export type TestApi = Awaited<ReturnType<typeof startTestApi>>;

/** What the fakes answer, and what they were asked: tests change the one and read the other. */
class Fakes {
  readonly entries = new Map<Id, Entry>();
  readonly bytes = new Map<Id, Uint8Array>();
  readonly records = new Map<Id, LedgerRecord | RefusalRecord>();
  readonly access = new Map<Id, KeptAccessEntry>();
  readonly added: { by: string; key: string | null }[] = [];
  addResult: Exclude<AddResult, { status: 'added' }> | null = null;
  readonly filters: { filter: EntryFilter | LedgerFilter | AccessFilter; limit: number; cursor: string | null }[] = [];
  readonly releases: { entry: Id; recipients: readonly string[] | 'all'; key: string | null }[] = [];
  readonly deletions: Id[] = [];
  readonly profiles = new Map<string, ProfileInForce>();
  readonly settings = new Map<string, Setting>();
  readonly changes: { edit: SettingEdit; versions: readonly string[] | null; by: string }[] = [];
  settingAnswer: SettingAnswer = { status: 'unknown' };
  releaseResult: ReleaseResult = { status: 'done', copies: [] };
  readonly trials: { id: Id; job: TrialJob }[] = [];
  readonly endedTrials: Id[] = [];
  trial: (id: Id) => Promise<TrialAnswer> = async () => ({ status: 'busy' });
  whenTrialEnds = (): void => {};
  readonly labels = new Map<Id, GivenLabel>();
  labelFailure: Error | null = null;
  readonly samples: Sample[] = [];
  readonly sampled = new Map<Id, readonly SampledMessage[]>();
  drawAnswer: DrawAnswer = { status: 'nothing' };
  failure: Error | null = null;
  isReady = true;
  nextCursor: string | null = null;
}

export async function startTestApi(t: Ending, limits: Partial<ApiLimits> = {}, isOnLoopback = true) {
  const fakes = new Fakes();
  const log: LogLine[] = [];
  const answered: ApiRequest[] = [];
  const tokens = await openTokens(join(tempDir(t), 'api-tokens.json'), null);
  const secrets = new Map<Scope, string>();
  for (const scope of scopes) {
    const { token, secret } = createToken(scope, [scope], clock, random);
    await tokens.add(token);
    secrets.set(scope, secret);
  }
  const app = buildApi(
    { isOnLoopback, limits: { ...apiLimits, ...limits } },
    {
      store: storeOf(fakes),
      main: mainOf(fakes),
      tokens,
      clock,
      random,
      log: withFields({}, (level, fields, event) => log.push({ level, fields, event })),
      answered: request => answered.push(request),
    },
  );
  await app.listen({ host: '127.0.0.1', port: 0 });
  t.after(() => app.close());
  const { port } = app.server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return {
    app,
    url,
    fakes,
    log,
    answered,
    tokens,
    tokenFor: (scope: Scope): string => secrets.get(scope) ?? '',
    /** Asks with the admin's token unless another, or null for none, is given. */
    ask: (method: string, path: string, options: AskOptions = {}) =>
      ask(url, method, path, { token: secrets.get('admin') ?? null, ...options }),
    /** Sends these bytes and gives all that comes back until the server closes. */
    raw: (bytes: string) => rawExchange(port, bytes),
  };
}

function storeOf(fakes: Fakes) {
  const page = <T>(
    items: T[],
    filter: EntryFilter | LedgerFilter | AccessFilter,
    limit: number,
    cursor: string | null,
  ): Page<T> => {
    if (fakes.failure !== null) throw fakes.failure;
    fakes.filters.push({ filter, limit, cursor });
    return { items: items.slice(0, limit), cursor: fakes.nextCursor };
  };
  return {
    quarantine: {
      get: async (id: Id) => fakes.entries.get(id) ?? null,
      list: async (filter: EntryFilter, limit: number, cursor: string | null) =>
        page([...fakes.entries.values()], filter, limit, cursor),
      message: async (id: Id) => messageOf(fakes.bytes.get(id)),
    },
    ledger: {
      get: async (id: Id) => fakes.records.get(id) ?? null,
      search: async (filter: LedgerFilter, limit: number, cursor: string | null) =>
        page([...fakes.records.values()], filter, limit, cursor),
    },
    access: {
      get: async (id: Id) => fakes.access.get(id) ?? null,
      list: async (filter: AccessFilter, limit: number, cursor: string | null) =>
        page([...fakes.access.values()], filter, limit, cursor),
    },
    reviews: {
      label: async (message: Id) => fakes.labels.get(message) ?? null,
      labels: async () => [...fakes.labels.values()],
      samples: async () => fakes.samples,
      sampled: async (sample: Id) => fakes.sampled.get(sample) ?? [],
    },
  };
}

function mainOf(fakes: Fakes): MainThread {
  return {
    release: async (entry, recipients, key) => {
      fakes.releases.push({ entry, recipients, key });
      return fakes.releaseResult;
    },
    delete: async entry => {
      fakes.deletions.push(entry);
      return fakes.entries.delete(entry);
    },
    addAccess: async (given, by, key) => {
      fakes.added.push({ by, key });
      if (fakes.addResult !== null) return fakes.addResult;
      const entry = { ...given, id: anId(), addedAt: clock.now(), addedBy: by };
      fakes.access.set(entry.id, entry);
      return { status: 'added', entry };
    },
    removeAccess: async id => fakes.access.delete(id),
    runTrial: (id, job) => {
      fakes.trials.push({ id, job });
      return fakes.trial(id);
    },
    endTrial: async id => {
      fakes.endedTrials.push(id);
      fakes.whenTrialEnds();
    },
    label: async given => {
      if (fakes.labelFailure !== null) throw fakes.labelFailure;
      fakes.labels.set(given.message, given);
      return given;
    },
    drawSample: async () => fakes.drawAnswer,
    alive: async () => {
      if (fakes.failure !== null) throw fakes.failure;
    },
    health: async () => ({
      isReady: fakes.isReady,
      components: { clamd: { state: 'up', reason: null, figures: { signature_age_seconds: 60 } } },
    }),
    setting: async ({ kind, name }) => fakes.settings.get(`${kind} ${name}`) ?? null,
    changeSetting: async (edit, versions, by) => {
      fakes.changes.push({ edit, versions, by });
      return fakes.settingAnswer;
    },
    profileInForce: async name => fakes.profiles.get(name) ?? null,
    exposition: async () => '# HELP postern_up x\n# TYPE postern_up gauge\npostern_up 1\n',
  };
}

function messageOf(bytes: Uint8Array | undefined): Message | null {
  if (bytes === undefined) return null;
  return {
    sizeBytes: bytes.length,
    sha256: '00'.repeat(32),
    hadBareNewlines: false,
    header: new Uint8Array(),
    bytes: async () => {
      const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
      shared.set(bytes);
      return shared;
    },
    async *chunks() {
      for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
    },
  };
}

async function ask(url: string, method: string, path: string, options: AskOptions): Promise<Answered> {
  const { token = null, headers = {}, body } = options;
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...headers },
    ...(body === undefined ? {} : { body, duplex: 'half' }),
  });
  const text = await response.text();
  const isJson = /^application\/(?:problem\+)?json/.test(response.headers.get('content-type') ?? '');
  const json = isJson && text !== '' ? JSON.parse(text) : undefined;
  const answer = { status: response.status, headers: response.headers, text, json };
  expectDeclared(method, path, answer);
  return answer;
}

/** Fails for a status, a type or a body that the table of routes, and so the OpenAPI document, does not have. */
function expectDeclared(method: string, path: string, { status, headers, text, json }: Answered): void {
  const type = headers.get('content-type') ?? '';
  assert.equal(headers.get('x-content-type-options'), 'nosniff');
  const route = routeAt(method === 'HEAD' ? 'GET' : method, path);
  if (route === undefined) {
    assert.ok(status === 404 || status === 405 || status === 400, `${status} for ${path}`);
    return;
  }
  const isOpen = routesWithoutToken.includes(`${route.method} ${route.path}`);
  const kinds: (AnswerKind | undefined)[] = [route.answers[status], sharedAnswers(route, isOpen)[status]];
  const contents = kinds.filter(kind => kind !== undefined).map(kind => kind.content);
  // An id that cannot be one is answered before the route: 404 is declared by every route with an id.
  assert.ok(contents.length > 0, `${method} ${route.path} does not declare ${status}`);
  if (method === 'HEAD') return;
  assert.ok(
    contents.some(content => fits(content, type, text, json)),
    `${method} ${route.path} ${status} ${type}: ${text.slice(0, 500)}`,
  );
}

function fits(content: AnswerKind['content'], type: string, text: string, json: unknown): boolean {
  if (content === null) return text === '';
  if (typeof content === 'string') return type.startsWith(content);
  return type.startsWith('application/') && strict(content).safeParse(json).success;
}

/** Outputs may not have members that the document does not name. */
const strict = (schema: z.ZodType): z.ZodType =>
  schema instanceof z.ZodObject && schema.def.catchall === undefined ? schema.strict() : schema;

function routeAt(method: string, path: string): Route | undefined {
  const segments = (path.split('?')[0] ?? '').split('/');
  return routes.find(route => {
    const expected = route.path.split('/');
    return (
      route.method === method &&
      expected.length === segments.length &&
      expected.every((part, i) => part.startsWith('{') || part === segments[i])
    );
  });
}

async function rawExchange(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let received = '';
  socket.setEncoding('latin1');
  socket.on('data', chunk => {
    received += chunk;
  });
  // The server may close while we still write: what it said before counts.
  socket.on('error', () => {});
  socket.write(bytes, 'latin1');
  await once(socket, 'close');
  return received;
}

export function anEntry(over: Partial<Entry> = {}): Entry {
  return {
    id: anId(),
    transaction: anId(),
    receivedAt: clock.now(),
    clientAddress: '203.0.113.9',
    reversePath: 'sender@example.net',
    recipients: [{ path: 'a@example.com', state: 'held', reply: null, releasedAt: null }],
    is8bit: false,
    isUtf8: false,
    dsn: null,
    reason: 'policy',
    reply: null,
    profile: 'default',
    score: 8125,
    hits: [
      {
        symbol: 'PHARMA_BRAND_SUBJECT',
        group: 'pharma',
        score: 2500,
        weight: 1500,
        points: 3750,
        setBy: 'rules/content/pharma.yaml:12',
        because: 'the subject says VIAGRA',
      },
    ],
    subject: 'Cheap pills',
    headerFrom: 'Doctor <doctor@example.net>',
    sizeBytes: 1234,
    sha256: 'ab'.repeat(32),
    state: 'held',
    ...over,
  };
}

export const aVerdict: Verdict = {
  profile: 'default',
  score: 6250,
  thresholds: { tag: 5000, quarantine: 8000, reject: null },
  action: 'quarantine',
  hits: anEntry().hits,
  floors: [{ action: 'quarantine', name: 'policy:dmarc', because: 'p=quarantine' }],
  notJudged: [{ symbol: 'X', reason: 'auth.dmarc failed: DNS timeout' }],
  missing: [{ check: 'clamav', reason: 'connection refused' }],
};

export function aRecord(over: Partial<LedgerRecord> = {}): LedgerRecord {
  const id = anId();
  return {
    kind: 'message',
    id,
    at: clock.now(),
    envelope: {
      id,
      connection: {
        id: anId(),
        clientAddress: '203.0.113.9',
        clientPort: 4711,
        clientName: null,
        spokeEarly: false,
        direction: 'inbound',
        connectedAt: clock.now(),
      },
      helo: 'mail.example.net',
      protocol: 'ESMTPS',
      tls: { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' },
      reversePath: 'sender@example.net',
      is8bit: false,
      isUtf8: false,
      parameters: [],
      recipients: [{ path: 'john.doe@example.com', parameters: [] }],
      startedAt: clock.now(),
    },
    sizeBytes: 1234,
    sha256: 'ab'.repeat(32),
    evidence: {
      facts: {
        'auth.spf': { state: 'observed', ms: 12, value: { result: 'pass' } },
        clamav: { state: 'failed', ms: 3, reason: 'connection refused' },
        html: { state: 'skipped', reason: 'no HTML' },
      },
      patternHits: {
        digest: 'd',
        hits: [
          { symbol: 'A', field: 'subject', saw: 'VIAGRA' },
          { symbol: 'C', field: 'text', saw: '!', count: 7 },
        ],
        overran: ['B'],
      },
      timings: { 'auth.spf': 12 },
    },
    groups: [
      {
        profile: 'default',
        mode: 'enforce',
        isRole: false,
        recipients: ['john.doe@example.com'],
        verdict: aVerdict,
      },
    ],
    outcomes: [
      { path: 'john.doe@example.com', disposition: 'quarantined', entry: anId() },
      {
        path: 'b@example.com',
        disposition: 'relayed',
        nextHop: 'smtp://127.0.0.1:25',
        reply: reply(250, '2.0.0', 'Ok'),
      },
      { path: 'c@example.com', disposition: 'relayed-before' },
    ],
    reply: reply(250, '2.0.0', `Ok: queued as ${id}`),
    timings: { inspect: 12.34567, total: 15 },
    ...over,
  };
}

export function aRefusal(): RefusalRecord {
  return {
    kind: 'refusal',
    id: anId(),
    at: clock.now(),
    clientAddress: '203.0.113.9',
    reversePath: null,
    forwardPath: null,
    reply: reply(421, '4.7.0', 'Too many connections'),
    times: 1,
  };
}
