// The distinct web addresses of a body, each as it first stands there, and those that they hold.

import type { Body } from './body.ts';
import type { AddressKind } from './html-addresses.ts';
import { maxRedirects, redirectTarget } from './redirectors.ts';
import { addressesInText, maxWebAddresses, type PlacedAddress, webAddress } from './urls.ts';

interface Written {
  readonly kind: AddressKind;
  readonly written: string;
  readonly shown: string;
  readonly base: string;
}

/** At most `maxWebAddresses`, in their order; those that others hold stand behind all that are written. */
export function webAddresses(body: Body): readonly PlacedAddress[] {
  const found = new Map<string, PlacedAddress>();
  for (const { kind, written, shown, base } of writtenIn(body)) {
    if (found.size >= maxWebAddresses) break;
    const address = webAddress(written, base);
    if (address !== null && !found.has(address.href))
      found.set(address.href, { ...address, kind, shown, depth: 0, holder: '' });
  }
  // Following the ones that are added as well, until one is too deep.
  for (const address of found.values()) {
    if (found.size >= maxWebAddresses) break;
    const inner = isFollowed(address) ? held(address) : null;
    if (inner !== null && !found.has(inner.href)) found.set(inner.href, inner);
  }
  return [...found.values()];
}

/** The address that a link holds, as it leads there; null where it holds none. */
export function held(address: PlacedAddress): PlacedAddress | null {
  const target = redirectTarget(address.href);
  const inner = target === null ? null : webAddress(target);
  return inner === null
    ? null
    : { ...inner, kind: 'redirected', shown: address.shown, depth: address.depth + 1, holder: address.host };
}

/** Pictures are loaded through others all the time, and nobody is led anywhere. */
const isFollowed = ({ kind, depth }: PlacedAddress): boolean => isFollowable(kind) && depth < maxRedirects;

/** Whether a reader gets there by a click. */
export const isFollowable = (kind: AddressKind): boolean => kind !== 'src' && kind !== 'srcset' && kind !== 'css';

function* writtenIn(body: Body): Generator<Written> {
  for (const html of body.html) {
    const base = /^https?:/i.test(html.base) ? html.base : '';
    for (const { href, text } of html.links) yield { kind: 'href', written: href, shown: text, base };
    for (const { kind, written } of html.addresses) yield { kind, written, shown: '', base };
    for (const written of addressesInText(html.text)) yield { kind: 'text', written, shown: '', base: '' };
  }
  for (const text of body.texts)
    for (const written of addressesInText(text)) yield { kind: 'text', written, shown: '', base: '' };
}
