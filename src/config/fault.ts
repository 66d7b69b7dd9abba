// For the kill harness: the process kills itself at the N-th reach of a named state. Only with NODE_ENV=test.

import type { FaultPoint, Faults } from '../model/clock.ts';
import { noFaults } from '../model/clock.ts';

/** `POSTERN_FAULT=R5b-final-dot-sent:3`: SIGKILL at the third final dot. */
export function faultsFromEnvironment(environment: Readonly<Record<string, string | undefined>> = process.env): Faults {
  const [point, times = '1'] = (environment.POSTERN_FAULT ?? '').split(':');
  if (environment.NODE_ENV !== 'test' || point === '') return noFaults;
  let left = Number(times);
  return (reached: FaultPoint) => {
    if (reached !== point) return;
    left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
  };
}
