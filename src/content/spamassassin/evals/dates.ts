// Eval functions that compare the Date with the times that servers on the way wrote.

import { secondsOf } from '../date.ts';
import { decodedValues } from '../header.ts';
import { type Examined, field, type Holds, isStated, once } from './examined.ts';

export const dateEvals: Readonly<Record<string, Holds>> = {
  check_for_shifted_date: (of, [least, most]) => {
    const seconds = shift(of);
    return (!isStated(least) || seconds >= 3600 * Number(least)) && (!isStated(most) || seconds < 3600 * Number(most));
  },
  check_outlook_message_id: of => {
    const stamp = /^<[0-9a-f]{4}([0-9a-f]{8})\$[0-9a-f]{8}\$[0-9a-f]{8}@/.exec(field(of, 'MESSAGEID'))?.[1];
    if (stamp === undefined) return false;
    const told = ['date', 'received'].map(name => stampOf(field(of, name)));
    return told.every(expected => Math.abs(Number.parseInt(stamp, 16) - expected) >= 250);
  },
};

/** The time that a mail reader of its name notes in the message's id. */
const stampOf = (date: string): number => Math.trunc((secondsOf(date) ?? 0) * 0.0023283064365387 + 27111902.8329849);

const receivedTime = /\s.?\d+ \S\S\S \d+ \d+:\d+:\d+ \S+/;

/** Seconds that the Date is ahead of the nearest time that a server wrote. */
const shift = once((of: Examined): number => {
  const stated = ['resent-date', 'date']
    .flatMap(name => decodedValues(of.message.fields, name))
    .map(date => (date === '' ? null : secondsOf(date)))
    .find(time => time !== null);
  if (stated === undefined) return 0;
  const shifts = serverTimes(of).map(time => stated - time);
  const isLastEqual = shifts.length > 1 && shifts.at(-1) === 0;
  const compared = isLastEqual ? shifts.slice(0, -1) : shifts;
  return compared.toSorted((a, b) => Math.abs(a) - Math.abs(b))[0] ?? 0;
});

function serverTimes(of: Examined): readonly number[] {
  const lines = field(of, 'received')
    .split('\n')
    .filter(line => /[^\t-\r ]/.test(line));
  const isLocal = /\bfrom (?:localhost\s|(?:\S+ ){1,2}\S*\b127\.0\.0\.1\b)|qmail \d+ invoked by uid \d+/.test(
    lines[0] ?? '',
  );
  const after = isLocal ? lines.slice(1) : lines;
  // Who fetched the message out of a mailbox wrote when.
  const isFetched = /\bby localhost with \w+ \(fetchmail-[\d.]+/.test(after[0] ?? '');
  const kept = isFetched ? after.slice(1) : lines;
  return kept.flatMap(line => {
    const written = receivedTime.exec(line)?.[0];
    return written === undefined ? [] : (secondsOf(written) ?? []);
  });
}
