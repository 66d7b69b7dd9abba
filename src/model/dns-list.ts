// A list in the DNS (RFC 5782), as the configuration gives it and as a check sees it.

/** In the order of force. */
export const listWeights = ['strong', 'medium', 'weak'] as const;
export type ListWeight = (typeof listWeights)[number];

/** The lowest and the highest value of each octet of an answer. */
export type CodeRange = readonly (readonly [low: number, high: number])[];

/** Answers that mean the same. */
export interface ListClass {
  /** `sbl`. */
  readonly name: string;
  readonly weight: ListWeight;
  readonly codes: readonly CodeRange[];
}

export interface DnsList {
  readonly name: string;
  /** One that we ship with its codes, and with rules of its own. */
  readonly isPreset: boolean;
  readonly kind: 'block' | 'allow';
  /** What it is asked about: the client, and other hops that the message says it came through. */
  readonly of: readonly ('client' | 'received')[];
  readonly hasIpv6: boolean;
  /** No answer is in two of them. */
  readonly classes: readonly ListClass[];
}

/** `127.0.0.4-7` or `127.0.2-30.3`: each octet a number or a range of numbers; null for anything else. */
export function codeRange(text: string): CodeRange | null {
  const octets = text.split('.').map(octet => {
    const [, low = '', high = low] = /^(\d{1,3})(?:-(\d{1,3}))?$/.exec(octet) ?? [];
    return [Number(low || Number.NaN), Number(high || Number.NaN)] as const;
  });
  return octets.length === 4 && octets.every(([low, high]) => low <= high && high <= 255) ? octets : null;
}

/** Whether `address`, dotted, is one of `ranges`. */
export function isCodeOf(ranges: readonly CodeRange[], address: string): boolean {
  const octets = address.split('.').map(Number);
  return ranges.some(range => range.every(([low, high], i) => low <= (octets[i] ?? -1) && (octets[i] ?? -1) <= high));
}

/** Whether some answer is in both. */
export function overlap(a: CodeRange, b: CodeRange): boolean {
  return a.every(([low, high], i) => {
    const [otherLow, otherHigh] = b[i] ?? [1, 0];
    return low <= otherHigh && otherLow <= high;
  });
}
