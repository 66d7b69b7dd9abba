// ValiMail's suite of ARC seals: its cases pin every byte of the three fields that a sealer adds.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { arcSet } from '../../src/auth/arc-set.ts';
import { RelaxedBodyHash } from '../../src/auth/canonical.ts';
import type { SealOrder } from '../../src/model/alteration.ts';
import { fieldValue, headerSection } from '../../src/model/header.ts';
import { corpusPart, missingCorpus } from '../support/corpus.ts';

const file = 'suites/arc/valimail/arc-draft-sign-tests.yml';

interface Scenario {
  readonly tests: Readonly<Record<string, Case>>;
  readonly domain: string;
  readonly sel: string;
  readonly privatekey: string;
}

interface Case {
  readonly message: string;
  readonly t: number;
  readonly 'sig-headers': string;
  readonly 'srv-id': string;
  /** What the three fields hold; nothing where no set may be added. */
  readonly AS: string | null;
  readonly AMS: string | null;
  readonly AAR: string | null;
}

/** The results under `authservId` of all Authentication-Results fields: here the suite has what a gateway finds out by itself. */
function resultsOf(header: Uint8Array, authservId: string): readonly string[] {
  const fields = headerSection(header).fields.filter(field => field.name === 'authentication-results');
  return fields.flatMap(field => {
    const [id, ...results] = fieldValue(header, field).split(';');
    return id?.trim() === authservId ? results.map(result => result.trim()) : [];
  });
}

function chainOf(results: readonly string[], header: Uint8Array): SealOrder['chain'] {
  const said = /^arc=(none|pass|fail)/.exec(results.find(result => result.startsWith('arc=')) ?? '')?.[1];
  const hasChain = headerSection(header).fields.some(field => field.name === 'arc-seal');
  // The cases without `arc=` have either no chain, or one that is sealed as failed.
  return (said as SealOrder['chain'] | undefined) ?? (hasChain ? 'fail' : 'none');
}

const oneLine = (text: string): string => text.replace(/\s+/g, '');

function seal(scenario: Scenario, given: Case): string {
  const message = Buffer.from(given.message.replace(/\r?\n/g, '\r\n'));
  const bodyStart = headerSection(message).bodyStart;
  const body = new RelaxedBodyHash();
  body.update(message.subarray(bodyStart));
  const header = message.subarray(0, bodyStart);
  const results = resultsOf(header, given['srv-id']);
  const by = { domain: scenario.domain, selector: scenario.sel, key: scenario.privatekey };
  const order: SealOrder = {
    by,
    when: 'relayed',
    chain: chainOf(results, header),
    authservId: given['srv-id'],
    results,
  };
  const coverage = { names: given['sig-headers'].split(':'), sealed: [] };
  return arcSet({ header, bodyHash: body.digest() }, order, given.t * 1000, coverage).fields;
}

const folder = corpusPart({ after }, `*${file}`);

describe('ValiMail: ARC seals', { skip: missingCorpus() }, () => {
  for (const document of folder === null ? [] : parseAllDocuments(readFileSync(join(folder, file), 'utf8'))) {
    const scenario = document.toJS() as Scenario;
    for (const [name, given] of Object.entries(scenario.tests)) {
      test(name, () => {
        if (oneLine(given.AS ?? '') === '') {
          assert.throws(() => seal(scenario, given), /the chain is sealed as failed/);
          return;
        }
        const fields = seal(scenario, given);
        assert.equal(
          oneLine(fields),
          oneLine(`ARC-Seal: ${given.AS} ARC-Message-Signature: ${given.AMS} ARC-Authentication-Results: ${given.AAR}`),
        );
      });
    }
  }
});
