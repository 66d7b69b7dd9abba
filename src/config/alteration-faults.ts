// Settings of alterations and signatures that contradict each other, or cannot work.

import type { Config } from './schema.ts';
import { signingKeyFault } from './signing-keys.ts';

export function alterationFaults(config: Config): readonly string[] {
  return [...keyFaults(config), ...contradictions(config)];
}

function keyFaults({ dkim, arc }: Config): readonly string[] {
  const keys = Object.entries(dkim.sign).map(([domain, { key }]) => ({ name: `dkim.sign.${domain}.key`, key }));
  if (arc.seal !== undefined) keys.push({ name: 'arc.seal.key', key: arc.seal.key });
  return keys.flatMap(({ name, key }) => {
    const fault = signingKeyFault(key);
    return fault === null ? [] : [`${name}: ${fault}`];
  });
}

function contradictions({ dkim, arc, subject_tag, banner, domains }: Config): readonly string[] {
  const reasons: string[] = [];
  const signed = Object.keys(dkim.sign);
  if (signed.length > 0 && dkim.sign_from.length === 0)
    reasons.push('dkim.sign is set and dkim.sign_from is empty: nothing would be signed. List your own servers there.');
  if (signed.length === 0 && dkim.sign_from.length > 0)
    reasons.push('dkim.sign_from is set and dkim.sign is empty: there is no key to sign with.');
  const everybody = dkim.sign_from.find(network => network.endsWith('/0'));
  if (everybody !== undefined)
    reasons.push(`dkim.sign_from ${everybody} is everybody: any client could have its forgeries signed.`);
  if (arc.seal?.when === 'altered' && subject_tag === undefined && banner === undefined)
    reasons.push(
      'arc.seal is for what is altered, and nothing is: set subject_tag or banner, or arc.seal.when: relayed.',
    );
  const foreign = foreignTo(Object.keys(domains));
  for (const domain of signed.filter(foreign))
    reasons.push(`dkim.sign.${domain} is not under "domains": we sign for domains of ours alone.`);
  for (const domain of banner?.domains.filter(foreign) ?? [])
    reasons.push(`banner.domains ${domain} is not under "domains": it has no recipients here.`);
  return reasons;
}

/** None is where no domains are listed. */
function foreignTo(ours: readonly string[]): (domain: string) => boolean {
  return domain => ours.length > 0 && !ours.includes(domain);
}
