// Keys that sign: whether one can be used, and the record that its public half is published in.

import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { errorText } from '../model/thrown.ts';

/** RFC 8301 §3.2 has verifiers take keys from 1024 bits on, and signers make them of 2048. */
const leastBits = 1024;

/** Why `pem` cannot sign, or null. */
export function signingKeyFault(pem: string): string | null {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (cause) {
    const isPublic = /-----BEGIN (?:RSA )?PUBLIC KEY-----/.test(pem);
    if (isPublic) return 'this is a public key; the private one signs';
    return `not a private key in PEM; files are named by file:PATH (${errorText(cause)})`;
  }
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'ed25519') return null;
  if (type !== 'rsa') return `a key of the type ${type}; DKIM and ARC sign with RSA or Ed25519`;
  const bits = details?.modulusLength ?? 0;
  return bits >= leastBits ? null : `an RSA key of ${bits} bits; verifiers take none below ${leastBits}`;
}

/**
 * What `SELECTOR._domainkey.DOMAIN` must hold for signatures by `pem`, a private key (RFC 6376 §3.6.1, RFC 8463 §4.2):
 * `v=DKIM1; k=rsa; p=...`. To be compared without white space.
 */
export function keyRecord(pem: string): string {
  const key = createPublicKey(pem);
  if (key.asymmetricKeyType === 'ed25519') {
    // The key itself: the last 32 octets of its SubjectPublicKeyInfo (RFC 8410 §4).
    const bytes = key.export({ type: 'spki', format: 'der' }).subarray(-32);
    return `v=DKIM1; k=ed25519; p=${bytes.toString('base64')}`;
  }
  return `v=DKIM1; k=rsa; p=${key.export({ type: 'spki', format: 'der' }).toString('base64')}`;
}
