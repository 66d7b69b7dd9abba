// What is to be altered in whose copies, by configuration, verdict and evidence. Nothing is done here.

import { authenticationResults } from '../../auth/results.ts';
import type { Config } from '../../config/schema.ts';
import type { FieldsInput } from '../../dispose/dispose.ts';
import { comparableDomain, domainOf, type Path } from '../../model/address.ts';
import type { AlterationNote, Asked, Banner, SealOrder, SigningKey } from '../../model/alteration.ts';
import type { Evidence } from '../../model/evidence.ts';
import { within } from '../../model/networks.ts';

/** What is asked for some recipients of a group. */
export interface Wishes extends Asked {
  readonly recipients: readonly Path[];
  /** What is known beforehand to be left undone. */
  readonly notes: readonly AlterationNote[];
}

/** For the recipients of a group, each in one of the parts. */
export function wishesBy(config: Config): (input: FieldsInput) => readonly Wishes[] {
  const isOwnServer = within(config.dkim.sign_from);
  const takesBanner = among(config.banner?.domains ?? []);
  return ({ envelope, evidence, group, action }) => {
    // Observing changes nothing but fields of ours.
    if (group.mode === 'observe') return [{ ...nothing, recipients: group.recipients }];
    const isOwn = isOwnServer(envelope.connection.clientAddress);
    const isTagged = action === 'tag';
    const signature = isOwn ? keyFor(config, evidence) : null;
    const subjectTag = isTagged ? (config.subject_tag ?? null) : null;
    const isExternal = !isOwn && !isProvenOurs(config, evidence);
    const bannered = bannerFor(config, { external: isExternal, tagged: isTagged, all: true });
    const parts = [
      { banner: bannered, recipients: group.recipients.filter(takesBanner) },
      { banner: null, recipients: group.recipients.filter(path => !takesBanner(path)) },
    ];
    return parts.map(({ banner, recipients }) => ({
      recipients,
      subjectTag,
      banner,
      signature,
      ...(signature === null ? sealFor(config, evidence, subjectTag !== null || banner !== null) : unsealed),
    }));
  };
}

/** What we sign by DKIM is our own, and needs nobody who vouches for what it was before. */
const unsealed = { seal: null, notes: [] } as const;
const nothing = { subjectTag: null, banner: null, signature: null, ...unsealed } as const;

/** Whether an address is in one of `domains`; all are where none are listed. */
function among(domains: readonly string[]): (path: Path) => boolean {
  const listed = new Set(domains);
  return path => listed.size === 0 || listed.has(domainOf(path) ?? '');
}

/** The key for the domain of the one address in the one From field. */
function keyFor({ dkim }: Config, { facts }: Evidence): SigningKey | null {
  const { count, addresses, domain: author } = observed(facts.from);
  if (count !== 1 || addresses !== 1) return null;
  const domain = comparableDomain(String(author));
  const key = Object.hasOwn(dkim.sign, domain) ? dkim.sign[domain] : undefined;
  return key === undefined ? null : { domain, ...key };
}

/** From names one of our domains, and DMARC says that it is right. */
function isProvenOurs({ domains }: Config, { facts }: Evidence): boolean {
  const { result, domain } = observed(facts['auth.dmarc']);
  return result === 'pass' && Object.hasOwn(domains, comparableDomain(String(domain)));
}

type When = NonNullable<Config['banner']>['when'];

function bannerFor({ banner }: Config, isWanted: Readonly<Record<When, boolean>>): Banner | null {
  if (banner === undefined || !isWanted[banner.when]) return null;
  return { text: banner.text, ascii: banner.ascii ?? null, html: banner.html ?? htmlOf(banner.text) };
}

function htmlOf(text: string): string {
  const escaped = text.trimEnd().replace(/[&<>"]/g, character => `&#${character.charCodeAt(0)};`);
  return `<div style="border:1px solid;padding:.5em;margin-bottom:1em">\n${escaped.replaceAll('\n', '<br>\n')}\n</div>`;
}

function sealFor({ arc, hostname }: Config, { facts }: Evidence, isChanged: boolean): Pick<Wishes, 'seal' | 'notes'> {
  if (arc.seal === undefined || !(isChanged || arc.seal.when === 'relayed')) return unsealed;
  const { when, ...by } = arc.seal;
  const { result: chain } = observed(facts['auth.arc']);
  // A seal must say what the chain was (RFC 8617 §4.4), and has no word for one that nobody could check.
  if (!isChain(chain))
    return { seal: null, notes: [{ what: 'arc_seal', isDone: false, detail: 'the chain could not be checked' }] };
  return { seal: { by, when, chain, authservId: hostname, results: authenticationResults(facts) }, notes: [] };
}

const isChain = (result: unknown): result is SealOrder['chain'] =>
  result === 'none' || result === 'pass' || result === 'fail';

function observed(fact: Evidence['facts'][string] | undefined): Readonly<Record<string, unknown>> {
  return fact?.state === 'observed' ? (fact.value as Readonly<Record<string, unknown>>) : {};
}
