// What we use of mailauth. Only lazy-mailauth.ts imports this module.

export { arc } from 'mailauth/lib/arc/index.js';
export { evaluateDmarc } from 'mailauth/lib/dmarc/index.js';
export { spf } from 'mailauth/lib/spf/index.js';
export { verifyDkim } from './dkim-verifier.ts';
