// Records and fields that strangers publish and send: SPF, DKIM and DMARC end in one of their results, or say that they
// failed; nothing throws past its check, and nothing that is made of noise ever passes.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import { scene } from '../checks/auth-scene.ts';
import type { Zone } from '../support/dns-server.ts';

const word = fc.constantFrom(
  ...[
    'v=spf1',
    'v=DMARC1',
    'v=DKIM1',
    'p=reject',
    'p=',
    'p=AAAA',
    'k=rsa',
    'k=ed25519',
    't=y',
    'sp=none',
    'pct=',
    'psd=y',
  ],
  ...[
    'include:%{d}',
    'include:x.noise.example',
    'a:%{i}.example',
    'mx',
    'ptr',
    'exists:%{l}.%{d3r}.x',
    'redirect=%{h}',
  ],
  ...['ip4:192.0.2.999', 'ip6:::g', '~all', '?all', 'exp=%{', '%', '%%', ';', ' ', '=', '\t', '"', '\\', 'ü', '\u0000'],
);
const record = fc.array(word, { maxLength: 10 }).map(words => words.join(' '));
const tags = fc.array(
  fc.constantFrom(
    ...[
      'v=1',
      'a=rsa-sha256',
      'a=ed25519-sha256',
      'a=',
      'c=relaxed/relaxed',
      'c=x/y',
      'd=noise.example',
      'd=',
      's=s',
      's=',
    ],
    ...[
      'h=from:to',
      'h=',
      'bh=AAAA',
      'bh==',
      'b=AAAA',
      'b=',
      'l=0',
      'l=-1',
      'l=1e9',
      'x=1',
      't=99999999999',
      'q=dns/txt',
      '=;',
    ],
  ),
  { maxLength: 12 },
);
const from = fc.constantFrom(
  ...[
    'a@noise.example',
    '<a@noise.example>',
    '"a" <a@noise.example>, b@x.example',
    'undisclosed:;',
    '',
    '<>',
    '@',
    '(((((',
  ],
  ...['=?utf-8?q?a=40noise=2Eexample?=', 'a@noise.example (', '<@x:a@noise.example>', '"\\', 'a@[192.0.2.1]'],
);

const zoneOf = (spf: string, dmarc: string, key: string): Zone => ({
  'noise.example': { TXT: [spf] },
  'x.noise.example': { TXT: [spf] },
  '_dmarc.noise.example': { TXT: [dmarc] },
  's._domainkey.noise.example': { TXT: [key] },
});

const results: Readonly<Record<string, readonly string[]>> = {
  'auth.spf': ['none', 'neutral', 'fail', 'softfail', 'temperror', 'permerror'],
  'auth.dkim': ['none', 'neutral', 'fail', 'policy', 'temperror', 'permerror'],
  'auth.dmarc': ['none', 'fail', 'temperror', 'permerror'],
};

describe('authentication of noise', () => {
  test('ends in a result, and never passes', async () => {
    const endings: (() => unknown)[] = [];
    after(() => Promise.all(endings.map(end => end())));
    await fc.assert(
      fc.asyncProperty(record, record, record, tags, from, async (spf, dmarc, key, signature, author) => {
        const { authenticate } = await scene({ after: end => void endings.push(end) }, zoneOf(spf, dmarc, key));
        const mail = `DKIM-Signature: ${signature.join('; ')}\nFrom: ${author}\nTo: b@example.net\nSubject: x\n\nbody\n`;
        const facts = await authenticate(mail, { mailFrom: 'a@noise.example', helo: 'noise.example' });
        for (const [check, allowed] of Object.entries(results)) {
          const fact = facts[check];
          assert.ok(fact !== undefined, check);
          if (fact.state !== 'observed') continue;
          const { result } = fact.value as { readonly result: string };
          assert.ok(allowed.includes(result), `${check}: ${result} of ${JSON.stringify([spf, dmarc, key, signature])}`);
        }
      }),
      { numRuns: 60 },
    );
  });
});
