// Entries as they are asked for: by what they name and whom they are for. A question costs the same among ten entries and a
// hundred thousand, whatever a sender writes into a message.

import { type AccessSubject, addressBits, type PlacedEntry, scopesOf } from '../model/access.ts';
import { comparableDomain, comparablePath, domainOf, type Path } from '../model/address.ts';
import type { AccessMatch, AccessTraits } from '../model/ask.ts';
import type { EpochMs } from '../model/clock.ts';

export class AccessIndex {
  /** By name, then by scope: a name that each of many recipients blocks costs a look-up for each recipient at hand. */
  readonly #byName = new Map<string, Map<string, PlacedEntry[]>>();
  /** Lengths of the prefixes that networks have or had, by the length of an address: there are not many. */
  readonly #prefixes = new Map<number, Set<number>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** One that says no more than another is left out: of a line that is repeated, one is found. */
  add(entry: PlacedEntry): void {
    const name = nameOf(entry);
    const scopes = this.#byName.get(name) ?? new Map<string, PlacedEntry[]>();
    const entries = scopes.get(entry.scope) ?? [];
    if (entries.some(other => other.kind === entry.kind && end(other) >= end(entry))) return;
    entries.push(entry);
    scopes.set(entry.scope, entries);
    this.#byName.set(name, scopes);
    this.#notePrefix(entry);
    this.#size += 1;
  }

  /** Takes this very entry out. */
  remove(entry: PlacedEntry): void {
    const name = nameOf(entry);
    const scopes = this.#byName.get(name);
    const entries = scopes?.get(entry.scope) ?? [];
    const rest = entries.filter(other => other !== entry);
    if (scopes === undefined || rest.length === entries.length) return;
    if (rest.length > 0) scopes.set(entry.scope, rest);
    else scopes.delete(entry.scope);
    if (scopes.size === 0) this.#byName.delete(name);
    this.#size -= 1;
  }

  /**
   * Entries in force at `now` that name a message of these traits, for all or for one of its recipients.
   * `namesOf` gives the names that a recipient has: the address, and it without its tag.
   */
  find(traits: AccessTraits, namesOf: (path: Path) => readonly Path[], now: EpochMs): readonly AccessMatch[] {
    if (this.#size === 0) return [];
    const named = this.#namesIn(traits).flatMap(name => this.#byName.get(name) ?? []);
    if (named.length === 0) return [];
    const scopes = ['', ...new Set(traits.recipients.flatMap(path => scopesOf(namesOf(path))))];
    return named
      .flatMap(byScope => scopes.flatMap(scope => byScope.get(scope) ?? []))
      .filter(({ expiresAt }) => expiresAt === null || now < expiresAt)
      .map(({ kind, subject, value, scope, setBy }) => ({ kind, subject, value, scope, setBy }));
  }

  #namesIn(traits: AccessTraits): readonly string[] {
    return [
      ...domainNames('aligned_domain', traits.alignedDomain),
      ...new Set(traits.signers.flatMap(signer => domainNames('dkim_signer', signer))),
      ...this.#networksOf(traits.clientAddress),
      ...addressNames('envelope_from', traits.reversePath),
      ...new Set(traits.headerFrom.flatMap(address => addressNames('header_from', address))),
    ];
  }

  #networksOf(address: string): readonly string[] {
    if (address === '') return [];
    const bits = addressBits(address);
    return [...(this.#prefixes.get(bits.length) ?? [])].map(length => networkName(bits, length));
  }

  #notePrefix({ subject, value }: PlacedEntry): void {
    if (subject !== 'network') return;
    const { bits, length } = networkIn(value);
    const lengths = this.#prefixes.get(bits.length) ?? new Set<number>();
    this.#prefixes.set(bits.length, lengths.add(length));
  }
}

const end = ({ expiresAt }: PlacedEntry): number => expiresAt ?? Number.POSITIVE_INFINITY;

function nameOf({ subject, value }: PlacedEntry): string {
  if (subject !== 'network') return `${subject} ${value}`;
  const { bits, length } = networkIn(value);
  return networkName(bits, length);
}

/** The length of the address tells the families apart. */
const networkName = (bits: string, length: number): string => `network ${bits.length} ${bits.slice(0, length)}`;

function networkIn(value: string): { readonly bits: string; readonly length: number } {
  const [address = '', prefix] = value.split('/');
  const bits = addressBits(address);
  return { bits, length: prefix === undefined ? bits.length : Number(prefix) };
}

function addressNames(subject: AccessSubject, address: string): readonly string[] {
  const domain = domainOf(address);
  return domain === null ? [] : [`${subject} ${comparablePath(address)}`, ...domainNames(subject, domain)];
}

/** `news.example.com` is named by itself, by `.example.com` and by `.com`. What is longer than any domain is named by nothing. */
function domainNames(subject: AccessSubject, written: string): readonly string[] {
  const domain = comparableDomain(written);
  if (domain === '' || domain.length > 253) return [];
  const names = [`${subject} ${domain}`];
  for (let dot = domain.indexOf('.'); dot >= 0; dot = domain.indexOf('.', dot + 1))
    names.push(`${subject} ${domain.slice(dot)}`);
  return names;
}
