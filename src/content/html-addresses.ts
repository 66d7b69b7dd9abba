// The addresses that an HTML element names, its link apart: pictures, forms, frames, styles, refreshes.

/** How a web address is given: written out, linked, loaded, sent to, or inside another address. */
export const addressKinds = ['href', 'text', 'form', 'src', 'srcset', 'css', 'redirected'] as const;
export type AddressKind = (typeof addressKinds)[number];

export interface FoundAddress {
  readonly kind: AddressKind;
  /** As written, at most 4,096 characters. */
  readonly written: string;
}

const kindOfAttribute: ReadonlyMap<string, AddressKind> = new Map([
  ['src', 'src'],
  ['background', 'src'],
  ['data', 'src'],
  ['poster', 'src'],
  ['action', 'form'],
  ['formaction', 'form'],
]);

/** Of one `srcset`, and of one style. */
const maxAddresses = 20;

export function* foundAddresses(element: string, attributes: ReadonlyMap<string, string>): Generator<FoundAddress> {
  for (const [attribute, value] of attributes) {
    const kind = kindOfAttribute.get(attribute);
    if (kind !== undefined) yield found(kind, value);
    else if (attribute === 'srcset') for (const candidate of candidates(value)) yield found('srcset', candidate);
    else if (attribute === 'style') for (const address of addressesInCss(value)) yield found('css', address);
    else if (attribute === 'content' && element === 'meta') yield* refreshTarget(value);
    else if (attribute === 'href' && element === 'link') yield found('css', value);
  }
}

const found = (kind: AddressKind, written: string): FoundAddress => ({ kind, written: written.trim().slice(0, 4096) });

/** `a.png 1x, b.png 2x` */
const candidates = (srcset: string): readonly string[] =>
  srcset
    .slice(0, 16 * 1024)
    .split(/,\s/, maxAddresses)
    .map(candidate => candidate.trim().split(/\s/, 1)[0] ?? '');

/** What stands in `url(...)`. */
function addressesInCss(css: string): readonly string[] {
  const addresses: string[] = [];
  for (let at = css.search(/url\(/i); at >= 0 && addresses.length < maxAddresses; ) {
    const end = css.indexOf(')', at);
    if (end < 0) break;
    addresses.push(
      css
        .slice(at + 4, Math.min(end, at + 4100))
        .trim()
        .replace(/^["']|["']$/g, ''),
    );
    const next = css.slice(end).search(/url\(/i);
    at = next < 0 ? -1 : end + next;
  }
  return addresses;
}

/** `<meta http-equiv=refresh content="0; url=...">` */
function* refreshTarget(content: string): Generator<FoundAddress> {
  const [, address] = /^[^=]{0,40}\burl\s{0,5}=\s{0,5}['"]?([^'"]{1,4096})/i.exec(content) ?? [];
  if (address !== undefined) yield found('href', address);
}
