// Units stand in the values: `45s`, `50MiB`. A bare number is refused, so that nobody has to guess.

const durations = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const sizes = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;

/** `45s` in milliseconds; null when `text` is not a duration. */
export function parseDuration(text: string): number | null {
  return scaled(text, durations);
}

/** `50MiB` in bytes; null when `text` is not a size. */
export function parseSize(text: string): number | null {
  return scaled(text, sizes);
}

/** `0.5%` as a share of 1; null when `text` is not a percentage of at most 100. */
export function parsePercent(text: string): number | null {
  const match = /^(\d{1,3}(?:\.\d{1,4})?)%$/.exec(text);
  const percent = Number(match?.[1] ?? Number.NaN);
  return percent <= 100 ? percent / 100 : null;
}

/** `0.005` as `0.5%`. */
export const showPercent = (share: number): string => `${Number((share * 100).toFixed(4))}%`;

function scaled(text: string, units: Readonly<Record<string, number>>): number | null {
  const match = /^(\d+(?:\.\d+)?)([A-Za-z]+)$/.exec(text);
  const factor = units[match?.[2] ?? ''];
  return match === null || factor === undefined ? null : Math.round(Number(match[1]) * factor);
}

/** `90000` as `90s`: the largest unit that leaves an integer. */
export function showDuration(ms: number): string {
  return shown(ms, durations);
}

/** `52428800` as `50MiB`. */
export function showSize(bytes: number): string {
  return shown(bytes, sizes);
}

function shown(value: number, units: Readonly<Record<string, number>>): string {
  const fitting = Object.entries(units).filter(([, factor]) => value % factor === 0 && value >= factor);
  const [unit, factor] = fitting.at(-1) ?? Object.entries(units)[0] ?? ['', 1];
  return `${value / factor}${unit}`;
}
