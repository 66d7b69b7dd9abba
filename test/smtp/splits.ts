// The same bytes cut in every way that matters: chunk boundaries are where wire parsers break.

/** Runs `check` with `wire` whole, cut at every position, cut at every pair of positions, and byte by byte. */
export function everySplitOf(wire: string, check: (chunks: readonly Buffer[]) => void): void {
  const bytes = Buffer.from(wire, 'latin1');
  check([bytes]);
  check([...bytes].map(byte => Buffer.of(byte)));
  for (let i = 1; i < bytes.length; i++) {
    check([bytes.subarray(0, i), bytes.subarray(i)]);
    for (let j = i + 1; j < bytes.length; j++) {
      check([bytes.subarray(0, i), bytes.subarray(i, j), bytes.subarray(j)]);
    }
  }
}
