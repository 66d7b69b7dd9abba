// Whether an author's domain is easily taken for one that the message names.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resemblanceCheck } from '../../src/checks/resemblance.ts';
import type { Facts } from '../../src/model/evidence.ts';
import { observed, subjectOf } from './mail-scene.ts';

const factsOf = (domain: string, replyTo = '', inText: readonly string[] = []): Facts => ({
  from: { state: 'observed', ms: 0, value: { domain, reply_to_domain: replyTo } },
  text: { state: 'observed', ms: 0, value: { mail_addresses: inText } },
});

const none = { domain: '', of: '', seen_in: '' };
const pumps = { domain: 'acme-pumbs.test', of: 'acme-pumps.test' };

const cases = [
  { name: 'nothing else is named', mail: '', facts: factsOf('acme-pumbs.test'), sees: none },
  {
    name: 'a domain of ours',
    mail: '',
    facts: factsOf('our5.example'),
    sees: { domain: 'our5.example', of: 'ours.example', seen_in: 'site' },
  },
  {
    name: 'somebody else in Cc',
    mail: 'To: b@ours.example\nCc: sales@acme-pumps.test\n',
    facts: factsOf('acme-pumbs.test'),
    sees: { ...pumps, seen_in: 'recipients' },
  },
  {
    name: 'the message that is answered',
    mail: 'References: <1@ours.example> <2.3@ACME-pumps.test>\n',
    facts: factsOf('acme-pumbs.test'),
    sees: { ...pumps, seen_in: 'thread' },
  },
  {
    name: 'an address in the text that is quoted',
    mail: '',
    facts: factsOf('acme-pumbs.test', '', ['sales@acme-pumps.test']),
    sees: { ...pumps, seen_in: 'text' },
  },
  {
    name: 'answers go to the look-alike',
    mail: '',
    facts: factsOf('acme-pumps.test', 'acme-pumbs.test', ['sales@acme-pumps.test']),
    sees: { ...pumps, seen_in: 'text' },
  },
  {
    name: 'a reply by the one who was asked',
    mail: 'In-Reply-To: <1@ours.example>\n',
    facts: factsOf('acme-pumps.test', '', ['sales@acme-pumps.test']),
    sees: none,
  },
  { name: 'no From could be read', mail: '', facts: {}, sees: none },
];
for (const { name, mail, facts, sees } of cases) {
  test(`${name}: ${sees.of === '' ? 'nothing is alike' : `like ${sees.of}`}`, async () => {
    const subject = { ...subjectOf(`From: a@x.test\n${mail}\nx\n`), facts };
    assert.deepEqual(await observed(resemblanceCheck, subject), sees);
  });
}
