// What a configuration that is read again would change, and a running gateway does not: keys, and never their values.

import type { Config } from './schema.ts';

/** Where the rules are and what feeds their lists: taken when they are loaded again. */
export type RuleLists = Pick<Config, 'rules' | 'lists' | 'forwarders'> & {
  readonly arc: Pick<Config['arc'], 'trusted_sealers'>;
};

/** `config` with the rules and lists of another. */
export const withLists = (config: Config, { rules, lists, forwarders, arc }: RuleLists): Config => ({
  ...config,
  rules,
  lists,
  forwarders,
  arc: { ...config.arc, trusted_sealers: arc.trusted_sealers },
});

/**
 * As the schema has them: `next_hop`, `smtp.max_connections`. Certificates, rules and the lists that they read are apart:
 * they are renewed while it runs.
 */
export function changedKeys(before: Config, after: Config): readonly string[] {
  const { smtp: smtpBefore, arc: arcBefore, ...restBefore } = withLists(before, after);
  const { smtp: smtpAfter, arc: arcAfter, ...restAfter } = after;
  return [
    ...differing(restBefore, restAfter),
    ...differing(arcBefore, arcAfter).map(key => `arc.${key}`),
    ...differing(withoutCertificates(smtpBefore), withoutCertificates(smtpAfter)).map(key => `smtp.${key}`),
  ];
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
