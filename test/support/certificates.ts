// Certificates for tests, made as they are needed by OpenSSL.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Ending, tempDir } from './temp.ts';

export interface MadeCertificate {
  /** Paths of PEM files. */
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Self-signed for a day, good for `names`. */
export function makeCertificate(t: Ending, ...names: readonly string[]): MadeCertificate {
  const folder = tempDir(t);
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const kind = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
  const subject = [
    '-subj',
    '/CN=a certificate of the tests',
    '-addext',
    `subjectAltName=${names.map(n => `DNS:${n}`)}`,
  ];
  execFileSync('openssl', [...kind, ...subject, '-keyout', keyFile, '-out', certFile], { stdio: 'pipe' });
  return { certFile, keyFile, cert: readFileSync(certFile), key: readFileSync(keyFile) };
}
