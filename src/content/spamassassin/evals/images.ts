// Eval functions that look at the images in a message: how many there are, and how many pixels they cover.

import { lastValue } from '../header.ts';
import { decodedBytes, everyPart, isLeaf } from '../message.ts';
import { type Examined, type Holds, once } from './examined.ts';

export const imageEvals: Readonly<Record<string, Holds>> = {
  image_count: (of, [type, least, most]) => isBetween(imagesOf(of, type).length, least, most),
  pixel_coverage: (of, [type, least, most]) => isBetween(pixels(of, type), least, most),
  image_to_text_ratio: (of, [type, least, most]) => {
    const length = of.body().lines.reduce((sum, line) => sum + line.length, 0);
    const area = pixels(of, type);
    const ratio = length / area;
    return length > 0 && area > 0 && isBetween(ratio, least, most) && ratio !== Number(most);
  },
  image_size_exact: (of, [type, height, width]) =>
    imagesOf(of, type).some(image => image.height === Number(height) && image.width === Number(width)),
  image_size_range: (of, [type, leastHeight, leastWidth, mostHeight, mostWidth]) =>
    imagesOf(of, type).some(
      ({ height, width }) =>
        height * width > 0 && isBetween(height, leastHeight, mostHeight) && isBetween(width, leastWidth, mostWidth),
    ),
};

const isBetween = (value: number, least = '', most?: string): boolean =>
  value >= Number(least) && (most === undefined || value <= Number(most));

interface Size {
  readonly width: number;
  readonly height: number;
}

interface Image extends Size {
  readonly type: 'gif' | 'png' | 'jpeg';
}

/** Of a type, or of `all`. */
const imagesOf = (of: Examined, type = 'all'): readonly Image[] =>
  images(of).filter(image => type === 'all' || image.type === type);

const pixels = (of: Examined, type?: string): number =>
  imagesOf(of, type).reduce((sum, { width, height }) => sum + width * height, 0);

const images = once(({ message }: Examined): readonly Image[] =>
  [...everyPart(message)].flatMap(part => {
    const name = /^image\/(gif|png|jpe?g)$/.exec(part.type)?.[1]?.replace('jpg', 'jpeg');
    const isEncoded = lastValue(part.fields, 'content-transfer-encoding').toLowerCase() === 'base64';
    if (name === undefined || !isLeaf(part) || !isEncoded) return [];
    const type = name as Image['type'];
    return [{ type, ...(sizes[type](Buffer.from(decodedBytes(part), 'latin1')) ?? { width: 0, height: 0 }) }];
  }),
);

/** Null where the bytes are no such image. */
const sizes: Readonly<Record<Image['type'], (bytes: Buffer) => Size | null>> = {
  gif: bytes =>
    /^GIF8[79]a/.test(bytes.toString('latin1', 0, 6)) && bytes.length >= 13
      ? { width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) }
      : null,
  png: pngSize,
  jpeg: jpegSize,
};

/** PNG §11.2.2: the header's chunk says it; here it is the first of its kind that is whole. */
function pngSize(bytes: Buffer): Size | null {
  if (bytes.toString('latin1', 0, 8) !== '\x89PNG\r\n\x1a\n') return null;
  for (let at = 8; at + 16 <= bytes.length; at += 8) {
    const type = bytes.toString('latin1', at + 4, at + 8);
    if (type === 'IEND') return null;
    if (type === 'IHDR' && bytes.readUInt32BE(at) === 13)
      return { width: bytes.readUInt32BE(at + 8), height: bytes.readUInt32BE(at + 12) };
  }
  return null;
}

/** ITU-T T.81 Annex B: segments one after the other, of which that of a frame says it. */
function jpegSize(bytes: Buffer): Size | null {
  if (bytes.length < 2 || bytes.readUInt16BE(0) !== 0xffd8) return null;
  for (let at = 2; at + 9 <= bytes.length; ) {
    const marker = bytes[at + 1] ?? 0;
    const length = bytes.readUInt16BE(at + 2);
    if (bytes[at] !== 0xff || marker === 0xda || marker === 0xd9 || length < 2) return null;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return { height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) };
    at += 2 + length;
  }
  return null;
}
