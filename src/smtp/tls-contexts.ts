// The certificates of a listener, and which one a client gets by the name that it asks for (RFC 6066 §3).

import { X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import { ConfigError } from '../model/failure.ts';
import type { TlsMaterial, TlsOptions } from './options.ts';

interface Served {
  readonly certificate: X509Certificate;
  readonly context: SecureContext;
}

/** A name that a certificate may have; anything else that a client asks for is nobody's. */
const hostName = /^(?=.{1,253}$)[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/i;

export class TlsContexts {
  readonly #served: readonly [Served, ...Served[]];

  /** @throws ConfigError for what is no certificate in PEM with its key. */
  constructor(options: TlsOptions) {
    this.#served = servedBy(options);
  }

  /** What a client gets that asks for no name. */
  get first(): SecureContext {
    return this.#served[0].context;
  }

  /** The first certificate that is good for `name`, wildcards included; the first of all where none is. Never throws. */
  contextFor(name: string): SecureContext {
    const asked = name.replace(/\.$/, '');
    if (!hostName.test(asked)) return this.first;
    const found = this.#served.find(({ certificate }) => certificate.checkHost(asked) !== undefined);
    return found?.context ?? this.first;
  }
}

function servedBy({ certificates: [first, ...others], minVersion }: TlsOptions): readonly [Served, ...Served[]] {
  return [served(first, minVersion), ...others.map(material => served(material, minVersion))];
}

function served({ cert, key }: TlsMaterial, minVersion: TlsOptions['minVersion']): Served {
  try {
    return { certificate: new X509Certificate(cert), context: createSecureContext({ cert, key, minVersion }) };
  } catch (cause) {
    throw new ConfigError('not a certificate in PEM with its key', { cause });
  }
}
