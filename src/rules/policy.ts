// Policy beside the score (DESIGN.md section 5): what asks for at least an action, whatever the points, so that no evidence
// of ham cancels it; and which checks must not be missing.

import type { Facts } from '../model/evidence.ts';
import { type Floor, type Hit, showPoints, type Verdict } from '../model/verdict.ts';
import type { Profile } from './profile.ts';
import { visible } from './visible.ts';

/** What the configuration says of policy, the same for all profiles. */
export interface Policy {
  /** Domains whose published p=reject is obeyed without other evidence (RFC 9989); `*` is all. */
  readonly dmarcEnforce: readonly string[];
  /** Lists and forwarders that only history speaks for lift a failed DMARC, as far as a tag. Left out, they do not. */
  readonly trustsLearnt?: boolean;
}

/** Rules of this group found malware: the profile's `malware` says what follows, for every recipient. */
export const malwareGroup = 'malware';

/** Rules of this group found an entry by which the administrator blocks. */
export const blockGroup = 'blocked';

/** The floor that holds for role addresses and the null reverse-path too. */
export const malwareFloor = 'policy:malware';

export function policyFloors(facts: Facts, hits: readonly Hit[], profile: Profile, policy: Policy): readonly Floor[] {
  return [
    ...hits.flatMap(hit => alwaysFloor(hit, profile)),
    ...hits.flatMap(hit => malware(hit, profile)),
    ...dmarc(facts, hits, profile, policy),
    ...headerFrom(facts),
    ...fileTypes(facts, profile),
  ];
}

/** Of `facts`, what may ask for something: with these alone `policyFloors` says the same, under whatever profile. */
export function policyFacts(facts: Facts): Facts {
  const { result, policy, domain, reason } = observed(facts, 'auth.dmarc');
  const { extensions } = observed(facts, 'attachments');
  const value = (of: object) => ({ state: 'observed', ms: 0, value: of }) as const;
  const hasFiles = Array.isArray(extensions) && extensions.length > 0;
  return {
    ...(result === 'fail' && { 'auth.dmarc': value({ result, policy, domain, reason }) }),
    ...(hasFiles && { attachments: value({ extensions: [...new Set(extensions.map(String))] }) }),
  };
}

function alwaysFloor(hit: Hit, profile: Profile): readonly Floor[] {
  const action = profile.always.get(hit.symbol);
  return action === undefined ? [] : [{ action, name: `always:${hit.symbol}`, because: hit.because }];
}

function malware(hit: Hit, profile: Profile): readonly Floor[] {
  return hit.group === malwareGroup ? [{ action: profile.malware, name: malwareFloor, because: hit.because }] : [];
}

/**
 * A failed DMARC with p=quarantine or p=reject is at least quarantined, and p=reject refused only where something else speaks
 * against the message too, or for domains that the configuration names: RFC 9989 §8 asks receivers not to refuse on p=reject
 * alone. A forwarder or list that proves itself lifts it, on record.
 */
function dmarc(facts: Facts, hits: readonly Hit[], profile: Profile, policy: Policy): readonly Floor[] {
  const { result, policy: published, domain, reason } = observed(facts, 'auth.dmarc');
  if (result !== 'fail' || (published !== 'quarantine' && published !== 'reject')) return [];
  const failed = `DMARC of ${shown(domain)} fails, and it asks for p=${published}`;
  const proof = hits.find(hit => profile.dmarcOverrides.has(hit.symbol));
  if (proof !== undefined) return [lifted('deliver', failed, proof)];
  const isEnforced = published === 'reject' && isNamed(policy.dmarcEnforce, domain);
  const learnt = hits.find(hit => learntProofs.has(hit.symbol));
  if (policy.trustsLearnt === true && learnt !== undefined && !isEnforced) return [lifted('tag', failed, learnt)];
  // A hop of ours that cannot be read is our fault: SPF may have vouched.
  const isSure = published === 'reject' && reason !== 'origin_unknown';
  const grounds = isSure ? groundsToRefuse(hits, profile, isEnforced) : null;
  if (grounds === null) return [{ action: 'quarantine', name: 'policy:dmarc', because: failed }];
  return [{ action: 'reject', name: 'policy:dmarc', because: `${failed}; ${grounds}` }];
}

function lifted(action: 'deliver' | 'tag', failed: string, proof: Hit): Floor {
  return {
    action,
    name: 'policy:dmarc-overridden',
    because: `${failed}; lifted by ${proof.symbol}: ${proof.because}`,
  };
}

/** Weeks of good mail are an investment that an attacker can make: a tag is all that they are worth. */
export const learntProofs: ReadonlySet<string> = new Set(['LEARNT_LIST', 'LEARNT_FORWARDER']);

/** What these say follows from what DMARC says, so that it is no second opinion. */
const sameEvidence: ReadonlySet<string> = new Set(['authentication', 'spoofing']);

/** All of a hit that counts here beside its points: equal for hits that stand for each other. */
export function policyRole({ symbol, group }: Hit, profile: Profile): string {
  const role = [
    group === malwareGroup,
    group === blockGroup,
    sameEvidence.has(group),
    profile.always.get(symbol) ?? '',
  ];
  return [...role, profile.dmarcOverrides.has(symbol), learntProofs.has(symbol)].join();
}

/** What makes a failed p=reject a refusal, in words; null where nothing does. */
function groundsToRefuse(hits: readonly Hit[], profile: Profile, isEnforced: boolean): string | null {
  if (isEnforced) return 'dmarc.enforce names it';
  const proof = hits.find(hit => hit.group === malwareGroup || hit.group === blockGroup);
  if (proof !== undefined) return `${proof.symbol} speaks against it too`;
  const { quarantine, reject } = profile.thresholds;
  const score = hits.filter(hit => !sameEvidence.has(hit.group)).reduce((sum, hit) => sum + hit.points, 0);
  // Where a profile refuses nothing by score, the score is no ground here either.
  if (reject === null || score < quarantine) return null;
  return `without it the score is ${showPoints(score)}, which is quarantined too`;
}

/** Of the reasons for which `auth.dmarc` fails without a policy being asked, those in which readers would show different authors. */
const ambiguousAuthor = ['several_from_fields', 'several_author_domains', 'invalid_author_domain', 'readers_disagree'];

/** Without one author there is no domain that could vouch: DMARC fails closed (THREATS.md 23), which no points cancel. */
function headerFrom(facts: Facts): readonly Floor[] {
  const { result, reason } = observed(facts, 'auth.dmarc');
  if (result !== 'fail' || typeof reason !== 'string' || !ambiguousAuthor.includes(reason)) return [];
  return [{ action: 'quarantine', name: 'policy:from', because: `the author cannot be told: ${reason}` }];
}

function fileTypes(facts: Facts, profile: Profile): readonly Floor[] {
  const { extensions } = observed(facts, 'attachments');
  if (!Array.isArray(extensions)) return [];
  return [...new Set(extensions.map(String))].flatMap(extension => {
    const action = profile.fileTypes.get(extension);
    const because = `an attachment of the type .${extension}`;
    return action === undefined || action === 'deliver' ? [] : [{ action, name: 'policy:file-type', because }];
  });
}

/** The checks that this profile cannot do without and that could not run. Skipped is a choice of ours, not a failure. */
export function policyMissing(facts: Facts, profile: Profile): Verdict['missing'] {
  return [...profile.onFailure.keys()].flatMap(check => {
    const reason = failure(facts, check) ?? (check === 'auth.dmarc' ? dmarcUnknown(facts) : null);
    return reason === null ? [] : [{ check, reason }];
  });
}

function failure(facts: Facts, check: string): string | null {
  const observation = facts[check];
  return observation?.state === 'failed' ? observation.reason : null;
}

/** DNS that fails in authentication holds nothing up, unless a published policy that would refuse could not be checked. */
function dmarcUnknown(facts: Facts): string | null {
  const { result, policy, domain } = observed(facts, 'auth.dmarc');
  if (result !== 'temperror' || policy !== 'reject') return null;
  return `DMARC of ${shown(domain)} asks for p=reject and could not be checked`;
}

function observed(facts: Facts, check: string): Readonly<Record<string, unknown>> {
  const observation = facts[check];
  const value = observation?.state === 'observed' ? observation.value : null;
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function isNamed(domains: readonly string[], domain: unknown): boolean {
  return domains.includes('*') || (typeof domain === 'string' && domains.includes(domain.toLowerCase()));
}

function shown(value: unknown): string {
  return visible(String(value ?? '?'), 120);
}
