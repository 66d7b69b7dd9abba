// mailparser's reading of a message: its text, HTML and attachments. It runs behind caps, its failure is evidence and never
// means "nothing attached": the parts that mime.ts finds remain (docs/decisions/0003-two-readers-of-mime.md).

import { MailParser } from 'mailparser';
import type { HeaderSection } from '../model/header.ts';
import type { ByteRange } from '../model/message.ts';
import type { Part, Structure } from './mime.ts';

export interface ParsedAttachment {
  readonly filename: string | null;
  readonly type: string;
  /** Empty where it is one of our parts that was left out of what mailparser was given. */
  readonly content: Buffer;
}

export type Parsed =
  | {
      readonly state: 'parsed';
      readonly text: string;
      readonly html: string;
      readonly attachments: readonly ParsedAttachment[];
    }
  /** `refused`: beyond our caps, so it was not asked. */
  | { readonly state: 'failed' | 'refused'; readonly reason: string };

/** What mailparser is given at most. Its own limit is 1,000 parts; beyond this its time grows faster than the message. */
const caps = { bytes: 16 * 1024 * 1024, parts: 900 } as const;

/** Content that all readers decode alike is left out from this size on: it is decoded once, by us. */
const elidedFrom = 2048;

export function refusal(header: HeaderSection, structure: Structure): string | null {
  if (header.exceeded.length > 0 || structure.limits.has('header')) return 'header over its limits';
  if (structure.count > caps.parts) return `more than ${caps.parts} parts`;
  return null;
}

export async function parse(raw: Uint8Array, header: HeaderSection, structure: Structure): Promise<Parsed> {
  const refused = refusal(header, structure);
  if (refused !== null) return { state: 'refused', reason: refused };
  const elided = structure.parts.filter(isElidable);
  const sizeBytes = elided.reduce((left, { body }) => left - (body.end - body.start), raw.length);
  if (sizeBytes > caps.bytes) return { state: 'refused', reason: `more than ${caps.bytes} bytes` };
  try {
    return await read(withoutBodies(raw, elided));
  } catch (error) {
    return { state: 'failed', reason: error instanceof Error ? error.message.slice(0, 200) : 'unknown' };
  }
}

function isElidable(part: Part): part is Part & { readonly body: ByteRange } {
  return part.isOpaque && !part.type.startsWith('text/') && part.body !== null && part.content.length >= elidedFrom;
}

/** A private copy of `raw` without those bodies. */
function withoutBodies(raw: Uint8Array, parts: readonly { readonly body: ByteRange }[]): Buffer {
  const kept: Uint8Array[] = [];
  let from = 0;
  for (const { body } of parts) {
    kept.push(raw.subarray(from, body.start));
    from = body.end;
  }
  kept.push(raw.subarray(from));
  return Buffer.concat(kept);
}

/** Options beyond @types/mailparser 3.9.0. What they skip we do ourselves, in linear time. */
const options = {
  skipHtmlToText: true,
  skipTextToHtml: true,
  skipImageLinks: true,
  skipTextLinks: true,
  checksumAlgo: 'sha256',
};

function read(bytes: Buffer): Promise<Parsed> {
  return new Promise((resolve, reject) => {
    const parser = new MailParser(options);
    const attachments: ParsedAttachment[] = [];
    let text = '';
    let html = '';
    parser.on('data', part => {
      if (part.type === 'text') {
        text = part.text ?? '';
        html = typeof part.html === 'string' ? part.html : '';
        return;
      }
      const chunks: Uint8Array[] = [];
      part.content.on('data', (chunk: Uint8Array) => chunks.push(chunk));
      part.content.once('error', reject);
      part.content.once('end', () => {
        attachments.push({ filename: part.filename ?? null, type: part.contentType, content: Buffer.concat(chunks) });
        part.release();
      });
    });
    parser.once('error', reject);
    parser.once('end', () => resolve({ state: 'parsed', text, html, attachments }));
    parser.end(bytes);
  });
}
