// Every reply that the client's side originates, by name: what is sent, what is tested and what the reference page lists.

import { type Reply, reply } from '../model/reply.ts';

const table = {
  ok: reply(250, '2.0.0', 'Ok'),
  closing: reply(221, '2.0.0', 'Bye'),
  readyForTls: reply(220, '2.0.0', 'Ready to start TLS'),
  originatorOk: reply(250, '2.1.0', 'Originator ok'),
  recipientOk: reply(250, '2.1.5', 'Recipient ok'),
  willNotVerify: reply(252, '2.0.0', 'Addresses are verified by RCPT only'),
  startContent: reply(354, null, 'End data with <CR><LF>.<CR><LF>'),

  shuttingDown: reply(421, '4.3.2', 'Shutting down, try again later'),
  tooManyConnections: reply(421, '4.7.0', 'Too many connections, try again later'),
  tooManyFromSource: reply(421, '4.7.0', 'Too many connections from your network, try again later'),
  connectionRate: reply(421, '4.7.0', 'Too many connections from your network in a short time, try again later'),
  harvesting: reply(421, '4.7.0', 'Too many unknown recipients from your network, try again later'),
  tooManyErrors: reply(421, '4.7.0', 'Too many errors, closing the connection'),
  tooManyIdleCommands: reply(421, '4.7.0', 'Too many commands without mail, closing the connection'),
  commandTimedOut: reply(421, '4.4.2', 'No command in time, closing the connection'),
  transactionTimedOut: reply(421, '4.4.2', 'The transaction took too long, closing the connection'),
  lineTooLongClosing: reply(421, '4.7.0', 'Closing the connection'),

  failingClosing: reply(421, '4.3.0', 'Local error in processing, closing the connection'),

  messageRate: reply(450, '4.7.1', 'Too many messages from your network in a short time, try again later'),
  recipientRate: reply(450, '4.7.1', 'Too many recipients from your network in a short time, try again later'),
  senderRate: reply(450, '4.7.1', 'Too many messages from this sender in a short time, try again later'),
  recipientAddressRate: reply(450, '4.7.1', 'Too many messages for this recipient in a short time, try again later'),
  localError: reply(451, '4.3.0', 'Local error in processing, try again later'),
  extensionsUnknown: reply(451, '4.4.1', 'What the next hop supports is not known yet, try again later'),
  insufficientStorage: reply(452, '4.3.1', 'Insufficient storage, try again later'),
  tooManyRecipients: reply(452, '4.5.3', 'Too many recipients in one transaction'),

  unknownCommand: reply(500, '5.5.2', 'Command not recognised'),
  lineTooLong: reply(500, '5.5.2', 'Command line too long'),
  bareNewlineInCommand: reply(500, '5.5.2', 'Command lines end in CR LF, and neither stands alone'),
  badHelo: reply(501, '5.5.4', 'A host name or an address literal is needed'),
  noArguments: reply(501, '5.5.4', 'This command takes no arguments'),
  badParameter: reply(501, '5.5.4', 'Bad or repeated parameter'),
  badChunk: reply(501, '5.5.4', 'BDAT needs a size in octets, then LAST or nothing'),
  badReversePath: reply(501, '5.1.7', 'Bad address syntax in MAIL FROM:<address>'),
  badForwardPath: reply(501, '5.1.3', 'Bad address syntax in RCPT TO:<address>'),
  notImplemented: reply(502, '5.5.1', 'Command not implemented'),
  heloFirst: reply(503, '5.5.1', 'Send EHLO first'),
  mailFirst: reply(503, '5.5.1', 'Send MAIL first'),
  mailGiven: reply(503, '5.5.1', 'MAIL was given already'),
  contentBegun: reply(503, '5.5.1', 'The content is coming by BDAT already'),
  noTransactionAllowed: reply(503, '5.5.1', 'Not within a transaction'),
  tlsActive: reply(503, '5.5.1', 'TLS is active already'),
  recipientFirst: reply(554, '5.5.1', 'No valid recipients'),

  relayDenied: reply(550, '5.7.1', 'Source routes and indirect addresses are not relayed'),
  smuggled: reply(550, '5.6.11', 'End of data must be CR LF . CR LF; an imitation of it is refused'),
  bareNewline: reply(550, '5.6.11', 'A bare CR or LF in the message is refused'),
  xclientRefused: reply(550, '5.7.0', 'XCLIENT is not allowed here'),
  xforwardRefused: reply(550, '5.7.0', 'XFORWARD is not allowed here'),
  tooLarge: reply(552, '5.3.4', 'The message is larger than the limit'),
  nextHopNeedsAscii: reply(550, '5.6.7', 'The server of this recipient takes no addresses that are not ASCII'),
  addressNotAscii: reply(553, '5.6.7', 'Addresses that are not ASCII are taken with SMTPUTF8 only'),
  spokeTooSoon: reply(554, '5.5.1', 'Commands before the greeting are refused'),
  pipelinedEarly: reply(554, '5.5.1', 'Nothing may follow EHLO or HELO before its reply'),
  pipelinedTls: reply(554, '5.5.1', 'Nothing may follow STARTTLS before the handshake'),
  notHttp: reply(554, '5.5.1', 'This is not an HTTP server'),
  mailLoop: reply(554, '5.4.6', 'Too many Received fields, the message is looping'),
  unknownParameter: reply(555, '5.5.4', 'Parameter not recognised'),
} as const satisfies Readonly<Record<string, Reply>>;

export type ReplyName = keyof typeof table;
export const replies: Readonly<Record<ReplyName, Reply>> = table;

/** What is recorded of connections that end without a reply, because it would not be understood. */
export const unheard = {
  noProxyHeader: reply(421, '4.7.0', 'No valid PROXY header, closed without a reply'),
  tlsFailed: (reason: string): Reply => reply(421, '4.7.0', `TLS handshake failed (${reason}), closed without a reply`),
};

/** `220 host ESMTP`: no enhanced code in the greeting (RFC 2034 §4). */
export const greeting = (hostname: string): Reply => reply(220, null, `${hostname} ESMTP`);

/** The answer to HELO and EHLO: our name, then a keyword a line (RFC 5321 §4.1.1.1). */
export const heloOk = (hostname: string, keywords: readonly string[]): Reply => reply(250, null, hostname, ...keywords);

/** RFC 5321 §4.5.3.1.5, without the CRLF. */
const maxLineBytes = 510;

/**
 * `r` as it goes over the wire. Its text may be a next hop's: what is not printable ASCII becomes `?`, so that no reply
 * can be split, and a long line is cut.
 */
export function wireForm(r: Reply): string {
  const last = r.text.length - 1;
  const lines = r.text.map((text, i) => {
    const code = `${r.code}${i < last ? '-' : ' '}${r.enhanced === null ? '' : `${r.enhanced} `}`;
    return `${code}${text.replace(/[^\x20-\x7e]/g, '?')}`.slice(0, maxLineBytes);
  });
  return `${lines.join('\r\n')}\r\n`;
}

/**
 * A port's refusal as the client may hear it: anything that is not a refusal, and 421 (which would announce that *we*
 * close the connection, RFC 5321 §3.8), becomes 451. What has no enhanced code is given one: we offer
 * ENHANCEDSTATUSCODES, so that each refusal must have one (RFC 2034 §4), and X.0.0 says no more than the code does.
 */
export function asRefusal(r: Reply): Reply {
  if (r.code < 400 || r.code >= 600) return replies.localError;
  const code = r.code === 421 ? 451 : r.code;
  return { ...r, code, enhanced: r.enhanced ?? `${Math.floor(code / 100)}.0.0` };
}
