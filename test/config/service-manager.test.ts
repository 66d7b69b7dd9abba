// What a service manager wants to hear is in the environment that it gives.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serviceManager } from '../../src/config/service-manager.ts';

const socket = '/run/systemd/notify';

const cases: readonly { name: string; environment: Record<string, string>; gives: unknown }[] = [
  { name: 'none where nobody listens', environment: {}, gives: null },
  { name: 'no watchdog', environment: { NOTIFY_SOCKET: socket }, gives: { watchdogMs: null } },
  {
    name: 'a watchdog, in microseconds',
    environment: { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '60000000', WATCHDOG_PID: '7' },
    gives: { watchdogMs: 60_000 },
  },
  {
    name: "another process's watchdog, inherited",
    environment: { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '60000000', WATCHDOG_PID: '8' },
    gives: { watchdogMs: null },
  },
  {
    name: 'a watchdog that is no number',
    environment: { NOTIFY_SOCKET: socket, WATCHDOG_USEC: 'soon' },
    gives: { watchdogMs: null },
  },
];
for (const { name, environment, gives } of cases)
  test(name, () => assert.deepEqual(serviceManager(environment, 7), gives));
