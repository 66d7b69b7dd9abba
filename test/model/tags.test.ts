// Sub-addresses: which part of a local part is a tag.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutTag } from '../../src/model/address.ts';

const cases = [
  { path: 'jane+lists@x.test', delimiters: '+', gives: 'jane@x.test' },
  { path: 'jane+a+b@x.test', delimiters: '+', gives: 'jane@x.test' },
  { path: 'jane-a+b@x.test', delimiters: '+-', gives: 'jane@x.test' },
  { path: 'jane+@x.test', delimiters: '+', gives: 'jane@x.test' },
  { path: 'jane@x+y.test', delimiters: '+', gives: null },
  { path: 'jane@x.test', delimiters: '+', gives: null },
  { path: 'jane+lists@x.test', delimiters: '', gives: null },
  { path: 'jane+lists@x.test', delimiters: '-', gives: null },
  // A name may begin so: mailboxes of mailing list managers do.
  { path: '+jane@x.test', delimiters: '+', gives: null },
  { path: '+jane+a@x.test', delimiters: '+', gives: '+jane@x.test' },
  { path: 'jörg+x@bücher.test', delimiters: '+', gives: 'jörg@bücher.test' },
  { path: 'postmaster', delimiters: '+', gives: null },
  { path: '', delimiters: '+', gives: null },
];
for (const { path, delimiters, gives } of cases) {
  test(`<${path}> with '${delimiters}'`, () => assert.equal(withoutTag(path, delimiters), gives));
}
