// Two verifiers of DKIM and ARC that are not ours: mailauth, and dkimpy, which Debian has as python3-dkim.

import { spawnSync } from 'node:child_process';
import { arc } from 'mailauth/lib/arc/index.js';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';

/** TXT records by name. */
export type Records = Readonly<Record<string, string>>;

export interface Verdicts {
  /** For each DKIM signature from the top: `pass`, or what it is instead. */
  readonly dkim: readonly string[];
  /** Of the ARC chain. */
  readonly arc: string;
}

export async function byMailauth(message: Uint8Array, records: Records): Promise<Verdicts> {
  const resolver = async (name: string): Promise<string[][]> => {
    const record = records[name];
    if (record === undefined) throw Object.assign(new Error('no such record'), { code: 'ENOTFOUND' });
    return [[record]];
  };
  const verified = await dkimVerify(Buffer.from(message), { strict: true, resolver });
  const results = verified.results.filter(({ status }) => status.result !== 'none');
  const chain = await arc(verified.arc as Parameters<typeof arc>[0], { strict: true, resolver });
  return { dkim: results.map(({ status }) => status.result), arc: chain ? chain.status.result : 'none' };
}

const script = `
import json, sys, dkim
records = json.loads(sys.argv[1])
def dns(name, timeout=5):
    record = records.get(name.decode().rstrip('.'))
    return None if record is None else record.encode()
message = sys.stdin.buffer.read()
verifier = dkim.DKIM(message)
count = len([1 for name, _ in verifier.headers if name.lower() == b'dkim-signature'])
def passes(index):
    try:
        return 'pass' if dkim.DKIM(message).verify(idx=index, dnsfunc=dns) else 'fail'
    except dkim.DKIMException as error:
        return 'error: ' + str(error)
cv, _, _ = dkim.arc_verify(message, dnsfunc=dns)
print(json.dumps({'dkim': [passes(i) for i in range(count)], 'arc': cv.decode()}))
`;

const python = '/usr/bin/python3';

let isInstalled: boolean | null = null;

/** For node:test's `skip`. @throws in CI, where a missing part is a failure. */
export function missingDkimpy(): string | false {
  isInstalled ??= spawnSync(python, ['-c', 'import dkim, nacl']).status === 0;
  if (isInstalled) return false;
  const reason = 'dkimpy is not installed (Debian packages python3-dkim, python3-nacl)';
  if (process.env.CI === 'true') throw new Error(reason);
  return reason;
}

export function byDkimpy(message: Uint8Array, records: Records): Verdicts {
  const { status, stdout, stderr } = spawnSync(python, ['-c', script, JSON.stringify(records)], { input: message });
  if (status !== 0) throw new Error(`dkimpy: ${stderr}`);
  return JSON.parse(String(stdout)) as Verdicts;
}
