// What a file is by its first bytes, whatever it is called.

export const fileTypes = [
  'exe',
  'elf',
  'macho',
  'script',
  'zip',
  'ole',
  'ooxml',
  'pdf',
  'rtf',
  'rar',
  '7z',
  'gzip',
  'bzip2',
  'xz',
  'zstd',
  'cab',
  'ace',
  'arj',
  'tar',
  'iso',
  'lnk',
  'onenote',
  'chm',
  'class',
  'wasm',
  'tnef',
  'html',
  'svg',
  'xml',
  'png',
  'jpeg',
  'gif',
  'webp',
  'bmp',
  'tiff',
  'mp3',
  'mp4',
  'ogg',
  'wav',
  'ps',
  'mail',
  'text',
  'empty',
  'unknown',
] as const;
export type FileType = (typeof fileTypes)[number];

interface Magic {
  readonly type: FileType;
  readonly at: number;
  readonly bytes: Buffer;
}

const magic = (type: FileType, hexOrText: string, at = 0): Magic => ({
  type,
  at,
  bytes: /^(?:[0-9a-f]{2} ?)+$/.test(hexOrText)
    ? Buffer.from(hexOrText.replaceAll(' ', ''), 'hex')
    : Buffer.from(hexOrText, 'latin1'),
});

/** The first that fits counts. */
const magics: readonly Magic[] = [
  magic('exe', 'MZ'),
  magic('elf', '7f 45 4c 46'),
  magic('macho', 'cf fa ed fe'),
  magic('macho', 'ce fa ed fe'),
  magic('class', 'ca fe ba be'),
  magic('zip', '50 4b 03 04'),
  magic('zip', '50 4b 05 06'),
  magic('zip', '50 4b 07 08'),
  magic('ole', 'd0 cf 11 e0 a1 b1 1a e1'),
  magic('rtf', '{\\rt'),
  magic('rar', 'Rar!'),
  magic('7z', '37 7a bc af 27 1c'),
  magic('gzip', '1f 8b'),
  magic('bzip2', 'BZh'),
  magic('xz', 'fd 37 7a 58 5a 00'),
  magic('zstd', '28 b5 2f fd'),
  magic('cab', 'MSCF'),
  magic('ace', '**ACE**', 7),
  magic('arj', '60 ea'),
  magic('tar', 'ustar', 257),
  magic('iso', 'CD001', 32_769),
  magic('lnk', '4c 00 00 00 01 14 02 00'),
  magic('onenote', 'e4 52 5c 7b 8c d8 a7 4d ae b1 53 78 d0 29 96 d3'),
  magic('chm', 'ITSF'),
  magic('wasm', '00 61 73 6d'),
  magic('tnef', '78 9f 3e 22'),
  magic('png', '89 50 4e 47'),
  magic('jpeg', 'ff d8 ff'),
  magic('gif', 'GIF8'),
  magic('webp', 'WEBP', 8),
  magic('wav', 'WAVE', 8),
  magic('bmp', 'BM'),
  magic('tiff', '49 49 2a 00'),
  magic('tiff', '4d 4d 00 2a'),
  magic('mp3', 'ID3'),
  magic('mp4', 'ftyp', 4),
  magic('ogg', 'OggS'),
  magic('ps', '%!PS'),
  magic('script', '#!'),
];

/** The type stands in so many first bytes. */
export const typedBytes = Math.max(...magics.map(({ at, bytes }) => at + bytes.length));

export function fileType(bytes: Uint8Array): FileType {
  if (bytes.length === 0) return 'empty';
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Readers of PDF look for its mark within the first kilobyte.
  if (file.subarray(0, 1024).includes('%PDF-')) return 'pdf';
  const found = magics.find(m => file.subarray(m.at, m.at + m.bytes.length).equals(m.bytes));
  if (found === undefined) return textType(file);
  return found.type === 'zip' && isOoxml(file) ? 'ooxml' : found.type;
}

/** Office's files are ZIP archives with this member, which stands early. */
const isOoxml = (file: Buffer): boolean => file.subarray(0, 8192).includes('[Content_Types].xml');

function textType(file: Buffer): FileType {
  const start = file
    .toString('latin1', 0, 1024)
    .replace(/^(?:\xef\xbb\xbf|\xff\xfe)?\s*/, '')
    .replaceAll('\0', '')
    .toLowerCase();
  if (/^(?:<!--.{0,200}-->\s*)?<(?:!doctype html|html|head|body|script|meta|iframe|table)\b/s.test(start))
    return 'html';
  if (start.includes('<svg')) return 'svg';
  if (start.startsWith('<?xml')) return start.includes('<html') ? 'html' : 'xml';
  if (/^(?:received|return-path|from|date|message-id|mime-version|delivered-to): /.test(start)) return 'mail';
  return /[\0-\x08\x0e-\x1a\x1c-\x1f]/.test(file.toString('latin1', 0, 1024)) ? 'unknown' : 'text';
}
