// DKIM and what ARC needs of it, found in one reading of the message for all checks that ask.

import type { Mail } from '../content/mail.ts';
import { comparableDomain } from '../model/address.ts';
import type { Ask } from '../model/ask.ts';
import type { EpochMs } from '../model/clock.ts';
import { PermanentFailure } from '../model/failure.ts';
import type { ByteRange } from '../model/message.ts';
import type { DkimReading } from './dkim-verifier.ts';
import { mailauth } from './lazy-mailauth.ts';
import { type Lookups, lookups, queryShares } from './lookups.ts';
import {
  bytesWithout,
  exceedsLimits,
  fieldsNamed,
  isReadable,
  keyOf,
  type Signature,
  signaturesOf,
  signaturesToVerify,
} from './signed-bytes.ts';

/** The addresses of all From fields, as mailauth reads them, and the number of the fields. */
export interface From {
  readonly addresses: readonly string[];
  readonly fields: number;
}

export interface Verification {
  readonly from: From;
  /** All signatures of the message, and those that were verified. */
  readonly signatures: readonly Signature[];
  readonly verified: readonly Signature[];
  /** A result for each of `verified`, or the one `none`. */
  readonly results: DkimReading['results'];
  readonly arc: DkimReading['arc'];
  readonly lookups: Lookups;
}

/** What authentication says of a header that is too large to be read safely. */
export const headerLimits = 'header limits';

/** For all keys of a message; what has not come by then is a DNS failure. */
const keysMs = 8000;

const verifications = new WeakMap<Mail, Promise<Verification>>();
const headers = new WeakMap<Mail, Promise<DkimReading>>();

/** @throws PermanentFailure when the header exceeds its limits. */
export function verificationOf(subject: { mail: Mail; ask: Ask; receivedAt: EpochMs }): Promise<Verification> {
  const known = verifications.get(subject.mail) ?? verify(subject.mail, subject.ask, subject.receivedAt);
  verifications.set(subject.mail, known);
  return known;
}

/**
 * Who the message says it is from, whatever its signatures are.
 * @throws PermanentFailure when the header exceeds its limits.
 */
export async function fromOf(mail: Mail): Promise<From> {
  const { headerFrom, fromFields } = await unsignedHeaderOf(mail);
  return { addresses: headerFrom, fields: fromFields };
}

/** The fields that have mailauth read the body, and ask for keys. */
const signatureFields = ['dkim-signature', 'arc-seal', 'arc-message-signature', 'arc-authentication-results'];

const signaturesIn = (mail: Mail): readonly ByteRange[] => signatureFields.flatMap(name => fieldsNamed(mail, name));

/** mailauth's reading of the header without its signatures: nothing is looked up. */
function unsignedHeaderOf(mail: Mail): Promise<DkimReading> {
  const known = headers.get(mail) ?? readUnsignedHeader(mail);
  headers.set(mail, known);
  return known;
}

async function readUnsignedHeader(mail: Mail): Promise<DkimReading> {
  if (exceedsLimits(mail)) throw new PermanentFailure(headerLimits);
  const left = [...signaturesIn(mail)].sort((a, b) => a.start - b.start);
  const body = { start: mail.header.bodyStart, end: mail.raw.length };
  const { verifyDkim } = await mailauth();
  return verifyDkim(bytesWithout(mail, [...left, body]), { strict: true });
}

/** The domains that stand in From, in the form in which they are compared. */
export const domainsOf = (from: From): readonly string[] =>
  from.addresses.map(address => comparableDomain(address.slice(address.lastIndexOf('@') + 1)));

async function verify(mail: Mail, ask: Ask, receivedAt: EpochMs): Promise<Verification> {
  const from = await fromOf(mail);
  const signatures = signaturesOf(mail);
  const unreadable = new Set(signaturesIn(mail).filter(field => !isReadable(mail.raw, field)));
  const readable = signatures.filter(({ field }) => !unreadable.has(field));
  const verified = signaturesToVerify(readable, domainsOf(from));
  const keys = lookups(ask, { ...queryShares.dkim, elapsedMs: keysMs });
  askForKeys(keys, [...verified, ...newestArcSignature(mail)]);
  const others = signatures.filter(signature => !verified.includes(signature)).map(signature => signature.field);
  const left = [...new Set([...others, ...unreadable])].sort((a, b) => a.start - b.start);
  const { verifyDkim } = await mailauth();
  // The bytes of an unsigned body say nothing here: most of the work for a large message.
  const { results, arc } =
    signaturesIn(mail).length === 0
      ? await unsignedHeaderOf(mail)
      : await verifyDkim(bytesWithout(mail, left), {
          strict: true,
          curTime: new Date(receivedAt),
          resolver: keys.resolve,
        });
  return { from, signatures, verified: inOrder(verified), results, arc, lookups: keys };
}

const inOrder = (signatures: readonly Signature[]): readonly Signature[] =>
  [...signatures].sort((a, b) => a.field.start - b.field.start);

/** mailauth asks for one key after the other, and only when the body has been read; all of them are asked for here, at once. */
function askForKeys(keys: Lookups, signatures: readonly { domain: string; selector: string }[]): void {
  for (const { domain, selector } of signatures)
    if (domain !== '' && selector !== '') keys.resolve(`${selector}._domainkey.${domain}`, 'TXT').catch(() => {});
}

/** Of the ARC-Message-Signatures only the newest is verified; it stands first. */
const newestArcSignature = (mail: Mail) =>
  fieldsNamed(mail, 'arc-message-signature')
    .slice(0, 1)
    .map(field => keyOf(mail.raw, field));
