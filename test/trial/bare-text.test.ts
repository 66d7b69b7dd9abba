import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headerSection } from '../../src/model/header.ts';
import { isBareText, withPlainHeader } from '../../src/trial/bare-text.ts';

const bytes = (text: string): Buffer => Buffer.from(text.replaceAll('\n', '\r\n'));

const cases = [
  { name: 'a subject, and the text right below it', mail: 'Subject: Lunch\nat noon , says ann\n', bare: true },
  { name: 'a subject and an empty line', mail: 'Subject: Lunch\n\nat noon\n', bare: true },
  { name: 'text that looks like fields, further below', mail: 'subject: Lunch\n\nFrom: x\nDate: y\n', bare: true },
  { name: 'a first line of text that looks like a field', mail: 'Subject: Lunch\nre: yours\n\nat noon\n', bare: true },
  { name: 'a header', mail: 'Subject: Lunch\nFrom: ann@a.test\n\nat noon\n', bare: false },
  {
    name: 'a header with From behind a folded field',
    mail: 'Subject: a\n b\nfrom: ann@a.test\n\nat noon\n',
    bare: false,
  },
  { name: 'a header that begins otherwise', mail: 'Received: x\nSubject: Lunch\n\nat noon\n', bare: false },
  { name: 'no subject', mail: 'at noon\n', bare: false },
  { name: 'nothing', mail: '', bare: false },
];
for (const { name, mail, bare } of cases)
  test(`${bare ? 'a bare text' : 'no bare text'}: ${name}`, () => assert.equal(isBareText(bytes(mail)), bare));

test('a bare text gets a header, and keeps its subject and every byte of its text', () => {
  for (const text of ['at noon\n', '\nat noon\n', 'from : ann\n\n\u{1f372}\n', '']) {
    const given = withPlainHeader(bytes(`Subject: Lunch\n${text}`));
    const { fields, bodyStart } = headerSection(given);
    assert.deepEqual(
      fields.map(({ name }) => name),
      ['from', 'to', 'date', 'message-id', 'subject'],
    );
    assert.equal(given.subarray(bodyStart).toString(), text.replaceAll('\n', '\r\n'));
    assert.equal(isBareText(given), false);
  }
});
