// Dates of header fields (RFC 5322 §3.3), as seconds since 1970.

/** 0 where it is none. */
export function epochSeconds(value: string): number {
  // The platform reads nearly any text as a date, so it is only asked about what has a day, a month's name and a year.
  if (!/\b\d{1,2} +[A-Za-z]{3,9} +\d{2,4} +\d{1,2}:\d{2}/.test(value.slice(0, 100))) return 0;
  const ms = Date.parse(value.slice(0, 100).replace(/\([^()]*\)/g, ''));
  return Number.isFinite(ms) ? Math.round(ms / 1000) : 0;
}

/** Whether a date is written as RFC 5322 §3.3 has it, zones of §4.3 and comments included. */
export const isWellWritten = (value: string): boolean =>
  /^(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), {0,3})?\d{1,2} +(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +\d{4} +\d{2}:\d{2}(?::\d{2})? +(?:[+-]\d{4}|UT|GMT|[ECMP][SD]T|[A-IK-Z])(?: *\([^()]{0,100}\))? *$/i.test(
    value.slice(0, 200),
  );

/** Whether the zone is one that no clock on earth has: beyond -12:00 to +14:00, or not of whole quarters of an hour. */
export function hasOddZone(value: string): boolean {
  const [, sign, hours, minutes] = / ([+-])(\d{2})(\d{2})(?: |$)/.exec(value.slice(0, 100)) ?? [];
  if (hours === undefined) return false;
  const offset = Number(hours) * 60 + Number(minutes);
  return Number(minutes) % 15 !== 0 || Number(minutes) > 45 || offset > (sign === '-' ? 12 : 14) * 60;
}

/** The date at the end of a Received field (RFC 5321 §4.4), behind its last semicolon; 0 where there is none. */
export const receivedSeconds = (value: string): number => epochSeconds(value.slice(value.lastIndexOf(';') + 1).trim());
