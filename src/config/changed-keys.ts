// What a configuration that is read again would change, and a running gateway does not: keys, and never their values.

import type { Config } from './schema.ts';

/** In the order of the schema: `next_hop`, `smtp.max_connections`. Certificates are apart: they are renewed while it runs. */
export function changedKeys(before: Config, after: Config): readonly string[] {
  const { smtp: smtpBefore, ...restBefore } = before;
  const { smtp: smtpAfter, ...restAfter } = after;
  const keys = differing(restBefore, restAfter);
  const inSmtp = differing(withoutCertificates(smtpBefore), withoutCertificates(smtpAfter)).map(key => `smtp.${key}`);
  return [...keys, ...inSmtp];
}

function differing(before: object, after: object): string[] {
  const now = new Map(Object.entries(after));
  const then = new Map(Object.entries(before));
  const keys = new Set([...then.keys(), ...now.keys()]);
  return [...keys].filter(key => JSON.stringify(then.get(key)) !== JSON.stringify(now.get(key)));
}

function withoutCertificates(smtp: Config['smtp']): object {
  const listen = smtp.listen.map(({ tls, ...listener }) => ({ ...listener, tls: tls && { implicit: tls.implicit } }));
  return { ...smtp, listen };
}
