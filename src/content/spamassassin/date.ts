// The time that a date field says, as SpamAssassin 4.0.1 reads it: laxly, and never a time that cannot be.

const months = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
const month = `(${months.join('|')})`;
/** The day, the month, the year. */
const forms = [
  { form: new RegExp(String.raw` (\d+) ${month} (\d{4}) `, 'i'), places: [1, 2, 3] },
  { form: new RegExp(String.raw` ${month} +(\d+) \d+:\d+:\d+ (\d{4}) `, 'i'), places: [2, 1, 3] },
  { form: new RegExp(String.raw` (\d+) ${month} (\d{2,3}) `, 'i'), places: [1, 2, 3] },
] as const;

/** Hours and minutes ahead of UTC, by the names that are in use. */
const zones: ReadonlyMap<string, string> = new Map(
  Object.entries({
    '+0000': 'UT UTC GMT WET',
    '+0100': 'BST IST WEST CET MET MEZ',
    '+0200': 'CEST EET MEST MESZ',
    '+0300': 'EEST MSK IDT',
    '+0400': 'MSD',
    '+0800': 'AWST HKT SGT PHT',
    '+0900': 'JST KST',
    '+0930': 'ACST',
    '+1000': 'AEST',
    '+1030': 'ACDT',
    '+1100': 'AEDT',
    '+1200': 'NZST',
    '+1300': 'NZDT',
    '-0200': 'BRST',
    '-0230': 'NDT',
    '-0300': 'ADT BRT',
    '-0330': 'NST',
    '-0400': 'AST EDT',
    '-0500': 'EST CDT',
    '-0600': 'CST MDT',
    '-0700': 'MST PDT',
    '-0800': 'PST AKDT',
    '-0900': 'AKST HADT',
    '-1000': 'HST HAST',
  }).flatMap(([offset, names]) => names.split(' ').map(name => [name, offset])),
);

/** Seconds since 1970; null where no date is found. */
export function secondsOf(written: string): number | null {
  let rest = ` ${written} `.replace(/, */g, ' ').replace(/[\t-\r ]+/g, ' ');
  const take = (form: RegExp): RegExpExecArray | null => {
    const found = form.exec(rest);
    if (found !== null) rest = `${rest.slice(0, found.index)} ${rest.slice(found.index + found[0].length)}`;
    return found;
  };
  const day = dayIn(take);
  if (day === null) return null;
  const [, hours = 0, minutes = 0, , seconds = 0] = take(/ (\d?\d):(\d\d)(:(\d\d))? /) ?? [];
  const zone = take(/ ([-+]\d{4}) /)?.[1] ?? zones.get(take(/\b([A-Z]{2,4}(?:-DST)?)\b/)?.[1] ?? '') ?? '-0000';
  const time =
    day + 3600 * Math.min(23, Number(hours)) + 60 * Math.min(59, Number(minutes)) + Math.min(59, Number(seconds));
  return Math.max(0, time - offsetOf(zone));
}

function dayIn(take: (form: RegExp) => RegExpExecArray | null): number | null {
  for (const { form, places } of forms) {
    const found = take(form);
    if (found === null) continue;
    const [day = '', name = '', year = ''] = places.map(place => found[place] ?? '');
    return startOfDay(yearOf(year), months.indexOf(name.toLowerCase()), Number(day));
  }
  return null;
}

/** RFC 5322 §4.3: two digits and three. Years are kept within those that 32 bits can tell. */
function yearOf(written: string): number {
  const year = Number(written);
  const whole = written.length === 4 ? year : written.length === 2 && year < 50 ? year + 2000 : year + 1900;
  return Math.min(2037, Math.max(1970, whole));
}

/** A day that its month does not have is the first of the next one. */
function startOfDay(year: number, month: number, day: number): number | null {
  const daysOfMonth = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const time = day > daysOfMonth ? Date.UTC(year, month + 1, 1) : Date.UTC(year, month, day);
  return day === 0 ? null : time / 1000;
}

function offsetOf(zone: string): number {
  const [, sign, hours, minutes] = /^([-+])(\d\d)(\d\d)$/.exec(zone) ?? [];
  const seconds = 3600 * Number(hours) + 60 * Number(minutes);
  return sign === '-' ? -seconds : seconds;
}
