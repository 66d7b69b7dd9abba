// Allow and block entries: what they name, in the one form in which it is compared, and what they come to for a recipient.

import { isIP, isIPv6, SocketAddress } from 'node:net';
import { comparableDomain, comparablePath, domainOf, type Path } from './address.ts';
import type { EpochMs } from './clock.ts';
import { reversedLabels } from './reversed.ts';

export const accessKinds = ['allow', 'block'] as const;
export type AccessKind = (typeof accessKinds)[number];

/** What of a message an entry names. */
export const accessSubjects = ['aligned_domain', 'dkim_signer', 'network', 'envelope_from', 'header_from'] as const;
export type AccessSubject = (typeof accessSubjects)[number];

export interface AccessEntry {
  readonly kind: AccessKind;
  readonly subject: AccessSubject;
  /** As `accessValue` gives it. */
  readonly value: string;
  /** As `accessScope` gives it: an address, `@domain`, or `''` for all recipients. */
  readonly scope: string;
  /** From this instant on it is not in force; null for ever. */
  readonly expiresAt: EpochMs | null;
  readonly comment: string;
}

/** One that is in force. */
export interface PlacedEntry extends AccessEntry {
  /** `access/partners.txt:3`, `API 2026-11-22 by ops`. */
  readonly setBy: string;
}

/** What each subject may be, in words. */
export const accessValueWords: Readonly<Record<AccessSubject, string>> = {
  aligned_domain: 'expected a domain: example.com, or .example.com for what is below it',
  dkim_signer: 'expected a domain: example.com, or .example.com for what is below it',
  network: 'expected an address, or a network that begins at its address and is not everybody: 192.0.2.0/24',
  envelope_from: 'expected jane@example.com, example.com for all of it, or .example.com for what is below it',
  header_from: 'expected jane@example.com, example.com for all of it, or .example.com for what is below it',
};

/** `written` in the form in which it is compared; null where it is not what `subject` may be. */
export function accessValue(subject: AccessSubject, written: string): string | null {
  switch (subject) {
    case 'aligned_domain':
    case 'dkim_signer':
      return domainValue(written);
    case 'network':
      return networkValue(written);
    case 'envelope_from':
    case 'header_from':
      return written.lastIndexOf('@') > 0 ? addressValue(written) : domainValue(written.replace(/^@/, ''));
  }
}

function addressValue(written: string): string | null {
  const address = comparablePath(written);
  const domain = domainOf(address) ?? '';
  // SpamAssassin's `*@example.com` is example.com here: taken by the letter, it would be nobody's.
  if (written.includes('*')) return null;
  return written.length <= 320 && !domain.startsWith('.') && domainValue(domain) !== null ? address : null;
}

/** A label alone is a domain too: `.example` is all of a top-level domain. */
function domainValue(written: string): string | null {
  const isBelow = written.startsWith('.');
  const domain = comparableDomain(isBelow ? written.slice(1) : written);
  if (domain.length > 253 || !/^[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/.test(domain)) return null;
  return isBelow ? `.${domain}` : domain;
}

/** Bits beyond the prefix would be a slip of the keys, and a prefix of none is everybody. */
function networkValue(written: string): string | null {
  const [, address = '', prefix] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(written) ?? [];
  if (isIP(address) === 0) return null;
  const bits = addressBits(address);
  const length = Number(prefix ?? bits.length);
  if (length === 0 || length > bits.length || bits.includes('1', length)) return null;
  return length === bits.length ? canonical(address) : `${canonical(address)}/${length}`;
}

/** As RFC 5952 writes it. */
const canonical = (address: string): string =>
  isIPv6(address) ? new SocketAddress({ address, family: 'ipv6' }).address : address;

/** An address as a string of `0` and `1`, 32 or 128: the networks that hold it are its beginnings. */
export function addressBits(address: string): string {
  const labels = reversedLabels(address).split('.').reverse();
  const [base, width] = isIPv6(address) ? [16, 4] : [10, 8];
  return labels.map(label => Number.parseInt(label, base).toString(2).padStart(width, '0')).join('');
}

export const accessScopeWords = 'expected all, an address, or @domain for all of a domain';

/** `all`, `jane@example.com`, `@example.com` or `postmaster` in the form in which recipients are compared; null for others. */
export function accessScope(written: string): string | null {
  if (written === 'all') return '';
  if (!/^(?:\S*@[^@\s]+|postmaster)$/i.test(written) || written.length > 320) return null;
  return comparablePath(written);
}

/** The scopes that a recipient is in, those for all apart, by the names that it has: the address, and it without its tag. */
export function scopesOf(names: readonly Path[]): readonly string[] {
  const comparable = names.map(comparablePath);
  const domains = comparable.flatMap(name => domainOf(name) ?? []);
  return [...new Set([...comparable, ...domains.map(domain => `@${domain}`)])];
}

/** An entry that names a message, as evidence keeps it. */
export interface AccessRecord {
  readonly kind: AccessKind;
  readonly subject: AccessSubject;
  readonly value: string;
  /** Its scope. */
  readonly recipients: string;
  /** False for one that allows, where nothing proves that the message is whose it says. */
  readonly is_authenticated: boolean;
  readonly set_by: string;
}

/** Each with what it names and where it was set. */
export interface AccessSummary {
  readonly allowed: readonly string[];
  readonly blocked: readonly string[];
  readonly unauthenticated: readonly string[];
}

/** What `records` come to for recipients that are in `scopes`. */
export function accessFor(records: readonly AccessRecord[], scopes: readonly string[]): AccessSummary {
  const applying = records.filter(({ recipients }) => recipients === '' || scopes.includes(recipients));
  const shown = (kind: AccessKind, isAuthenticated: boolean) =>
    applying
      .filter(record => record.kind === kind && record.is_authenticated === isAuthenticated)
      .map(({ subject, value, set_by }) => `${subject} ${value} (${set_by})`);
  return {
    allowed: shown('allow', true),
    blocked: shown('block', true),
    unauthenticated: shown('allow', false),
  };
}
