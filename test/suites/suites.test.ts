// Conformance suites of others, by way of our checks: every case comes out as expected, or is listed here with the reason why
// ours is right. docs/conformance.md has the counts: `node test/suites/suites.test.ts --update` writes it.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { corpusPart, missingCorpus } from '../support/corpus.ts';
import type { Ending } from '../support/temp.ts';
import { arcCases } from './arc.ts';
import { authresCases } from './authres.ts';
import { chasquidCases, mailDkimCases, realWorldCases } from './dkim.ts';
import { functionalCases } from './functional.ts';
import { page } from './page.ts';
import { spfCases } from './spf.ts';
import { spoofingCases } from './spoofing.ts';
import { because, report, type Suite, type SuiteReport } from './suite.ts';

const ipv6Macro =
  'An IPv6 address in a macro is written in lower case here, as in the examples of RFC 7208 §7.4; names are compared without case.';
const lost =
  'The corpus has lost the record that this case asks for: nothing is published there, and that is what ours says.';
const keyAfterBody =
  'The body hash does not verify, and the key is faulty too: RFC 6376 §6.1.3 leaves open which is seen first. Neither passes.';

const suites: readonly Suite[] = [
  {
    name: 'SPF: OpenSPF’s suite for RFC 7208',
    outcomes: folder => spfCases(folder, 'rfc7208-tests.yml'),
    departures: because(ipv6Macro, 'v-macro-ip6'),
  },
  {
    name: 'SPF: OpenSPF’s suite for RFC 4408',
    outcomes: folder => spfCases(folder, 'rfc4408-tests.yml'),
    departures: because(ipv6Macro, 'v-macro-ip6'),
  },
  {
    name: 'SPF: what pyspf found later',
    outcomes: folder => spfCases(folder, 'test.yml'),
    departures: because(
      '`default=` is no modifier of RFC 7208 §6, and what is unknown is ignored: neutral (§4.7).',
      'default-modifier',
      'default-modifier-harsh',
    ),
  },
  { name: 'DKIM and ARC: mail of public lists, with the keys of its time', outcomes: realWorldCases, departures: {} },
  {
    name: 'DKIM: Mail::DKIM’s corpus',
    outcomes: mailDkimCases,
    departures: {
      ...because(
        'A signature of a draft, without v= or with a version other than 1: RFC 6376 §3.5 requires v=1, §6.1.1 rejects others.',
        ...numbered('good_ietf00', 5),
        ...numbered('good_ietf01', 2),
        ...numbered('mine_ietf01', 4),
        ...numbered('bad_ietf01', 3),
        ...numbered('no_body', 3),
        'mine_ietf05_1.txt',
        'multiple_1.txt',
        'bad_1.txt',
      ),
      ...because(
        'Signed by rsa-sha1: RFC 8301 §3.1 forbids to verify it. The result is policy.',
        'good_rfc4871_3.txt',
        'good_rfc4871_4.txt',
        'good_1878523.txt',
        'good_83176.txt',
        'multiple_2.txt',
        ...numbered('good_qp', 3),
        ...numbered('goodkey', 4),
      ),
      ...because(
        'DomainKeys (RFC 4870) is historic and not verified.',
        'good_dk_gmail.txt',
        'good_dk_yahoo.txt',
        'dk_multiple_1.txt',
        ...numbered('good_dk', 7),
        ...numbered('dk_headers', 2),
      ),
      ...because(
        keyAfterBody,
        'badkey_14.txt',
        'badkey_15.txt',
        'badkey1_ed25519.txt',
        'badkey4_ed25519.txt',
        'badkey5_ed25519.txt',
      ),
    },
  },
  {
    name: 'DKIM: chasquid’s cases',
    outcomes: chasquidCases,
    departures: because(
      'l= leaves a part of the body unsigned, to which anybody may append: policy, as RFC 6376 §8.2 allows.',
      '09-limited_body 1 (selector)',
    ),
  },
  {
    name: 'ARC: ValiMail’s suite of chains',
    outcomes: arcCases,
    departures: {
      ...because(
        'Without c= a signature is simple/simple (RFC 8617 §4.1.2, RFC 6376 §3.5); the drafts had relaxed.',
        'ams_fields_c_na',
      ),
      ...because('h= must not be empty and must name From (RFC 6376 §3.5, §5.4).', 'ams_fields_h_empty'),
    },
  },
  {
    name: 'SPF, DKIM, DMARC and ARC: Rspamd’s functional tests',
    outcomes: functionalCases,
    departures: {
      ...because(
        lost,
        'SPF ALLOW NESTING AT LIMIT: R_SPF_ALLOW',
        'SPF PERMFAIL NESTING BEYOND LIMIT: R_SPF_PERMFAIL',
        'SPF ALLOW EXISTS: R_SPF_ALLOW',
        'SPF FAIL UNRESOLVEABLE EXISTS: R_SPF_FAIL',
        'SPF ALLOW DNS REQUESTS AT LIMIT: R_SPF_ALLOW',
        'SPF PERMFAIL DNS REQUESTS BEYOND LIMIT: R_SPF_PERMFAIL',
        'ARC ALLOW CHECK: ARC_ALLOW',
        'DKIM Ignore Unknown Tags: R_DKIM_ALLOW',
        'DKIM Signatures At Limit Are Still Checked: R_DKIM_ALLOW',
      ),
      ...because(
        'pct is gone (RFC 9989 §A.6): the policy stands as it is published.',
        'DMARC PCT ZERO REJECT: DMARC_POLICY_QUARANTINE',
        'DMARC PCT ZERO SP QUARANTINE: DMARC_POLICY_SOFTFAIL',
      ),
      ...because(
        'The subdomain publishes a record and its parent none: the tree walk ends at the subdomain (RFC 9989 §4.10.2), with which the parent’s signature is not aligned.',
        'DMARC SUBDOMAIN PASS DKIM RELAXED ALIGNMENT: DMARC_POLICY_ALLOW',
      ),
      ...because(
        keyAfterBody,
        'DKIM Accept Large Header List Below Limit: R_DKIM_PERMFAIL',
        'DKIM Reject Oversized Key Record: R_DKIM_PERMFAIL',
        'DKIM Reject Oversized Key Modulus: R_DKIM_PERMFAIL',
        'DKIM Verify Revoked Key (missing p=): R_DKIM_PERMFAIL',
      ),
    },
  },
  { name: 'Authentication-Results: go-msgauth’s fields', outcomes: authresCases, departures: {} },
  {
    name: 'Spoofing: espoofer’s attacks, through the gateway',
    outcomes: spoofingCases,
    departures: {
      ...because(
        'Both addresses in From are of one domain, which vouches for the message: DMARC authenticates domains, not mailboxes (RFC 9989 §2.3). Who may write as whom within a domain is for its own submission server.',
        'client_a2',
      ),
    },
  },
];

function numbered(name: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, n) => `${name}_${n + 1}.txt`);
}

const file = join(import.meta.dirname, '../../docs/conformance.md');

async function reports(t: Ending): Promise<ReadonlyMap<Suite, SuiteReport>> {
  const folder = corpusPart(t, '*suites/*');
  if (folder === null) throw new Error(String(missingCorpus()));
  const all = new Map<Suite, SuiteReport>();
  for (const suite of suites) all.set(suite, await report(suite.outcomes(folder, t), suite.departures));
  return all;
}

if (process.argv.includes('--update')) {
  const endings: (() => void | Promise<void>)[] = [];
  writeFileSync(file, page(await reports({ after: end => void endings.unshift(end) })));
  for (const end of endings) await end();
} else {
  describe('conformance suites', { skip: missingCorpus() }, async () => {
    const all = missingCorpus() === false ? await reports({ after }) : new Map<Suite, SuiteReport>();
    for (const [{ name }, { failures, stale, cases }] of all) {
      test(name, () => {
        assert.ok(cases > 0);
        assert.deepEqual(failures, []);
        assert.deepEqual(stale, [], 'listed as departing, and they are not');
      });
    }

    test('docs/conformance.md says what the suites say', () => assert.equal(readFileSync(file, 'utf8'), page(all)));
  });
}
