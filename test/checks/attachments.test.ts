// Attachments by name, by declared type and by content.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attachmentsCheck } from '../../src/checks/attachments.ts';
import { observed, subjectOf } from './mail-scene.ts';

const attach = (disposition: string, content = 'x', type = 'application/octet-stream'): string =>
  `Content-Type: multipart/mixed; boundary=b\n\n--b\n\nHello\n--b\nContent-Type: ${type}\nContent-Disposition: ${disposition}\nContent-Transfer-Encoding: base64\n\n${Buffer.from(content, 'latin1').toString('base64')}\n--b--\n`;
const named = (name: string): string => attach(`attachment; filename*=utf-8''${encodeURIComponent(name)}`);
const observe = async (mail: string) => await observed(attachmentsCheck, subjectOf(mail));

const cases: readonly {
  readonly name: string;
  readonly mail: string;
  readonly holds: Readonly<Record<string, unknown>>;
}[] = [
  { name: 'none', mail: 'Subject: x\n\nHello\n', holds: { count: 0, names: [], list: [] } },
  {
    name: 'a document',
    mail: attach('attachment; filename="Report.PDF"', '%PDF-1.4', 'application/pdf'),
    holds: {
      count: 1,
      names: ['Report.PDF'],
      extensions: ['pdf'],
      detected: ['pdf'],
      executables: 0,
      list: [{ name: 'Report.PDF', type: 'application/pdf', detected: 'pdf', size_bytes: 8, extension: 'pdf' }],
    },
  },
  { name: 'a program', mail: named('setup.exe'), holds: { executables: 1, double_extensions: 0 } },
  {
    name: 'a program by another name',
    mail: attach('attachment; filename=photo.jpg', 'MZ\x90\x00'),
    holds: { executables: 1, type_conflicts: 1, detected: ['exe'] },
  },
  {
    name: 'a second extension',
    mail: named('invoice.pdf.exe'),
    holds: { executables: 1, double_extensions: 1, extensions: ['exe'] },
  },
  {
    name: 'a second extension far away',
    mail: named(`invoice.pdf${' '.repeat(50)}.exe`),
    holds: { double_extensions: 1 },
  },
  { name: 'a version in the name', mail: named('minutes.2026.pdf'), holds: { double_extensions: 0, executables: 0 } },
  {
    name: 'a dot at the end, which Windows drops',
    mail: named('setup.exe. '),
    holds: { extensions: ['exe'], executables: 1 },
  },
  { name: 'an archive', mail: named('a.zip'), holds: { archives: 1 } },
  { name: 'Office with macros', mail: named('a.docm'), holds: { macros: 1 } },
  // THREATS.md 19.
  {
    name: 'unicode tricks: a right-to-left override is shown, and the extension is that of the bytes',
    mail: named('invoice\u202efdp.exe'),
    holds: { rtlo: 1, names: ['invoiceU+202Efdp.exe'], extensions: ['exe'], executables: 1 },
  },
  {
    name: 'unicode tricks: a zero-width character in the extension',
    mail: named('setup.e\u200bxe'),
    holds: { names: ['setup.eU+200Bxe'], extensions: ['exe'], executables: 1 },
  },
  // THREATS.md 11.
  {
    name: 'a name that is a path is only a text',
    mail: named('../../etc/cron.d/x'),
    holds: { names: ['../../etc/cron.d/x'] },
  },
  // THREATS.md 20.
  { name: 'a name that is __proto__', mail: named('__proto__'), holds: { names: ['__proto__'], extensions: [] } },
];

for (const c of cases) {
  test(c.name, async () => {
    const value = await observe(c.mail);
    for (const [field, expected] of Object.entries(c.holds)) assert.deepEqual(value[field], expected, field);
  });
}

function zipMember(name: string, flags: number): Buffer {
  const header = Buffer.alloc(30);
  header.write('504b0304', 'hex');
  header.writeUInt16LE(flags, 6);
  header.writeUInt16LE(name.length, 26);
  return Buffer.concat([header, Buffer.from(name)]);
}

test('encrypted archives, and the names inside', async () => {
  const zip = Buffer.concat([zipMember('readme.txt', 0), zipMember('tool.js', 1)]).toString('latin1');
  const value = await observe(attach('attachment; filename=a.zip', zip));
  const { encrypted, executables_inside, member_names, is_over_budget } = value;
  assert.deepEqual(
    { encrypted, executables_inside, member_names, is_over_budget },
    { encrypted: 1, executables_inside: 1, member_names: ['readme.txt', 'tool.js'], is_over_budget: false },
  );
});

test('an archive behind other bytes, which programs unpack all the same', async () => {
  const zip = Buffer.concat([Buffer.from('x'), zipMember('tool.js', 0)]).toString('latin1');
  assert.equal((await observe(attach('attachment; filename=a.zip', zip))).executables_inside, 1);
});

test('extensions that are too many to list are counted, so that none is hidden behind others', async () => {
  const names = [...Array.from({ length: 50 }, (_, i) => `a.x${i}`), 'a.js'];
  const parts = names.map(name => `--b\nContent-Disposition: attachment; filename="${name}"\n\nx\n`);
  const value = await observe(`Content-Type: multipart/mixed; boundary=b\n\n${parts.join('')}--b--\n`);
  assert.deepEqual([value.extensions.length, value.unlisted_extensions, value.executables], [50, 1, 1]);
});

test('archive bombs: more members than are looked at are told', async () => {
  const zip = Buffer.concat(Array.from({ length: 10_001 }, (_, i) => zipMember(`${i}`, 0))).toString('latin1');
  assert.equal((await observe(attach('attachment; filename=a.zip', zip))).is_over_budget, true);
});

test('a large archive is only listed, and so within every budget', async () => {
  const zip = Buffer.concat([zipMember('slides.pptx', 0), Buffer.alloc(9_000_000)]).toString('latin1');
  const { member_names, is_over_budget } = await observe(attach('attachment; filename=a.zip', zip));
  assert.deepEqual([member_names, is_over_budget], [['slides.pptx'], false]);
});

test('more uuencoded files than a call takes arguments hide no program beside them', async () => {
  const files = 'begin 644 a\n#86)C\n`\nend\n'.repeat(100);
  const parts = `--b\nContent-Type: text/plain\n\n${files}`.repeat(1300);
  const program = '--b\nContent-Disposition: attachment; filename=setup.exe\n\nMZ\n';
  const { count, executables } = await observe(
    `Content-Type: multipart/mixed; boundary=b\n\n${parts}${program}--b--\n`,
  );
  assert.deepEqual([count, executables], [130_001, 1]);
});

test('a uuencoded file in text is an attachment', async () => {
  const value = await observe('Subject: x\n\nHi\n\nbegin 644 cat.scr\n#0V%T\n`\nend\n');
  assert.deepEqual([value.names, value.executables], [['cat.scr'], 1]);
});

test('very many and very long names are bounded evidence', async () => {
  const parts = Array.from(
    { length: 500 },
    (_, i) => `--b\nContent-Disposition: attachment; filename="${'n'.repeat(400)}${i}.exe"\n\nx\n`,
  );
  const value = await observe(`Content-Type: multipart/mixed; boundary=b\n\n${parts.join('')}--b--\n`);
  assert.equal(value.executables, 500);
  assert.ok(JSON.stringify(value).length < 8000);
});
