// The ARC set that we add (RFC 8617 §5.1): what we saw, a signature over the message as it leaves, and a seal over the chain.

import type { SealOrder } from '../model/alteration.ts';
import type { EpochMs } from '../model/clock.ts';
import { PermanentFailure } from '../model/failure.ts';
import { fieldValue, foldedField, type HeaderField, headerSection } from '../model/header.ts';
import { relaxedField } from './canonical.ts';
import {
  arcCoverage,
  type Coverage,
  messageSignature,
  relaxed,
  type Signable,
  seconds,
  signedField,
  signerOf,
} from './sign.ts';
import { tag } from './signed-bytes.ts';

export interface ArcSet {
  /** The three fields, each ended by CRLF, to be put before the message. */
  readonly fields: string;
  readonly instance: number;
}

/** RFC 8617 §4.2.1. */
const maxInstance = 50;

/** In the order in which a seal covers those of one set (RFC 8617 §5.1.1). */
const kinds = ['arc-authentication-results', 'arc-message-signature', 'arc-seal'] as const;

/** @throws PermanentFailure where the chain cannot be continued. */
export function arcSet(message: Signable, order: SealOrder, at: EpochMs, coverage: Coverage = arcCoverage): ArcSet {
  const earlier = earlierSets(message.header);
  const instance = nextInstance(earlier, order.chain, message.header);
  const i = String(instance);
  const results = resultsField(i, order);
  const signature = messageSignature('ARC-Message-Signature', [['i', i]], message, { by: order.by, at, coverage });
  // A failed chain is sealed by its last set alone (RFC 8617 §5.1.2).
  const chain = order.chain === 'pass' ? coveredChain(earlier, message.header) : '';
  const covered = [results, signature].map(field => `${relaxedLine(field)}\r\n`).join('');
  const signer = signerOf(order.by.key);
  const seal = signedField(
    'ARC-Seal',
    [
      ['a', signer.algorithm],
      ['b', ''],
      ['cv', order.chain],
      ['d', order.by.domain],
      ['i', i],
      ['s', order.by.selector],
      ['t', seconds(at)],
    ],
    chain + covered,
    signer,
  );
  return { fields: seal + signature + results, instance };
}

type Sets = ReadonlyMap<number, readonly HeaderField[]>;

/** The ARC fields that are there, by their instances; those without one under NaN. */
function earlierSets(header: Uint8Array): Sets {
  const { fields } = headerSection(header);
  const ours = fields.filter(field => kinds.some(kind => kind === field.name));
  return Map.groupBy(ours, field => instanceOf(fieldValue(header, field)));
}

function instanceOf(value: string): number {
  const text = tag(value, 'i');
  return /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
}

function nextInstance(earlier: Sets, chain: SealOrder['chain'], header: Uint8Array): number {
  const newest = Math.max(0, ...[...earlier.keys()].filter(Number.isInteger));
  if ((chain === 'none') !== (earlier.size === 0)) throw new PermanentFailure('the chain is not what was verified');
  // RFC 8617 §5.1, step 2: nobody continues a chain that is marked as failed.
  const seal = earlier.get(newest)?.find(field => field.name === 'arc-seal');
  if (seal !== undefined && tag(fieldValue(header, seal), 'cv') === 'fail')
    throw new PermanentFailure('the chain is sealed as failed');
  if (chain === 'fail' && newest === 0) throw new PermanentFailure('the failed chain has no instance');
  if (newest >= maxInstance) throw new PermanentFailure('the chain is full');
  return newest + 1;
}

/** The sets from the oldest on, each field ended by CRLF. */
function coveredChain(earlier: Sets, header: Uint8Array): string {
  const instances = [...earlier.keys()].sort((a, b) => a - b);
  const fields = instances.flatMap(instance =>
    kinds.map(kind => earlier.get(instance)?.find(field => field.name === kind)),
  );
  return fields
    .map(field => {
      if (field === undefined) throw new PermanentFailure('the chain is not what was verified');
      return `${relaxed(header, field)}\r\n`;
    })
    .join('');
}

/** RFC 8617 §4.1.1: our Authentication-Results with the instance before them. */
function resultsField(i: string, { authservId, results }: SealOrder): string {
  const said = results.length > 0 ? results : ['none'];
  const parts = said.map((result, n) => ` ${result}${n < said.length - 1 ? ';' : ''}`);
  return foldedField('ARC-Authentication-Results', [`i=${i};`, ` ${authservId};`, ...parts]);
}

/** A field of ours in the form that is covered. */
function relaxedLine(field: string): string {
  const colon = field.indexOf(':');
  return relaxedField(field.slice(0, colon), field.slice(colon + 1));
}
