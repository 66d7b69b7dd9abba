// Bearer tokens: 256 random bits, kept as their SHA-256 in a file that only we can read, each with its scopes.

import { createHash, timingSafeEqual } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { Clock, Random } from '../model/clock.ts';
import { ConfigError } from '../model/failure.ts';
import { type Id, isId, newId } from '../model/ids.ts';

/** `admin` implies the others, and alone may make and revoke tokens. */
export const scopes = [
  'quarantine:read',
  'quarantine:release',
  'ledger:read',
  'access:read',
  'access:write',
  'settings:read',
  'settings:write',
  'metrics:read',
  'admin',
] as const;
export type Scope = (typeof scopes)[number];

const storedToken = z.strictObject({
  id: z.custom<Id>(value => typeof value === 'string' && isId(value)),
  name: z.string(),
  scopes: z.array(z.enum(scopes)).readonly(),
  /** SHA-256 in hexadecimal. Enough for 256 random bits: there is no dictionary to try. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  createdAt: z.number(),
});
const tokenFile = z.strictObject({ version: z.literal(1), tokens: z.array(storedToken) });

export type Token = Readonly<z.infer<typeof storedToken>>;

/** What a presented secret stands for. */
export interface Bearer {
  /** The token's id, or `bootstrap` for the one of the configuration. */
  readonly id: string;
  /** The token's, or `bootstrap`. */
  readonly name: string;
  readonly scopes: readonly Scope[];
}

/** What RFC 6750 §2.1 lets a client send. */
const presentable = /^[A-Za-z0-9._~+/-]+=*$/;

/** A new token and its secret, which is nowhere kept and shown this once. */
export function createToken(name: string, granted: readonly Scope[], clock: Clock, random: Random) {
  const secret = `postern_${Buffer.from(random(32)).toString('base64url')}`;
  const token: Token = {
    id: newId(clock, random),
    name,
    scopes: [...granted],
    hash: hashOf(secret).toString('hex'),
    createdAt: clock.now(),
  };
  return { token, secret };
}

const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();

export interface Tokens {
  /** Whose `secret` is; null when it is nobody's. Takes as long for a near miss as for a far one. */
  bearerOf(secret: string): Bearer | null;
  list(): readonly Token[];
  /** Durable when it resolves. */
  add(token: Token): Promise<void>;
  /** Durable when it resolves. False when there was none. */
  revoke(id: string): Promise<boolean>;
}

/**
 * The tokens of `file`, and the configuration's, which may do all and is not stored.
 * @throws ConfigError when the file cannot be understood, or when the configured token cannot be sent in a header.
 */
export async function openTokens(file: string, bootstrapToken: string | null): Promise<Tokens> {
  if (bootstrapToken !== null && !presentable.test(bootstrapToken))
    throw new ConfigError('api.bootstrap_token has characters that a bearer token cannot have (RFC 6750 section 2.1)');
  const bootstrap = bootstrapToken === null ? null : { hash: hashOf(bootstrapToken), bearer: bootstrapBearer };
  let tokens: readonly Token[] = await readTokens(file);
  let lastWrite: Promise<unknown> = Promise.resolve();
  const change = <T>(step: () => Promise<T>): Promise<T> => {
    const done = lastWrite.then(step);
    lastWrite = done.catch(() => {});
    return done;
  };
  const replace = async (next: readonly Token[]) => {
    await writeTokens(file, next);
    tokens = next;
  };
  return {
    bearerOf: secret => bearerAmong(bootstrap === null ? tokens.map(kept) : [bootstrap, ...tokens.map(kept)], secret),
    list: () => tokens,
    add: token => change(() => replace([...tokens, token])),
    revoke: id =>
      change(async () => {
        const rest = tokens.filter(token => token.id !== id);
        if (rest.length === tokens.length) return false;
        await replace(rest);
        return true;
      }),
  };
}

const bootstrapBearer: Bearer = { id: 'bootstrap', name: 'bootstrap', scopes: ['admin'] };
const kept = (token: Token) => ({ hash: Buffer.from(token.hash, 'hex'), bearer: token });

/** Compares with every token, whichever matches: the time says nothing of which, or how nearly. */
function bearerAmong(all: readonly { hash: Buffer; bearer: Bearer }[], secret: string): Bearer | null {
  const presented = hashOf(secret);
  return all.filter(({ hash }) => timingSafeEqual(hash, presented))[0]?.bearer ?? null;
}

async function readTokens(file: string): Promise<readonly Token[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw new ConfigError('the file of API tokens cannot be read', { file, cause: error });
  });
  if (text === null) return [];
  try {
    return tokenFile.parse(JSON.parse(text)).tokens;
  } catch (cause) {
    throw new ConfigError('the file of API tokens cannot be understood', { file, cause });
  }
}

/** Written beside and renamed: a crash leaves the old file or the new one, whole. */
async function writeTokens(file: string, tokens: readonly Token[]): Promise<void> {
  const unfinished = `${file}.new`;
  await mkdir(dirname(file), { recursive: true });
  // Made anew, because the mode applies to new files only.
  await rm(unfinished, { force: true });
  const handle = await open(unfinished, 'wx', 0o600);
  try {
    await handle.writeFile(`${JSON.stringify({ version: 1, tokens }, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(unfinished, file);
  const directory = await open(dirname(file), 'r');
  await directory.sync().finally(() => directory.close());
}
