// What the service manager that started us wants to hear, from the environment that it gave (sd_notify(3), sd_watchdog_enabled(3)).

export interface ServiceManager {
  /** Null where it expects no signs of life. */
  readonly watchdogMs: number | null;
}

/** Null without a service manager that listens. */
export function serviceManager(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  pid = process.pid,
): ServiceManager | null {
  const { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID } = environment;
  if (NOTIFY_SOCKET === undefined) return null;
  const isForUs = WATCHDOG_PID === undefined || Number(WATCHDOG_PID) === pid;
  const watchdogMs = Math.floor(Number(WATCHDOG_USEC ?? 0) / 1000);
  return { watchdogMs: isForUs && watchdogMs > 0 ? watchdogMs : null };
}
