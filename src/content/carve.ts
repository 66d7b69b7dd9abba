// A reading without structure, for mail that readers disagree about: whatever looks encoded is decoded, wherever it stands.

import { decodeLaxBase64, decodeQuotedPrintable, uuencodedFiles } from './transfer-encoding.ts';

/** Only content that may hold something is worth a scanner's time. */
const minEncodedBytes = 40;
const maxPieces = 200;

/** Pieces of content that some reader might take out of `raw`, beside those that follow its structure. */
export function carve(raw: Uint8Array): readonly Uint8Array[] {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  const pieces = base64Blocks(bytes).map(decodeLaxBase64);
  if (bytes.includes('=')) pieces.push(decodeQuotedPrintable(bytes).bytes);
  for (const file of uuencodedFiles(bytes, maxPieces)) pieces.push(file.bytes);
  return pieces;
}

/** Runs of lines that hold base64 and nothing else; a line with other text, a field, a delimiter or no text ends a run. */
function base64Blocks(bytes: Buffer): readonly Uint8Array[] {
  const blocks: Uint8Array[] = [];
  let start = 0;
  let end = 0;
  const close = () => {
    if (end - start >= minEncodedBytes && blocks.length < maxPieces) blocks.push(bytes.subarray(start, end));
  };
  // A lone CR, and NUL in place of white space, end a line for some readers.
  for (const { 0: line, index } of bytes.toString('latin1').matchAll(/[^\r\n\0]+/g)) {
    const isEncoded = line.length >= 4 && !/[^A-Za-z0-9+/=]/.test(line.trimEnd());
    // More than a line end between two lines is an empty line.
    if (!isEncoded || index - end > 2) {
      close();
      start = index;
    }
    end = isEncoded ? index + line.length : index;
    if (!isEncoded) start = end;
  }
  close();
  return blocks;
}
