// How a stored message came, by its own trace fields.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrivalOf } from '../../../src/compose/stored/stored-mail.ts';

const received = (from: string) =>
  `Received: from ${from}\n\tby mx.ours.example (Postfix) with ESMTP id 1; Tue, 3 Feb 2004 10:00:00 +0100 (CET)\n`;
const at = Date.UTC(2004, 1, 3, 9);
const unknown = { clientAddress: null, clientName: null, helo: null, reversePath: null, receivedAt: null };

const cases: readonly { name: string; header: string; gives: Partial<ReturnType<typeof arrivalOf>> }[] = [
  {
    name: 'the topmost Received field names the client',
    header:
      'Return-Path: <ann@sender.example>\n' +
      received('helo.example (name.example [192.0.2.7])') +
      received('other.example (unknown [198.51.100.1])'),
    gives: {
      clientAddress: '192.0.2.7',
      clientName: 'name.example',
      helo: 'helo.example',
      reversePath: 'ann@sender.example',
      receivedAt: at,
    },
  },
  {
    name: 'HELO may be an address, and is not taken for the client’s',
    header: received('[10.0.0.1] (unknown [192.0.2.7])'),
    gives: { clientAddress: '192.0.2.7', clientName: null, helo: '[10.0.0.1]' },
  },
  {
    name: 'a filter on the same host is passed over',
    header: received('localhost (localhost [127.0.0.1])') + received('helo.example (unknown [IPv6:2001:db8::7])'),
    gives: { clientAddress: '2001:db8::7' },
  },
  {
    name: 'a note of qmail belongs to the field below',
    header: `Received: (qmail 1 invoked from network); 5 Feb 2004 10:00:00 -0000\n${received('helo.example (unknown [192.0.2.7])')}`,
    gives: { clientAddress: '192.0.2.7', receivedAt: at },
  },
  { name: 'the null reverse-path', header: 'Return-Path: <>\n', gives: { reversePath: '' } },
  {
    name: 'a Return-Path without angle brackets, as Exchange writes it',
    header: 'Return-Path: ann@sender.example\n',
    gives: { reversePath: 'ann@sender.example' },
  },
  { name: 'a Return-Path that names no mailbox', header: 'Return-Path: [removed]\n', gives: { reversePath: null } },
  {
    name: 'a field that cannot be read still says when',
    header: received('x y (unknown [192.0.2.7])'),
    gives: { ...unknown, receivedAt: at },
  },
  { name: 'a message that began there', header: 'Received: by mx.ours.example (Postfix) id 1; x\n', gives: unknown },
  { name: 'no trace at all', header: '', gives: unknown },
  {
    name: 'without a trace it came when it was written',
    header: 'Date: Wed, 4 Feb 2004 10:00:00 GMT\n',
    gives: { ...unknown, receivedAt: Date.UTC(2004, 1, 4, 10) },
  },
  {
    name: 'when it was written does not matter where there is a trace',
    header: `${received('helo.example (unknown [192.0.2.7])')}Date: Wed, 4 Feb 1994 10:00:00 GMT\n`,
    gives: { receivedAt: at },
  },
  { name: 'a Date that is none', header: 'Date: soon\n', gives: unknown },
];
for (const { name, header, gives } of cases)
  test(`the arrival of a stored message: ${name}`, () => {
    const arrival = arrivalOf(Buffer.from(`${header}Subject: x\n\nbody\n`.replaceAll('\n', '\r\n')));
    assert.deepEqual({ ...arrival, ...gives }, arrival);
  });
