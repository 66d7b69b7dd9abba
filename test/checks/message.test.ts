// The message as a whole, and what its header says of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { messageCheck } from '../../src/checks/message.ts';
import { observed, subjectOf } from './mail-scene.ts';

const complete =
  'From: a@x.example\nTo: b@y.example, c@y.example\nCc: d@y.example\nDate: Sat, 21 Nov 2026 13:30:00 +0100 (CET)\nMessage-ID: <1@X.example>\nSubject: Hi\n';

const cases: readonly {
  readonly name: string;
  readonly header: string;
  readonly holds: Readonly<Record<string, unknown>>;
}[] = [
  {
    name: 'a complete header',
    header: complete,
    holds: {
      subject: 'Hi',
      date: Date.UTC(2026, 10, 21, 12, 30) / 1000,
      date_skew_hours: 0.5,
      has_message_id: true,
      message_id_domain: 'x.example',
      received_count: 0,
      header_fields: 6,
      header_limits: [],
      missing: [],
      repeated: [],
      recipients: 3,
      is_bulk: false,
      is_auto: false,
      is_reply: false,
    },
  },
  {
    name: 'nothing',
    header: '',
    holds: {
      missing: ['from', 'date', 'message-id', 'to', 'subject'],
      date: 0,
      date_skew_hours: 0,
      has_message_id: false,
    },
  },
  { name: 'an empty Message-ID', header: 'Message-ID:', holds: { has_message_id: false, message_id_domain: '' } },
  { name: 'a date that is none', header: 'Date: 12', holds: { date: 0 } },
  { name: 'a date of another form', header: 'Date: 2026-11-21', holds: { date: 0 } },
  {
    name: 'fields that may stand once',
    header: `${complete}Subject: again\nDate: x`,
    holds: { repeated: ['date', 'subject'], subject: 'Hi' },
  },
  {
    name: 'a list',
    header: 'List-Id: The list <Dev.Lists.example>',
    holds: { list_id: 'dev.lists.example', is_bulk: true },
  },
  { name: 'bulk by precedence', header: 'Precedence: Bulk', holds: { is_bulk: true, is_auto: false } },
  {
    name: 'with a way out',
    header: 'List-Unsubscribe: <https://x.example/>',
    holds: { is_bulk: true, has_list_unsubscribe: true },
  },
  { name: 'automatic', header: 'Auto-Submitted: auto-replied', holds: { is_auto: true } },
  { name: 'expressly not automatic', header: 'Auto-Submitted: no', holds: { is_auto: false } },
  { name: 'an answer', header: 'In-Reply-To: <1@x>', holds: { is_reply: true } },
  { name: 'three hops', header: 'Received: a\nReceived: b\nReceived: c', holds: { received_count: 3 } },
  {
    name: 'a decoded subject, unseen characters shown',
    header: 'Subject: =?utf-8?B?w7zigK5hYg==?=',
    holds: { subject: 'üU+202Eab' },
  },
  {
    name: 'header bulk is told',
    header: 'X: y\n'.repeat(3000),
    holds: { header_limits: ['fields'], header_fields: 2000 },
  },
  {
    name: 'a From of 200 KB is told',
    header: `From: ${'g:;'.repeat(66_000)}\n`,
    holds: { header_limits: ['fromBytes'], header_fields: 1 },
  },
];

for (const c of cases) {
  test(c.name, async () => {
    const value = await observed(messageCheck, subjectOf(`${c.header.replace(/\n$/, '')}\n\nHello\n`));
    for (const [field, expected] of Object.entries(c.holds)) assert.deepEqual(value[field], expected, field);
  });
}
