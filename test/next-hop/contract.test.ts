// The contract, kept by the SMTP client (with and without the next hop's extensions, over TLS, by LMTP) and by the Maildir.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../src/model/clock.ts';
import { maildirNextHop } from '../../src/next-hop/maildir.ts';
import { Route } from '../../src/next-hop/route.ts';
import { nextHopContract } from '../contract/next-hop.ts';
import { countingRandom } from '../support/clock.ts';
import { type Script, selfSignedCertificate, startFakeNextHop } from '../support/fake-next-hop.ts';
import { tempDir } from '../support/temp.ts';
import { makeSmtp, routeTimes, watched } from './options.ts';

function smtpContract(name: string, scheme: 'smtp' | 'smtps' | 'lmtp', script: Script, tls: 'none' | 'required'): void {
  nextHopContract(name, async (t, faults) => {
    const certificate = tls === 'none' ? {} : { tls: selfSignedCertificate(tempDir(t)) };
    const fake = await startFakeNextHop(t, { ...script, ...certificate });
    const nextHop = makeSmtp(t, `${scheme}://127.0.0.1:${fake.port}`, { tls }, { faults });
    return { nextHop, stored: async () => fake.received.map(({ content }) => content) };
  });
}

smtpContract('SMTP', 'smtp', {}, 'none');
smtpContract('SMTP with CHUNKING', 'smtp', { extensions: ['PIPELINING', '8BITMIME', 'CHUNKING'] }, 'none');
smtpContract('SMTP with CHUNKING and without PIPELINING', 'smtp', { extensions: ['8BITMIME', 'CHUNKING'] }, 'none');
smtpContract('SMTP without extensions but 8BITMIME', 'smtp', { extensions: ['8BITMIME'] }, 'none');
smtpContract('SMTP after STARTTLS', 'smtp', {}, 'required');
smtpContract('SMTP with TLS from the start', 'smtps', { implicitTls: true }, 'required');
smtpContract('LMTP', 'lmtp', { lmtp: true }, 'none');
smtpContract('LMTP with CHUNKING', 'lmtp', { lmtp: true, extensions: ['8BITMIME', 'CHUNKING'] }, 'none');

nextHopContract('a route of which the first next hop is down', async (t, faults) => {
  const [down, spare] = [await startFakeNextHop(t), await startFakeNextHop(t)];
  await down.close();
  const hops = [down, spare].map(({ port }) => watched(t, makeSmtp(t, `smtp://127.0.0.1:${port}`, {}, { faults })));
  const nextHop = new Route({ ...routeTimes, groups: hops.map(hop => [hop]) }, { clock: systemClock });
  return { nextHop, stored: async () => spare.received.map(({ content }) => content) };
});

nextHopContract('Maildir', async (t, faults) => {
  const directory = join(tempDir(t), 'mail', 'dir');
  const target = { scheme: 'maildir', name: `maildir:${directory}`, directory } as const;
  const nextHop = maildirNextHop(
    { target, hostname: 'gate.test' },
    { clock: systemClock, random: countingRandom(), faults },
  );
  return { nextHop, stored: () => contentsOf(join(directory, 'new')) };
});

async function contentsOf(folder: string): Promise<Buffer[]> {
  const names = await readdir(folder).catch(() => []);
  const files = await Promise.all(names.sort().map(name => readFile(join(folder, name), 'latin1')));
  return files.map(text => {
    const own = /^Return-Path: <.*>\n(?:Delivered-To: .*\n)+/.exec(text)?.[0] ?? '';
    return Buffer.from(text.slice(own.length).replaceAll('\n', '\r\n'), 'latin1');
  });
}
