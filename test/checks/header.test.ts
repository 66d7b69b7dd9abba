// What a header section says of how the message was made, and whether that hangs together.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headerCheck } from '../../src/checks/header.ts';
import { observed, subjectOf } from './mail-scene.ts';

type Holds = Readonly<Record<string, unknown>>;
const received = (date: string) => `Received: from a.example by b.example; ${date}\n`;

const cases: readonly { readonly name: string; readonly header: string; readonly holds: Holds }[] = [
  {
    name: 'an ordinary header',
    header: `${received('Mon, 5 Jan 2026 10:00:10 +0000')}From: a@m.x.example\nTo: Ann <ann@ours.example>\nDate: Mon, 5 Jan 2026 10:00:00 +0000\nMessage-ID: <1@x.example>\n`,
    holds: {
      date_is_odd: false,
      date_zone_is_odd: false,
      received_skew_hours: 0,
      received_disorder_hours: 0,
      received_below: 0,
      message_id_form: 'domain',
      message_id_is_from: true,
      message_id_is_ours: false,
      mailer_claims: 'none',
      styles_conflict: false,
      to_names_recipient: true,
      to_is_from: false,
      to_is_undisclosed: false,
      to_name_is_address: false,
      list_fields: [],
      priority: 'none',
      empty_fields: 0,
      return_path_domain: '',
    },
  },
  {
    name: 'Date a day before it was received',
    header: `${received('Mon, 5 Jan 2026 10:00:00 +0000')}Date: Sun, 4 Jan 2026 10:00:00 +0000\n`,
    holds: { received_skew_hours: -24 },
  },
  {
    name: 'Date after it was received',
    header: `${received('Mon, 5 Jan 2026 10:00:00 +0000')}Date: Mon, 5 Jan 2026 12:00:00 +0100\n`,
    holds: { received_skew_hours: 1 },
  },
  {
    name: 'a hop that received it after the next one did',
    header: received('Mon, 5 Jan 2026 10:00:00 +0000') + received('Mon, 5 Jan 2026 13:30:00 +0000'),
    holds: { received_disorder_hours: 3.5 },
  },
  { name: 'a date in another order', header: 'Date: 2026-01-05 10:00:00\n', holds: { date_is_odd: true } },
  {
    name: 'a date without seconds, in a zone of old',
    header: 'Date: 5 Jan 2026 10:00 EST\n',
    holds: { date_is_odd: false },
  },
  {
    name: 'a date with a comment',
    header: 'Date: Mon, 5 Jan 2026 10:00:00 +0100 (CET)\n',
    holds: { date_is_odd: false, date_zone_is_odd: false },
  },
  { name: 'a zone that is none', header: 'Date: Mon, 5 Jan 2026 10:00:00 +2500\n', holds: { date_zone_is_odd: true } },
  {
    name: 'a zone of odd minutes',
    header: 'Date: Mon, 5 Jan 2026 10:00:00 +0107\n',
    holds: { date_zone_is_odd: true },
  },
  { name: 'the zone of Nepal', header: 'Date: Mon, 5 Jan 2026 10:00:00 +0545\n', holds: { date_zone_is_odd: false } },
  {
    name: 'the zone of Kiribati',
    header: 'Date: Mon, 5 Jan 2026 10:00:00 +1400\n',
    holds: { date_zone_is_odd: false },
  },
  {
    name: 'Received below what the author wrote',
    header: `From: a@x.example\n${received('Mon, 5 Jan 2026 10:00:00 +0000')}`,
    holds: { received_below: 1 },
  },
  {
    name: 'a Message-ID without brackets',
    header: 'Message-ID: 1@x.example\n',
    holds: { message_id_form: 'malformed' },
  },
  { name: 'a Message-ID without a host', header: 'Message-ID: <1@>\n', holds: { message_id_form: 'no_host' } },
  { name: 'a Message-ID without `@`', header: 'Message-ID: <1>\n', holds: { message_id_form: 'no_host' } },
  { name: 'a Message-ID of a machine', header: 'Message-ID: <1@pc17>\n', holds: { message_id_form: 'single_label' } },
  {
    name: 'a Message-ID of an address',
    header: 'Message-ID: <1@[192.0.2.1]>\n',
    holds: { message_id_form: 'address' },
  },
  {
    name: 'a Message-ID of this machine',
    header: 'Message-ID: <1@mail.local>\n',
    holds: { message_id_form: 'private' },
  },
  {
    name: 'no Message-ID',
    header: 'From: a@x.example\n',
    holds: { message_id_form: 'none', message_id_style: 'none' },
  },
  {
    name: 'a Message-ID of ours',
    header: 'Message-ID: <1@mail.ours.example>\n',
    holds: { message_id_is_ours: true, message_id_is_from: false },
  },
  {
    name: 'a Message-ID that only ends like ours',
    header: 'Message-ID: <1@yours.example>\n',
    holds: { message_id_is_ours: false },
  },
  {
    name: 'Outlook, as it writes',
    header:
      'X-Mailer: Microsoft Outlook 16.0\nMessage-ID: <000001da3f5e$12345678$9abcdef0$@x.example>\nContent-Type: multipart/alternative;\n boundary="----=_NextPart_000_0001_01DA3F5E.12345678"\n',
    holds: { mailer_claims: 'outlook', boundary_style: 'outlook', message_id_style: 'outlook', styles_conflict: false },
  },
  {
    name: 'Outlook behind Exchange',
    header:
      'X-Mailer: Microsoft Outlook 16.0\nMessage-ID: <DM6PR01MB1234@x.prod.outlook.com>\nContent-Type: multipart/mixed; boundary="_004_DM6PR01MB1234567890ABCDEF12345_"\n',
    holds: { boundary_style: 'exchange', message_id_style: 'other', styles_conflict: false },
  },
  {
    name: 'a program that says it is Outlook',
    header:
      'X-Mailer: Microsoft Outlook 16.0\nContent-Type: multipart/alternative; boundary=b1_0123456789abcdef0123456789abcdef\n',
    holds: { mailer_claims: 'outlook', boundary_style: 'php', styles_conflict: true },
  },
  {
    name: 'a program that says it is Thunderbird',
    header: 'User-Agent: Mozilla Thunderbird\nMessage-ID: <000001da3f5e$12345678$9abcdef0$@x.example>\n',
    holds: { mailer_claims: 'thunderbird', message_id_style: 'outlook', styles_conflict: true },
  },
  {
    name: 'a list that made the message anew',
    header:
      'List-Id: <l.example.org>\nUser-Agent: Mozilla Thunderbird\nContent-Type: multipart/mixed; boundary="===============1234567890123456789=="\n',
    holds: { boundary_style: 'python', styles_conflict: false },
  },
  {
    name: 'to oneself',
    header: 'From: A@x.example\nTo: a@x.example\n',
    holds: { to_is_from: true, to_names_recipient: false },
  },
  { name: 'to nobody', header: 'To: undisclosed-recipients:;\n', holds: { to_is_undisclosed: true } },
  { name: 'to nobody, without words', header: 'To: \n', holds: { to_is_undisclosed: true, empty_fields: 1 } },
  { name: 'no To', header: 'From: a@x.example\n', holds: { to_is_undisclosed: false } },
  { name: 'to a group with members', header: 'To: Friends: ann@ours.example;\n', holds: { to_is_undisclosed: false } },
  {
    name: 'to an address under its own name',
    header: 'To: ann <ann@ours.example>\n',
    holds: { to_name_is_address: true },
  },
  {
    name: 'the recipient in Cc',
    header: 'To: b@x.example\nCc: Ann@OURS.example\n',
    holds: { to_names_recipient: true },
  },
  {
    name: 'a list in good order',
    header:
      'From: a@x.example\nList-Id: News <news.x.example>\nList-Unsubscribe: <mailto:out@x.example>, <https://mail.x.example/u>\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\n',
    holds: {
      list_fields: ['id', 'unsubscribe', 'unsubscribe-post'],
      unsubscribe_hosts: ['mail.x.example', 'x.example'],
      unsubscribe_is_from: true,
      has_one_click: true,
      list_is_from: true,
    },
  },
  {
    name: 'a List-Unsubscribe that leads elsewhere, and one click without https',
    header:
      'From: a@x.example\nList-Unsubscribe: <http://evil.test/u>\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\n',
    holds: { unsubscribe_hosts: ['evil.test'], unsubscribe_is_from: false, has_one_click: false, list_is_from: false },
  },
  {
    name: 'a List-Unsubscribe of the reverse-path’s organisation',
    header: 'From: a@x.example\nList-Unsubscribe: <mailto:u@b.sender.example>\n',
    holds: { unsubscribe_is_from: true },
  },
  { name: 'of high priority', header: 'X-Priority: 1 (Highest)\n', holds: { priority: 'high' } },
  { name: 'of ordinary priority', header: 'X-Priority: 3\n', holds: { priority: 'normal' } },
  { name: 'of low priority', header: 'Importance: Low\n', holds: { priority: 'low' } },
  {
    name: 'with a Return-Path',
    header: 'Return-Path: <Bounce@Evil.Test>\n',
    holds: { return_path_domain: 'evil.test' },
  },
];

for (const c of cases) {
  test(c.name, async () => {
    const value = await observed(headerCheck, subjectOf(`${c.header}Subject: x\n\nx\n`));
    for (const [field, expected] of Object.entries(c.holds)) assert.deepEqual(value[field], expected, field);
  });
}

for (const line of [
  `Message-ID: ${'<'.repeat(50_000)}`,
  `Date: ${'1 '.repeat(50_000)}`,
  `List-Unsubscribe: ${'mailto:'.repeat(20_000)}`,
  `Content-Type: ${'boundary='.repeat(20_000)}`,
  received(';'.repeat(100_000)).trim(),
  `Return-Path: ${'@'.repeat(100_000)}`,
])
  test(`${line.slice(0, 30)}... comes to an end`, async () => {
    const value = await observed(headerCheck, subjectOf(`${line}\n\nx\n`));
    assert.ok(JSON.stringify(value).length < 4000);
  });
