// What we use of mailauth. Import this module only dynamically: the list of checks is read by the main thread too,
// which verifies nothing and should not hold 27 MB of code for it.

export { arc } from 'mailauth/lib/arc/index.js';
export { evaluateDmarc } from 'mailauth/lib/dmarc/index.js';
export { spf } from 'mailauth/lib/spf/index.js';
export { verifyDkim } from './dkim-verifier.ts';
