import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Origin, originOf } from '../../src/auth/origin.ts';
import { receivedFrom } from '../../src/auth/received.ts';
import { readMail } from '../../src/content/mail.ts';

const by = 'by mx.ours.example';
const ends = `with ESMTP id 4711; Sat, 21 Nov 2026 12:00:00 +0000`;

interface Shape {
  readonly name: string;
  readonly value: string;
  readonly gives: readonly [address: string, helo: string, name: string] | 'inside' | 'note' | 'unreadable';
}

const shapes: readonly Shape[] = [
  {
    name: 'Postfix',
    value: `from helo.example (name.example [192.0.2.7]) ${by} (Postfix) ${ends}`,
    gives: ['192.0.2.7', 'helo.example', 'name.example'],
  },
  {
    name: 'Postfix with TLS, a certificate and a user',
    value:
      'from helo.example (name.example [192.0.2.7]) (using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) ' +
      'key-exchange X25519 server-signature RSA-PSS (2048 bits)) (Client CN "[10.0.0.1]", Issuer "x" (not verified)) ' +
      `(Authenticated sender: ann) ${by} (Postfix) with ESMTPSA id 4711; Sat, 21 Nov 2026 12:00:00 +0000`,
    gives: ['192.0.2.7', 'helo.example', 'name.example'],
  },
  {
    name: 'Postfix without a name',
    value: `from helo.example (unknown [192.0.2.7]) ${by} (Postfix) ${ends}`,
    gives: ['192.0.2.7', 'helo.example', ''],
  },
  {
    name: 'Postfix, and a recipient who would make the field unreadable',
    value: `from helo.example (name.example [192.0.2.7]) ${by} (Postfix) with ESMTP id 1 for <"user+) by x ("@ours.example>; Sat, 21 Nov 2026 12:00:00 +0000 (UTC)`,
    gives: ['192.0.2.7', 'helo.example', 'name.example'],
  },
  {
    name: 'HELO that opens such a recipient, which the true one closes',
    value: `from x ([10.0.0.1]) by y for <" (unknown [192.0.2.7]) ${by} (Postfix) with ESMTP id 1 for <"@z>; x"@ours.example>; Sat, 21 Nov 2026`,
    gives: 'unreadable',
  },
  {
    name: 'Postfix and IPv6',
    value: `from helo.example (name.example [IPv6:2001:DB8:0::1]) ${by} (Postfix) ${ends}`,
    gives: ['2001:db8::1', 'helo.example', 'name.example'],
  },
  {
    name: 'an IPv4-mapped address is IPv4',
    value: `from helo.example (unknown [IPv6:::ffff:192.0.2.7]) ${by} ${ends}`,
    gives: ['192.0.2.7', 'helo.example', ''],
  },
  {
    name: 'HELO is another address',
    value: `from [10.0.0.1] (name.example [192.0.2.7]) ${by} (Postfix) ${ends}`,
    gives: ['192.0.2.7', '[10.0.0.1]', 'name.example'],
  },
  {
    name: 'Gmail: the name ends in a dot',
    value: `from helo.example (name.example. [2001:db8::7]) by mx.google.com with ESMTPS id abc.1; Sat, 21 Nov 2026`,
    gives: ['2001:db8::7', 'helo.example', 'name.example'],
  },
  {
    name: 'sendmail with a name that did not resolve back',
    value: `from helo.example (name.example [192.0.2.7] (may be forged)) ${by} (8.18.1/8.18.1) ${ends}`,
    gives: ['192.0.2.7', 'helo.example', ''],
  },
  {
    name: 'sendmail with ident',
    value: `from helo.example (IDENT:ann@name.example [192.0.2.7]) ${by} (8.11.6/8.11.6) ${ends}`,
    gives: ['192.0.2.7', 'helo.example', 'name.example'],
  },
  {
    name: 'Exim, HELO is the name',
    value: `from name.example ([192.0.2.7]) ${by} with esmtps (TLS1.3) tls TLS_AES_256_GCM_SHA384 (Exim 4.98) id 1`,
    gives: ['192.0.2.7', 'name.example', ''],
  },
  {
    name: 'Exim, HELO is another name, and a port',
    value: `from name.example ([192.0.2.7]:33263 helo=helo.example) ${by} with esmtp (Exim 4.98) id 1`,
    gives: ['192.0.2.7', 'helo.example', 'name.example'],
  },
  {
    name: 'Exim without a name',
    value: `from [192.0.2.7] (port=33263 helo=helo.example) ${by} with esmtp (Exim 4.98) id 1`,
    gives: ['192.0.2.7', 'helo.example', ''],
  },
  {
    name: 'Exim, HELO is the address',
    value: `from [192.0.2.7] ${by} with esmtps (TLS1.3) tls TLS_AES_256_GCM_SHA384 (Exim 4.98) id 1`,
    gives: ['192.0.2.7', '[192.0.2.7]', ''],
  },
  {
    name: 'Exchange',
    value: `from helo.example (192.0.2.7) by A.ours.example (10.13.2.136) with Microsoft SMTP Server (version=TLS1_2) id 15; x`,
    gives: ['192.0.2.7', 'helo.example', ''],
  },
  {
    name: 'Exchange and IPv6',
    value: 'from helo.example (2001:db8:10b6::4e) by A.ours.example (2001:db8::20) with Microsoft SMTP Server id 15; x',
    gives: ['2001:db8:10b6::4e', 'helo.example', ''],
  },
  {
    name: 'Exchange within a host, with a zone',
    value: 'from A.ours.example ([fe80::9c1d:89de]) by A.ours.example ([fe80::9c1d:89de%4]) with mapi id 15; x',
    gives: ['fe80::9c1d:89de', 'A.ours.example', ''],
  },
  {
    name: 'qmail',
    value: `from unknown (HELO helo.example) (192.0.2.7) ${by} with SMTP; 21 Nov 2026 12:00:00 -0000`,
    gives: ['192.0.2.7', 'helo.example', ''],
  },
  {
    name: 'qmail with ident',
    value: `from name.example (HELO helo.example) (ann@192.0.2.7) ${by} with SMTP; 21 Nov 2026 12:00:00 -0000`,
    gives: ['192.0.2.7', 'helo.example', ''],
  },
  {
    name: 'qmail, HELO is the name',
    value: `from helo.example (192.0.2.7) ${by} with SMTP; 21 Nov 2026 12:00:00 -0000`,
    gives: ['192.0.2.7', 'helo.example', ''],
  },
  {
    name: 'qmail’s note above it',
    value: '(qmail 31503 invoked from network); 21 Nov 2026 12:00:00 -0000',
    gives: 'note',
  },
  {
    name: 'Yahoo',
    value: 'from 192.0.2.7 (EHLO helo.example) by 10.222.142.152 with SMTPs (version=TLS1_2); x',
    gives: ['192.0.2.7', 'helo.example', ''],
  },
  {
    name: 'Dovecot LMTP',
    value: `from helo.example ([192.0.2.7]) ${by} with LMTP id abc (envelope-from <a@b.example>) for <c@ours.example>; x`,
    gives: ['192.0.2.7', 'helo.example', ''],
  },
  {
    name: 'Amavis',
    value:
      'from helo.example ([127.0.0.1]) by localhost (mx.ours.example [127.0.0.1]) (amavis, port 10024) with ESMTP id 1',
    gives: ['127.0.0.1', 'helo.example', ''],
  },
  {
    name: 'a comment in a comment, and a quoted parenthesis',
    value: `from helo.example (unknown [192.0.2.7]) (a \\) (b) c) ${by} ${ends}`,
    gives: ['192.0.2.7', 'helo.example', ''],
  },

  // On the host itself.
  { name: 'Postfix’s sendmail command', value: `${by} (Postfix, from userid 1205) id 90F5; x`, gives: 'inside' },
  { name: 'a bounce of Postfix', value: `${by} (Postfix) id 90F5; x`, gives: 'inside' },
  { name: 'Exim’s command', value: `from nobody ${by} with local (Exim 4.98) id 17nn; x`, gives: 'inside' },
  { name: 'sendmail’s command', value: `(from ann@localhost) ${by} (8.11.6/8.11.6) id g6P5; x`, gives: 'inside' },
  { name: 'qmail’s command', value: '(qmail 31503 invoked by uid 508); x', gives: 'inside' },

  // What cannot be told, or could be of the client's choosing.
  {
    name: 'Gmail between its hosts',
    value: `by mail-wm1-x34a.google.com with SMTP id a130so1670505; x`,
    gives: 'unreadable',
  },
  { name: 'Dovecot LMTP over a socket', value: `from helo.example ${by} with LMTP id abc; x`, gives: 'unreadable' },
  {
    name: 'Exim, and a HELO that ends as a comment of sendmail’s does',
    value: `from name.example ([192.0.2.7]:25 helo=@[10.0.0.1] (may be forged)) ${by} with esmtp (Exim 4.98) id 1; x`,
    gives: 'unreadable',
  },
  { name: 'HELO alone, as a literal', value: `from [10.0.0.1] ${by} ${ends}`, gives: 'unreadable' },
  { name: 'HELO alone, as an address', value: `from 10.0.0.1 ${by} ${ends}`, gives: 'unreadable' },
  {
    name: 'HELO with a parenthesis that an MTA let through',
    value: `from x (y [10.0.0.1]) (name.example [192.0.2.7]) ${by} ${ends}`,
    gives: 'unreadable',
  },
  {
    name: 'HELO with an open parenthesis',
    value: `from x( (name.example [192.0.2.7]) ${by} ${ends}`,
    gives: 'unreadable',
  },
  {
    name: 'HELO with a space',
    value: `from x [10.0.0.1] (name.example [192.0.2.7]) ${by} ${ends}`,
    gives: 'unreadable',
  },
  {
    name: 'a certificate’s name with Exim’s words does not make HELO the name',
    value: `from bank.example (unknown [192.0.2.7]) (Client CN "x helo=y", Issuer "z") ${by} (Postfix) ${ends}`,
    gives: ['192.0.2.7', 'bank.example', ''],
  },
  {
    name: 'HELO with a whole field in it',
    value: `from x (y [10.0.0.1]) by z with ESMTP id 1; q (name.example [192.0.2.7]) ${by} ${ends}`,
    gives: 'unreadable',
  },
  {
    name: 'HELO with a field in it, and the true one commented out',
    value: `from x (y [10.0.0.1]) by z with ESMTP ( (name.example [192.0.2.7]) ${by} ${ends}`,
    gives: 'unreadable',
  },
  {
    // `"ann)"@` is one, with quotes.
    name: 'HELO with a field in it, and the true one in a comment that a recipient’s address closes',
    value: `from x (y [10.0.0.1]) by z with local id 1; ( (name.example [192.0.2.7]) ${by} with ESMTP for <"ann)"@x.example>; x`,
    gives: 'unreadable',
  },
  { name: 'a parenthesis too many', value: `from x (y [192.0.2.7]) ${by} ) ${ends}`, gives: 'unreadable' },
  {
    name: 'something unknown before the client',
    value: `from x (y) (name.example [192.0.2.7]) ${by} ${ends}`,
    gives: 'unreadable',
  },
  {
    name: 'no address in the brackets',
    value: `from helo.example (unknown [unknown]) ${by} ${ends}`,
    gives: 'unreadable',
  },
  {
    name: 'an address out of range',
    value: `from helo.example (unknown [192.0.2.700]) ${by} ${ends}`,
    gives: 'unreadable',
  },
  { name: 'no by clause', value: 'from helo.example (unknown [192.0.2.7]); x', gives: 'unreadable' },
  { name: 'empty', value: '', gives: 'unreadable' },
  {
    name: 'longer than any MTA writes',
    value: `from ${'x'.repeat(5000)} (unknown [192.0.2.7]) ${by}`,
    gives: 'unreadable',
  },
];

for (const { name, value, gives } of shapes) {
  test(`Received: ${name}`, () => {
    const received = receivedFrom(value);
    const told = received.kind === 'from' ? [received.address, received.helo, received.name] : received.kind;
    assert.deepEqual(told, gives);
  });
}

const pieces = fc.constantFrom(
  ...[
    ' ',
    '(',
    ')',
    '[10.0.0.1]',
    '10.0.0.1',
    '[IPv6:::1]',
    'by z',
    'with ESMTP',
    'with local',
    'from',
    'y',
    '\\',
    '"',
    ';',
  ],
  ...[
    'HELO ',
    'helo=',
    'port=1',
    '(Exim 4)',
    '(may be forged)',
    '@',
    ',',
    '\t',
    'id 1',
    'x (y [10.0.0.1]) by z with ESMTP id 1;',
  ],
);
const helos = fc.array(pieces, { maxLength: 12 }).map(parts => parts.join(''));

test('whatever the client calls itself, an MTA’s field never tells another address than its own', () => {
  const forms = [
    (helo: string) => `from ${helo} (name.example [192.0.2.7]) ${by} (Postfix) ${ends}`,
    (helo: string) => `from name.example ([192.0.2.7]:25 helo=${helo}) ${by} with esmtp (Exim 4.98) id 1; x`,
    (helo: string) => `from unknown (HELO ${helo}) (192.0.2.7) ${by} with SMTP; x`,
    (helo: string) => `from ${helo} (192.0.2.7) ${by} (10.1.1.1) with Microsoft SMTP Server id 15; x`,
  ];
  fc.assert(
    fc.property(helos, fc.constantFrom(...forms), (helo, form) => {
      const received = receivedFrom(form(helo));
      assert.notEqual(received.kind, 'note');
      if (received.kind === 'from') assert.equal(received.address, '192.0.2.7', form(helo));
    }),
    { numRuns: 20_000 },
  );
});

test('any text at all is read or not, and an address is one', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ maxLength: 6000 }),
        helos.map(text => `from ${text}`),
      ),
      text => {
        const received = receivedFrom(text);
        if (received.kind === 'from') assert.notEqual(isIP(received.address), 0);
      },
    ),
  );
});

const postfix = (address: string, helo = 'helo.example') =>
  `Received: from ${helo} (name.example [${address}])\n\tby mx.ours.example (Postfix) with ESMTP id 4711;\n\tSat, 21 Nov 2026 12:00:00 +0000\n`;

interface Walk {
  readonly name: string;
  readonly header: string;
  readonly client?: string;
  readonly gives: Partial<Origin>;
}

const backup = '203.0.113.5';
const trusted = [backup, '10.0.0.0/8', '2001:db8:5::/64'];

const walks: readonly Walk[] = [
  {
    name: 'a client that is not ours is the origin, whatever the message says',
    client: '198.51.100.9',
    header: postfix('192.0.2.7'),
    gives: { kind: 'client', isConnected: true, address: '198.51.100.9', helo: 'client.example', hops: [] },
  },
  {
    name: 'a backup MX tells from whom it took the message',
    header: postfix('192.0.2.7'),
    gives: {
      kind: 'received',
      isKnown: true,
      isConnected: false,
      address: '192.0.2.7',
      helo: 'helo.example',
      name: 'name.example',
      hops: [backup],
    },
  },
  {
    name: 'a field below an untrusted hop is not believed',
    header: postfix('192.0.2.7') + postfix('198.51.100.1'),
    gives: { address: '192.0.2.7', hops: [backup] },
  },
  {
    name: 'a forged field that names a hop of ours does not lengthen the chain',
    header: postfix('192.0.2.7') + postfix('10.0.0.1') + postfix('198.51.100.1'),
    gives: { address: '192.0.2.7', hops: [backup] },
  },
  {
    name: 'two trusted hops',
    header: postfix('10.1.2.3') + postfix('192.0.2.7') + postfix('198.51.100.1'),
    gives: { address: '192.0.2.7', hops: [backup, '10.1.2.3'] },
  },
  {
    name: 'a filter beside the MTA, reached over loopback',
    header: postfix('127.0.0.1') + postfix('192.0.2.7'),
    gives: { address: '192.0.2.7', hops: [backup, '127.0.0.1'] },
  },
  {
    name: 'a trusted client in an IPv6 network',
    client: '2001:db8:5::25',
    header: postfix('IPv6:2001:db8:ffff::1'),
    gives: { address: '2001:db8:ffff::1', hops: ['2001:db8:5::25'] },
  },
  {
    name: 'qmail’s note is passed over',
    header: `Received: (qmail 1 invoked from network); x\n${postfix('192.0.2.7')}`,
    gives: { address: '192.0.2.7' },
  },
  {
    name: 'a hop that cannot be read ends the walk',
    header: `Received: from x [10.0.0.1] (y [192.0.2.7]) by z\n${postfix('198.51.100.1')}`,
    gives: { kind: 'unknown', isKnown: false, isConnected: false, address: '', helo: '', hops: [backup] },
  },
  {
    name: 'a command on a hop of ours ends the walk: who runs it may write fields below',
    header: `Received: by mx.ours.example (Postfix, from userid 33) id 1; x\n${postfix('198.51.100.1')}`,
    gives: { kind: 'inside', isKnown: false, address: '' },
  },
  { name: 'all hops are ours', header: postfix('10.1.2.3'), gives: { kind: 'inside', hops: [backup, '10.1.2.3'] } },
  { name: 'no hop at all', header: '', gives: { kind: 'inside', isKnown: false, hops: [backup] } },
];

for (const { name, header, client = backup, gives } of walks) {
  test(`the origin: ${name}`, () => {
    const mail = readMail(Buffer.from(`${header}Subject: x\n\nbody\n`.replaceAll('\n', '\r\n')));
    const connection = { clientAddress: client, clientName: null };
    const origin = originOf({
      envelope: { helo: 'client.example', connection },
      site: { trustedNetworks: trusted },
      mail,
    });
    assert.deepEqual({ ...origin, ...gives }, origin);
  });
}
