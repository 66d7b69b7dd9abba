// Profiles in the gateway as it runs: what a hospital's mail meets, and that nothing waits for those who are on call.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { suiteEnding } from '../support/endings.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { missing } from '../support/real-parts.ts';
import { type RecordingNextHop, startRecordingNextHop } from '../support/recording-next-hop.ts';
import { arrival, explained, heldFrom, letter } from './letters.ts';
import { swaks } from './swaks.ts';

const fixture = (name: string): Buffer => readFileSync(join(import.meta.dirname, '../../fixtures/profiles', name));

/** As it is sent: without what the receiving host wrote on top. */
const sent = (name: string): Buffer =>
  Buffer.from(
    fixture(name)
      .toString('latin1')
      .replace(/^[\s\S]*?(?=^Date:)/m, ''),
    'latin1',
  );

describe('a hospital', { skip: missing('swaks', 'swaks') }, () => {
  const ending = suiteEnding();
  let nextHop: RecordingNextHop;
  const start = (keys: Readonly<Record<string, unknown>>): Promise<Gateway> => {
    const config = {
      next_hop: nextHop.url,
      domains: { 'westgate.test': { profile: 'healthcare' } },
      recipient_profiles: { 'call@westgate.test': 'healthcare-on-call' },
      ...keys,
    };
    return startGateway(ending, { config });
  };
  before(async () => {
    nextHop = await startRecordingNextHop(ending);
  });

  test('gets the names of drugs, and not who wants the wages of its staff', async () => {
    const gateway = await start({});
    const send = (from: string, content: Buffer) =>
      swaks({ port: gateway.smtp.port, from, to: ['a.reader@westgate.test'], content });
    assert.equal(
      (await send('a.example@cardiology.example', sent('healthcare/deliver/en-medication-plan.eml'))).code,
      250,
    );
    assert.notEqual(await arrival(nextHop, 'a.example@cardiology.example'), null);
    assert.equal((await send('b.nurse@ward-mail.example', sent('healthcare/catch/en-payroll.eml'))).code, 250);
    assert.equal(await arrival(nextHop, 'b.nurse@ward-mail.example'), null);
    assert.notEqual(await heldFrom(gateway, 'b.nurse@ward-mail.example'), null);
    const [verdict] = (await explained(gateway, 'b.nurse@ward-mail.example')).verdicts;
    assert.ok(verdict?.floors.some(({ name }) => name === 'always:WAGES_REDIRECTED'));
  });

  test('waits for ClamAV, but not for those who are on call', async () => {
    // Nobody listens there.
    const gateway = await start({ clamd: { address: 'tcp://127.0.0.1:9', timeout: '1s' } });
    const send = (from: string, to: readonly string[]) =>
      swaks({ port: gateway.smtp.port, from, to, content: letter(from, 'Ventilator 2', 'Pressure high.') });
    assert.match((await send('ward@monitors.example', ['a.reader@westgate.test'])).reply, /^451 4\.7\.1 /);
    assert.equal((await send('alarm@monitors.example', ['call@westgate.test'])).code, 250);
    assert.notEqual(await arrival(nextHop, 'alarm@monitors.example'), null);
    const { facts } = await explained(gateway, 'alarm@monitors.example');
    assert.equal(facts.clamav?.state, 'failed');
  });
});
