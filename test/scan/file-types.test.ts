// What a file is by its first bytes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileType } from '../../src/scan/file-types.ts';

const at = (offset: number, text: string): string => '\x01'.repeat(offset) + text;

const cases = [
  ['empty', ''],
  ['exe', 'MZ\x90\0'],
  ['elf', '\x7fELF\x02'],
  ['zip', 'PK\x03\x04\x14'],
  ['ooxml', 'PK\x03\x04\x14\0\x06\0[Content_Types].xml'],
  ['ole', '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'],
  ['pdf', '%PDF-1.7'],
  ['pdf', at(1000, '%PDF-1.7')],
  ['unknown', at(1100, '%PDF-1.7')],
  ['rtf', '{\\rtf1'],
  ['rar', 'Rar!\x1a\x07'],
  ['7z', '7z\xbc\xaf\x27\x1c'],
  ['gzip', '\x1f\x8b\x08'],
  ['tar', at(257, 'ustar')],
  ['iso', at(32_769, 'CD001')],
  ['lnk', 'L\0\0\0\x01\x14\x02\0'],
  ['onenote', '\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3'],
  ['png', '\x89PNG\r\n'],
  ['jpeg', '\xff\xd8\xff\xe0'],
  ['script', '#!/bin/sh\n'],
  ['html', '\xef\xbb\xbf \n<!DOCTYPE html>'],
  ['html', '<script>x()</script>'],
  ['svg', '<?xml version="1.0"?><svg xmlns=""/>'],
  ['xml', '<?xml version="1.0"?><a/>'],
  ['mail', 'Received: from x'],
  ['text', 'Hello\r\n\tthere'],
  ['text', 'caf\xe9'],
  ['unknown', '\x00\x01\x02'],
] as const;

for (const [expected, start] of cases) {
  test(`${JSON.stringify(start.slice(-20))} is ${expected}`, () => {
    assert.equal(fileType(Buffer.from(start, 'latin1')), expected);
  });
}
