// A certificate authority of the test's own, by OpenSSL: what it signs is trusted by whoever is given its certificate.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Ending, tempDir } from './temp.ts';

export interface Signed {
  /** PEM: the certificate and, behind it, that of its authority. */
  readonly cert: string;
  readonly key: string;
  readonly certFile: string;
  readonly keyFile: string;
}

export interface Authority {
  /** Its own certificate, in PEM. */
  readonly ca: string;
  /** For a year, or as long as `days` says; good for `names`, in subjectAltName or, with `inSubject`, in the subject alone. */
  issue(names: readonly string[], options?: { readonly days?: number; readonly inSubject?: boolean }): Signed;
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

export function makeAuthority(t: Ending): Authority {
  const folder = tempDir(t);
  const at = (name: string) => join(folder, name);
  const openssl = (...argv: readonly string[]) => execFileSync('openssl', argv, { stdio: 'pipe' });
  const [caFile, caKey] = [at('ca.pem'), at('ca.key')];
  openssl('req', '-x509', ...newKey, '-days', '365', '-subj', '/CN=authority', '-keyout', caKey, '-out', caFile);
  const ca = readFileSync(caFile, 'utf8');
  let issued = 0;
  return {
    ca,
    issue(names, { days = 365, inSubject = false } = {}) {
      const number = ++issued;
      const [certFile, keyFile] = [at(`${number}.pem`), at(`${number}.key`)];
      const san = inSubject ? [] : ['-addext', `subjectAltName=${names.map(name => `DNS:${name}`)}`];
      const subject = ['-subj', `/CN=${inSubject ? names[0] : 'a server'}`, ...san];
      const signing = ['-CA', caFile, '-CAkey', caKey, '-days', String(days)];
      const constraints = ['-addext', 'basicConstraints=critical,CA:FALSE'];
      const made = ['-x509', ...newKey, ...signing, ...subject, ...constraints, '-keyout', keyFile, '-out', certFile];
      openssl('req', ...made);
      return { cert: readFileSync(certFile, 'utf8') + ca, key: readFileSync(keyFile, 'utf8'), certFile, keyFile };
    },
  };
}
