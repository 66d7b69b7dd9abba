// The LDAP directory, where it is configured: its settings, what it says to the log, and how well it is.

import { join } from 'node:path';
import type { Config } from '../../config/schema.ts';
import type { Clock } from '../../model/clock.ts';
import type { Component } from '../../observe/health.ts';
import type { Log, LogFields } from '../../observe/log.ts';
import { type DirectoryEvent, type DirectoryStatus, LdapDirectory } from '../../recipients/ldap-directory.ts';
import { readInThread } from '../../recipients/ldap-reader.ts';
import type { LdapSource } from '../../recipients/ldap-source.ts';
import { repeated } from './repeated.ts';

type Ldap = NonNullable<Config['ldap']>;

const second = 1000;
const minute = 60 * second;

interface World {
  readonly clock: Clock;
  readonly log: Log;
}

/** @throws ConfigError for a filter that cannot be read. */
export async function ldapDirectoryOf(config: Config, ldap: Ldap, { clock, log }: World): Promise<LdapDirectory> {
  // Most have no LDAP, and its code takes 4 MB.
  const { askFor, parseFilter } = await import('../../recipients/ldap-search.ts');
  parseFilter(ldap.filter);
  return new LdapDirectory(
    {
      source: ldapSourceOf(ldap),
      file: join(config.data_dir, 'recipients.txt'),
      refreshMs: ldap.refresh,
      maxAgeMs: ldap.max_age,
      maxShrinkPercent: ldap.max_shrink,
      asksUnknown: ldap.ask_unknown,
      unknownMs: 5 * minute,
      pauseMs: 10 * second,
      maxAnswers: 100_000,
      maxQuestions: 8,
    },
    {
      clock,
      readAll: readInThread,
      // A few entries, not all: a small part of what a reading may take.
      askFor: (source, addresses) => askFor({ ...source, maxBytes: 1024 ** 2 }, addresses),
      heard: event => say(log, event),
    },
  );
}

/** Profiles by group out of the copy on disk, for commands that run beside the gateway. */
export async function savedGroupProfile(config: Config, world: World): Promise<(address: string) => string | null> {
  if (config.ldap === undefined) return () => null;
  const directory = await ldapDirectoryOf(config, config.ldap, world);
  await directory.load();
  return address => directory.profileOf(address);
}

export function ldapSourceOf(ldap: Ldap): LdapSource {
  const { bind_dn: dn, bind_password: password } = ldap;
  return {
    urls: ldap.url,
    isStartTls: ldap.starttls,
    ca: ldap.ca ?? null,
    credentials: dn === undefined || password === undefined ? null : { dn, password },
    base: ldap.base,
    filter: ldap.filter,
    attributes: ldap.attributes,
    groups: Object.entries(ldap.groups).map(([group, profile]) => ({ dn: group, profile })),
    pageSize: ldap.page_size,
    timeoutMs: ldap.timeout,
    maxAddresses: ldap.max_addresses,
    maxBytes: ldap.max_size,
  };
}

/** Reads now and every `refresh`; sooner after a failure: at the first start nobody is known until it is read. */
export function startRefreshing(ldap: LdapDirectory, config: Config): () => void {
  const refreshMs = config.ldap?.refresh ?? minute;
  const stopping = new AbortController();
  const stop = repeated(async () => {
    const isRead = await ldap.refresh(stopping.signal);
    return isRead ? refreshMs : Math.min(refreshMs, minute);
  });
  return () => {
    stop();
    stopping.abort();
  };
}

const levels = {
  loaded: 'info',
  read: 'info',
  held_back: 'error',
  not_read: 'error',
  not_loaded: 'warn',
  not_kept: 'error',
  not_asked: 'warn',
} as const satisfies Record<DirectoryEvent['kind'], keyof Log>;

const words: Readonly<Record<DirectoryEvent['kind'], string>> = {
  loaded: 'recipients loaded from the last good copy',
  read: 'recipients read from LDAP',
  held_back: 'recipients of LDAP held back: too many are gone, the last good copy stays',
  not_read: 'recipients not read from LDAP: the last good copy stays',
  not_loaded: 'the last good copy of the recipients cannot be used',
  not_kept: 'the copy of the recipients was not written to disk',
  not_asked: 'LDAP did not answer for a recipient',
};

function say(log: Log, event: DirectoryEvent): void {
  log[levels[event.kind]](fieldsOf(event), words[event.kind]);
}

function fieldsOf({ kind: _, ...event }: DirectoryEvent): LogFields {
  if ('cause' in event) return { err: event.cause };
  if (!('reading' in event)) return event;
  const { reading, ...fields } = event;
  return { ...fields, ...reading };
}

const reasons: Readonly<Record<NonNullable<DirectoryStatus['fault']>, string>> = {
  not_read: 'the directory could not be read, the last good copy answers',
  empty: 'the directory had no addresses, the last good copy answers',
  held_back: 'too many addresses are gone from the directory, the last good copy answers',
};

/** `down` until it was read once: until then every recipient hears 451. */
export function ldapHealth(ldap: LdapDirectory, clock: Clock): Component {
  const { book, fault } = ldap.status;
  if (book === null) return { state: 'down', reason: 'the directory was never read' };
  const figures = { addresses: book.addresses, age_seconds: ageSeconds(book.readAt, clock) };
  if (fault === null) return { state: 'up', reason: null, figures };
  return { state: 'degraded', reason: reasons[fault], figures };
}

export const ageSeconds = (readAt: number, clock: Clock): number => Math.round((clock.now() - readAt) / second);
