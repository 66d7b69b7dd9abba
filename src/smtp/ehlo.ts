// What a client is offered in the reply to EHLO, and what a command that asks for more is told.

import type { Reply } from '../model/reply.ts';
import type { Extensions } from './options.ts';
import { replies } from './replies.ts';
import { introducedAttributes } from './xclient.ts';

/** RFC 5321 §4.1.1.1: who says HELO is offered nothing; content with 8 bits was never refused. */
export const noExtensions: Extensions = {
  maxBytes: null,
  is8bit: true,
  isUtf8: false,
  isDsn: false,
  isProvisional: false,
};

/** What is offered on this connection beside the extensions of the next hops. */
export interface LineOffer {
  readonly maxBytes: number;
  readonly offersTls: boolean;
  /** By XCLIENT and XFORWARD. */
  readonly mayIntroduce: boolean;
}

const introducing = ['XCLIENT', 'XFORWARD'].map(verb => `${verb} ${introducedAttributes.join(' ')}`);

export function ehloKeywords({ is8bit, isUtf8, isDsn }: Extensions, line: LineOffer): readonly string[] {
  return [
    'PIPELINING',
    `SIZE ${line.maxBytes}`,
    ...(is8bit ? ['8BITMIME'] : []),
    ...(isUtf8 ? ['SMTPUTF8'] : []),
    ...(isDsn ? ['DSN'] : []),
    'CHUNKING',
    ...(line.offersTls ? ['STARTTLS'] : []),
    'ENHANCEDSTATUSCODES',
    ...(line.mayIntroduce ? introducing : []),
  ];
}

/**
 * A proxy passes on what it offered, not what we offer (smtpd_proxy_filter of Postfix). While a next hop is down that is
 * no reason to have the mail returned.
 */
export function soFar(refusal: Reply, { isProvisional }: Extensions): Reply {
  const isOfExtension = refusal === replies.unknownParameter || refusal === replies.addressNotAscii;
  return isProvisional && isOfExtension ? replies.extensionsUnknown : refusal;
}
