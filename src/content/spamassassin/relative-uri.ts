// A relative address made absolute, as SpamAssassin 4.0.1 does it: after RFC 3986 §5.2, laxly.

interface Parts {
  readonly scheme: string | undefined;
  readonly authority: string | undefined;
  readonly path: string;
  readonly query: string | undefined;
  readonly fragment: string | undefined;
}

export function absoluteUri(base: string, reference: string): string {
  const of = partsOf(base);
  const given = partsOf(reference);
  const isWhole = given.scheme !== undefined && given.scheme !== of.scheme;
  const target = isWhole ? given : within(of, given);
  return written(isWhole || given.authority !== undefined ? { ...target, path: withoutDots(target.path) } : target);
}

function partsOf(uri: string): Parts {
  const [, scheme, authority, path = '', query, fragment] =
    /^(?:([^:/?#]+):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?/.exec(uri) ?? [];
  return { scheme, authority, path, query, fragment };
}

function within(base: Parts, { authority, path, query, fragment }: Parts): Parts {
  const { scheme } = base;
  if (authority !== undefined) return { scheme, authority, path, query, fragment };
  if (path === '') return { ...base, query: query ?? base.query, fragment };
  const whole = path.startsWith('/') ? path : merged(base, path);
  return { scheme, authority: base.authority, path: withoutDots(whole), query, fragment };
}

function merged(base: Parts, path: string): string {
  if (base.authority !== undefined && base.path === '') return `/${path}`;
  return base.path.slice(0, base.path.lastIndexOf('/') + 1) + path;
}

/** RFC 3986 §5.2.4. */
function withoutDots(path: string): string {
  const segments = path.replace(/^\.\.?\//, '/').split('/');
  const kept: string[] = [];
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1;
    if (segment === '..' && index > 0) kept.splice(Math.max(kept.length > 1 ? kept.length - 1 : 1, 1));
    else if (segment !== '.' || index === 0) kept.push(segment);
    if (isLast && index > 0 && (segment === '.' || segment === '..')) kept.push('');
  }
  return kept.join('/');
}

function written({ scheme, authority, path, query, fragment }: Parts): string {
  const guessed = /^www\d*\./i.test(authority ?? '') ? 'http:' : /^ftp\d*\./i.test(authority ?? '') ? 'ftp:' : '';
  return [
    scheme === undefined || scheme === '' ? guessed : `${scheme}:`,
    authority === undefined ? '' : `//${authority}`,
    path,
    query === undefined ? '' : `?${query}`,
    fragment === undefined ? '' : `#${fragment}`,
  ].join('');
}
