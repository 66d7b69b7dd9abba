// The contract, kept with real servers: Postfix and Exim by SMTP, Dovecot by LMTP over TCP and over a socket.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe } from 'node:test';
import { isPositive } from '../../src/model/reply.ts';
import type { NextHop } from '../../src/next-hop/next-hop.ts';
import { nextHopContract } from '../contract/next-hop.ts';
import { missingDovecot, startDovecot } from '../support/dovecot.ts';
import { suiteEnding } from '../support/endings.ts';
import { missingExim, startExim } from '../support/exim.ts';
import { missingPostfix, startPostfix } from '../support/postfix.ts';
import { makeSmtp } from './options.ts';

interface Server {
  readonly url: string;
  /** Where it stores the mail of rcpt@example.test. */
  readonly maildir: string;
  /** Waits until `count` copies are stored: a server with a queue answers before. */
  untilDelivered(count: number): Promise<unknown>;
}

/** The suite over one server; what a test stored is what came since it began. */
function contractWith(
  name: string,
  skip: string | false,
  start: (ending: Parameters<typeof startExim>[0]) => Promise<Server>,
) {
  describe(name, { skip }, () => {
    const ending = suiteEnding();
    let server: Server;
    let copies = 0;
    before(async () => {
      server = await start(ending);
    });
    const files = async () => {
      await server.untilDelivered(copies);
      return readdir(join(server.maildir, 'new')).catch(() => []);
    };
    nextHopContract(name, async (t, faults) => {
      const nextHop = counted(makeSmtp(t, server.url, {}, { faults }), taken => {
        copies += taken;
      });
      const earlier = new Set(await files());
      const stored = async () => {
        const names = (await files()).filter(file => !earlier.has(file)).sort();
        return Promise.all(names.map(async file => asSent(await readFile(join(server.maildir, 'new', file)))));
      };
      return { nextHop, stored };
    });
  });
}

/** Tells `taken` of the copies that it took. */
function counted(hop: NextHop, taken: (copies: number) => void): NextHop {
  return {
    name: hop.name,
    capabilities: null,
    connections: 0,
    deliver: async delivery => {
      const result = await hop.deliver(delivery);
      if (result.at === 'content') taken([...result.replies.values()].filter(isPositive).length);
      return result;
    },
    verify: recipient => hop.verify(recipient),
    check: () => hop.check(),
    close: () => hop.close(),
  };
}

/** A file without what the server put before the message. */
const ownFields = /^(?:(?:Return-Path|X-Original-To|Delivered-To|Received):.*\n(?:[ \t].*\n)*)+/;
const asSent = (file: Buffer): Buffer =>
  Buffer.from(file.toString('latin1').replace(ownFields, '').replaceAll('\n', '\r\n'), 'latin1');

contractWith('Postfix', missingPostfix(), async ending => {
  // Without it Postfix completes the header of mail from its own machine.
  const main = { local_header_rewrite_clients: '' };
  const postfix = await startPostfix(ending, { domains: ['example.test'], main });
  return {
    url: `smtp://127.0.0.1:${postfix.port}`,
    maildir: postfix.maildir,
    untilDelivered: count => postfix.untilDelivered(count),
  };
});

contractWith('Exim', missingExim(), async ending => {
  const { port, ...exim } = await startExim(ending);
  return { url: `smtp://127.0.0.1:${port}`, ...exim };
});

const users = ['rcpt', 'a', 'b', 'odd >one'];
for (const [how, urlOf] of [
  ['over TCP', ({ port }) => `lmtp://127.0.0.1:${port}`],
  ['over a socket', ({ socketPath }) => `lmtp://${socketPath}`],
] as const satisfies readonly (readonly [string, (dovecot: Awaited<ReturnType<typeof startDovecot>>) => string])[]) {
  contractWith(`Dovecot ${how}`, missingDovecot(), async ending => {
    const dovecot = await startDovecot(ending, users);
    const maildir = dovecot.maildirOf('rcpt@example.test');
    return { url: urlOf(dovecot), maildir, untilDelivered: async () => {} };
  });
}
