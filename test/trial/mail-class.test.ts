import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Label } from '../../src/trial/label.ts';
import { type MailClass, mailClass } from '../../src/trial/mail-class.ts';

const cases: readonly { header: string; label?: Label; is: MailClass }[] = [
  { header: 'From: Ann <ann@a.example>\nTo: bob@b.example', is: 'person' },
  { header: 'From: Ann <ann@a.example>\nAuto-Submitted: no', is: 'person' },
  { header: 'From: serviceman@a.example\nList-Post: NO', is: 'person' },
  { header: '', is: 'person' },
  { header: 'From: Ann <ann@a.example>', label: 'bounce', is: 'bounce' },
  { header: 'Return-Path: <>\nPrecedence: list', is: 'bounce' },
  { header: 'Content-Type: multipart/report; boundary=x;\n report-type=delivery-status', is: 'bounce' },
  { header: 'Content-Type: multipart/report; report-type=feedback-report', is: 'person' },
  { header: 'List-Post: <mailto:a@b.example>\nList-Unsubscribe: <x>', is: 'list' },
  { header: 'Precedence: bulk\nX-BeenThere: a@b.example', is: 'list' },
  { header: 'Precedence: List', is: 'list' },
  { header: 'Precedence: bulk', is: 'bulk' },
  { header: 'List-Unsubscribe: <x>\nFrom: noreply@a.example', is: 'bulk' },
  { header: 'From: "Shop" <no-reply@a.example>', is: 'transactional' },
  { header: 'From: order-update@a.example', is: 'transactional' },
  { header: 'From: Ann <ann@a.example>\nAuto-Submitted: auto-generated', is: 'transactional' },
  { header: 'From: Ann <ann@a.example>\nX-Auto-Response-Suppress: All', is: 'transactional' },
];
for (const { header, label = 'ham', is } of cases)
  test(`${is}: ${label} with ${JSON.stringify(header)}`, () =>
    assert.equal(mailClass(label, Buffer.from(`${header}\n\nbody\n`.replaceAll('\n', '\r\n').trimStart())), is));
