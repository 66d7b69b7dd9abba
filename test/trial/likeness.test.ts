import assert from 'node:assert/strict';
import { test } from 'node:test';
import { likeness } from '../../src/trial/likeness.ts';

const text = 'Dear customer, your parcel waits at the office for a fee that you have not paid yet.';
const of = (body: string, header = 'Subject: x'): string => likeness(Buffer.from(`${header}\r\n\r\n${body}`));

const cases = [
  { name: 'another header', body: text, header: 'Subject: y\r\nTo: bob@rcpt.example', alike: true },
  { name: 'other numbers and spaces', body: `${text.replaceAll(' ', '\r\n')} 12345`, alike: true },
  { name: 'other letter case', body: text.toUpperCase(), alike: true },
  {
    name: 'other boundaries and part headers',
    body: `--b1abc\r\nContent-Type: text/plain\r\n\r\n${text}\r\n--b1abc--\r\n`,
    alike: true,
  },
  { name: 'another word', body: text.replace('parcel', 'letter'), alike: false },
  { name: 'a word more', body: `${text} Today!`, alike: false },
];
for (const { name, body, header, alike } of cases)
  test(`messages ${alike ? 'are alike' : 'differ'}: ${name}`, () => assert.equal(of(body, header) === of(text), alike));

test('of short bodies there is too little to compare: only the same message is alike', () => {
  assert.equal(of('Hello'), of('Hello'));
  assert.notEqual(of('Hello'), of('Hello', 'Subject: y'));
});

test('letters of other scripts count too', () => {
  const chinese = '您的包裹因未付运费而被扣留请立即点击链接付款否则将被退回';
  assert.notEqual(of(chinese), of(chinese.replace('包裹', '信件')));
});
