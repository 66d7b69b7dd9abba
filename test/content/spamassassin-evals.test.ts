// SpamAssassin's eval functions: whether each holds of a message. The real SpamAssassin, where it is installed, says the same.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { supportedEvals } from '../../src/content/spamassassin-texts.ts';
import { importSpamAssassin } from '../../src/rules/spamassassin/import.ts';
import { hitsBy } from '../suites/imported-hits.ts';
import { missing } from '../support/real-parts.ts';
import { tempDir } from '../support/temp.ts';

interface EvalCase {
  /** `header`, `body` or `rawbody`, and the call. */
  readonly call: string;
  readonly hits: readonly string[];
  readonly misses: readonly string[];
}

const letter = (fields: string, body = 'Text\n'): string => `From: a@one.test\nTo: b@two.test\n${fields}\n${body}`;
const page = (html: string, fields = ''): string => letter(`${fields}Content-Type: text/html\n`, `${html}\n`);
const received = (by: string): string => `Received: ${by}; Mon, 1 Jan 2024 00:00:00 +0000\n`;
const outside = received('from mx.far.test (mx.far.test [203.0.113.7]) by gate.two.test (Postfix) with ESMTP id ABC');
const inside = received('from pc (pc [10.0.0.7]) by gate.two.test (Postfix) with ESMTP id ABC');
const parts = (...all: readonly string[]): string =>
  `MIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=b\n\n${all.map(part => `--b\n${part}\n`).join('')}--b--\n`;
const gif = Buffer.from(`GIF89a\x64\0\x32\0${'\0'.repeat(20)}`, 'latin1').toString('base64');
const png = Buffer.from(`\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\0\0\0\x01\0\x08\0\0\0\0abcd`, 'latin1').toString(
  'base64',
);
const image = (type: string, data: string): string =>
  letter(`Content-Type: image/${type}\nContent-Transfer-Encoding: base64\n`, `${data}\n`);
const shouting = `${'THIS IS AN OFFER OF NOTHING AT ALL. '.repeat(8)}\n`;

const cases: Readonly<Record<string, readonly EvalCase[]>> = {
  pages: [
    {
      call: "body eval:html_range('length', '8', '12')",
      hits: [page('<p>1234567')],
      misses: [page('<p>123'), letter('')],
    },
    {
      call: "body eval:html_range('obfuscation_ratio', '.4', '1')",
      hits: [page('vi<b>ag<i>ra')],
      misses: [page('vi <b> ag <i> ra')],
    },
    {
      call: "body eval:html_range('bad_tag_ratio', '.4', '.6')",
      hits: [page('<p>a<odd>b')],
      misses: [page('<p>a<b>b')],
    },
    {
      call: "body eval:html_range('non_element_ratio', '.6', '.7')",
      hits: [page('<p>a<x1><x1><x2>')],
      misses: [page('<p>a<x1>')],
    },
    {
      call: "body eval:html_range('closed_extra_ratio', '0.3', 'inf')",
      hits: [page('<p>a</b></i>')],
      misses: [page('<p>a</p>')],
    },
    {
      call: "body eval:html_range('max_size', '5', '6')",
      hits: [page('<font size=6>A'), page('<basefont size=4><font size="+2">A')],
      misses: [page('<font size=7>A'), page('<big><big><big>A')],
    },
    {
      call: "body eval:html_test('font_low_contrast')",
      hits: [
        page('<font color=white>A</font>'),
        page('<p style="color:#fefefe">A</p>'),
        page('<p style="color:#fefefe  ! important">A</p>'),
        page('<div style="background-color:rgb(0,0,0)">A</div>'),
        page('<font color=black><p style="background: url(x) black">A</p>'),
      ],
      misses: [
        page('<font color=white> </font>A'),
        page('<table bgcolor=black><tr><td>A'),
        page('<p style="color:inherit">A</p>'),
        page('<p style="color: red !important">A</p>'),
      ],
    },
    {
      call: "body eval:html_test('font_invalid_color')",
      hits: [page('<font color=ffffff>A'), page('<font color="">A')],
      misses: [page('<font color=#ff0000>A')],
    },
    {
      call: "body eval:html_test('font_face_bad')",
      hits: [page('<font face="Ar1al2">A')],
      misses: [page('<font face="Arial, sans-serif">A'), page('<p face="Ar1al2">A')],
    },
    {
      call: "body eval:html_test('embeds')",
      hits: [page('<object>')],
      misses: [page('<p>')],
    },
    {
      call: "body eval:html_test('form_action_mailto')",
      hits: [page('<form action="mailto:a@b.test">')],
      misses: [page('<form action="http://b.test">')],
    },
    { call: "body eval:html_eval('length', '< 12')", hits: [page('<p>A')], misses: [page('<p>123456789012')] },
    {
      call: "body eval:html_image_only('0000','0400')",
      hits: [page('<img src="http://a.test/a">')],
      misses: [page('<p>A'), page(`<img src=a>${'x'.repeat(400)}`)],
    },
    {
      call: "body eval:html_image_ratio('0.000','0.002')",
      hits: [page('abc<img width=100 height=100>'), page('abc<img width="50%" height="?">')],
      misses: [page('abc<img width=10 height=10>'), page('abc<img width=100>')],
    },
    {
      call: "body eval:html_text_match('title', '^.{3}$')",
      hits: [page('<title>abc</title>'), page('<title>äöü</title>', 'Content-Transfer-Encoding: 8bit\n')],
      misses: [page('<title>abcd</title>')],
    },
    {
      call: "body eval:html_text_match('comment', '<!(?!-).{0,6}>')",
      hits: [page('<p>A<!=x>')],
      misses: [page('<p>A<!--x-->'), page('<!DOCTYPE html><p>A')],
    },
    {
      call: "body eval:html_text_match('anchor', '<img>')",
      hits: [page('<a href=b><img src=c></a>')],
      misses: [page('<a href=b></a><img src=c>')],
    },
    {
      call: "body eval:html_title_subject_ratio('3.5')",
      hits: [page(`<title>${'t'.repeat(40)}</title>`, 'Subject: Ten chars\n')],
      misses: [
        page(`<title>${'t'.repeat(30)}</title>`, 'Subject: Ten chars\n'),
        page(`<title>${'t'.repeat(30)}</title>`),
      ],
    },
  ],
  parts: [
    {
      call: "rawbody eval:check_for_mime('mime_base64_count')",
      hits: [letter('Content-Transfer-Encoding: base64\n', 'QQ==\n')],
      misses: [letter('')],
    },
    {
      call: "rawbody eval:check_for_mime('mime_base64_encoded_text')",
      hits: [letter('Content-Type: text/plain\nContent-Transfer-Encoding: base64\n', 'QQ==\n')],
      misses: [letter('Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n', 'QQ==\n')],
    },
    {
      call: "rawbody eval:check_for_mime('mime_qp_count')",
      hits: [letter('Content-Transfer-Encoding: quoted-printable\n', '=41=42\n')],
      misses: [letter('Content-Transfer-Encoding: quoted-printable\n', 'a=20\n=20=09\n=C3=A4\n')],
    },
    {
      call: "rawbody eval:check_for_mime('mime_qp_long_line')",
      hits: [letter('Content-Transfer-Encoding: quoted-printable\n', `${'a'.repeat(79)}\n`)],
      misses: [letter('Content-Transfer-Encoding: quoted-printable\n', `${'a'.repeat(78)}\n`)],
    },
    {
      call: "body eval:check_for_mime('mime_attachment')",
      hits: [letter('Content-Disposition: Attachment; filename=a\n')],
      misses: [letter('Content-Disposition: inline\n')],
    },
    {
      call: "body eval:check_for_mime('mime_bad_iso_charset')",
      hits: [letter('Content-Type: text/plain; charset=iso-1234-5\n')],
      misses: [letter('Content-Type: text/plain; charset=iso-8859-15\n')],
    },
    {
      call: 'body eval:check_for_mime_html_only()',
      hits: [page('<p>A'), letter('', '').replace(/\n$/, parts('Content-Type: text/html\n\n<p>A'))],
      misses: [
        letter('', '').replace(/\n$/, parts('Content-Type: text/plain\n\nA', 'Content-Type: text/html\n\n<p>A')),
      ],
    },
    {
      call: "body eval:check_mime_multipart_ratio('0.0', '0.5')",
      hits: [
        letter('', '').replace(
          /\n$/,
          parts('Content-Type: text/plain\n\nA', 'Content-Type: text/html\n\n<p>A long one'),
        ),
      ],
      misses: [
        letter('', '').replace(
          /\n$/,
          parts('Content-Type: text/plain\n\nA long one, again', 'Content-Type: text/html\n\n<p>A'),
        ),
      ],
    },
    {
      call: "body eval:multipart_alternative_difference('99', '100')",
      hits: [
        letter('', '').replace(
          /\n$/,
          parts('Content-Type: text/plain\n\nfor filters', 'Content-Type: text/html\n\n<p>buy pills'),
        ),
      ],
      misses: [
        letter('', '').replace(
          /\n$/,
          parts('Content-Type: text/plain\n\nbuy pills', 'Content-Type: text/html\n\n<p>buy<br>pills'),
        ),
      ],
    },
    {
      call: "body eval:multipart_alternative_difference_count('3', '1')",
      hits: [
        letter('', '').replace(
          /\n$/,
          parts('Content-Type: text/plain\n\na b c d e f g h i', 'Content-Type: text/html\n\n<p>x y'),
        ),
      ],
      misses: [
        letter('', '').replace(/\n$/, parts('Content-Type: text/plain\n\na b c', 'Content-Type: text/html\n\n<p>x y')),
      ],
    },
    {
      call: "rawbody eval:check_abundant_unicode_ratio('0.02')",
      hits: [letter('', 'A &#x0431;&#x0432; text\n')],
      misses: [letter('', `A &#x0431; ${'text '.repeat(20)}\n`)],
    },
    {
      call: "body eval:check_for_uppercase('75', '100')",
      hits: [letter('', shouting)],
      misses: [letter('', shouting.toLowerCase()), letter('Content-Type: text/plain; charset=koi8-r\n', shouting)],
    },
    {
      call: "rawbody eval:check_base64_length('79')",
      hits: [letter('Content-Transfer-Encoding: base64\n', `${'QUJD'.repeat(20)}\n`)],
      misses: [letter('Content-Transfer-Encoding: base64\n', `${'QUJD'.repeat(19)}\n`)],
    },
    {
      call: "body eval:tvd_vertical_words('0', '10')",
      hits: [letter('', 'Longwordsonly\n')],
      misses: [letter('', 'a b c d\n')],
    },
    {
      call: "body eval:image_count('gif','1','1')",
      hits: [image('gif', gif)],
      misses: [image('png', png), letter('Content-Type: image/gif\n', gif)],
    },
    { call: "body eval:pixel_coverage('all','4000','6000')", hits: [image('gif', gif)], misses: [image('png', png)] },
    {
      call: "body eval:pixel_coverage('png','131072','131072')",
      hits: [image('png', png)],
      misses: [image('gif', gif)],
    },
  ],
  header: [
    {
      call: "header eval:check_illegal_chars('Subject','0.00','2')",
      hits: [letter('Subject: \xe4\xf6 here\n')],
      misses: [letter('Subject: \xc3\xa4\xc3\xb6 here\n'), letter('Subject: \xa3 only\n'), letter('Subject: plain\n')],
    },
    {
      call: 'header eval:subject_is_all_caps()',
      hits: [letter('Subject: BUY OUR PILLS NOW\n'), letter('Subject: Re: BUY OUR PILLS\n')],
      misses: [
        letter('Subject: BUY\n'),
        letter('Subject: BUY our pills\n'),
        letter('Subject: =?gb2312?q?BUY_OUR_PILLS?=\n'),
      ],
    },
    {
      call: "header eval:check_for_to_in_subject('user')",
      hits: [letter('Subject: b, your offer\n'), letter('Subject: Re: for b\n')],
      misses: [letter('Subject: your offer, b or c\n')],
    },
    {
      call: "header eval:check_for_to_in_subject('address')",
      hits: [letter('Subject: for B@two.test\n')],
      misses: [letter('Subject: for xb@two.test\n')],
    },
    {
      call: "header eval:check_for_shifted_date('96', 'undef')",
      hits: [letter(`${outside}Date: Sat, 6 Jan 2024 00:00:00 GMT\n`)],
      misses: [letter(`${outside}Date: 3 Jan 24 00:00 +0000\n`), letter('Date: Sat, 6 Jan 2024 00:00:00 GMT\n')],
    },
    {
      call: "header eval:check_for_shifted_date('-6', '-3')",
      hits: [letter(`${outside}Date: Mon, 1 Jan 2024 00:00:00 +0400\n`)],
      misses: [letter(`${outside}Date: Mon, 1 Jan 2024 00:00:00 EST\n`)],
    },
    {
      call: 'header eval:check_unresolved_template()',
      hits: [letter('X-Made: by %MAILER_NAME\n')],
      misses: [letter('Subject: by %MAILER_NAME\n')],
    },
    {
      call: 'header eval:check_equal_from_domains()',
      hits: [`Return-Path: <x@mail.other.test>\n${letter('')}`],
      misses: [`Return-Path: <x@mail.one.test>\n${letter('')}`, letter('')],
    },
    {
      call: 'header eval:check_for_matching_env_and_hdr_from()',
      hits: [`Return-Path: <A@one.test>\n${letter('')}`],
      misses: [`Return-Path: <b@one.test>\n${letter('')}`, letter('')],
    },
    {
      call: 'header eval:sorted_recipients()',
      hits: [letter(`Cc: ${'cdefghi'.replace(/./g, '$&@x.test, ')}j@x.test\n`)],
      misses: [letter(`Cc: ${'cdefgih'.replace(/./g, '$&@x.test, ')}j@x.test\n`), letter('Cc: c@x.test\n')],
    },
    {
      call: "header eval:similar_recipients('0.65','undef')",
      hits: [
        letter('Cc: bob1@x.test, bob2@x.test, bob3@x.test, bob4@x.test, bob5@x.test\n').replace('b@two', 'bob0@x'),
      ],
      misses: [letter('Cc: ann@x.test, bob@y.test, carl@z.test, dora@v.test, eve@w.test\n')],
    },
    {
      call: 'header eval:check_outlook_message_id()',
      hits: [
        letter(`${outside}Date: Mon, 1 Jan 2024 00:00:00 +0000\nMessage-Id: <000001c2abcd$12345678$0100007f@pc>\n`),
      ],
      misses: [
        letter(`${outside}Date: Mon, 1 Jan 2024 00:00:00 +0000\nMessage-Id: <000001da3c47$12345678$0100007f@pc>\n`),
      ],
    },
    {
      call: 'header eval:gated_through_received_hdr_remover()',
      hits: [letter('')],
      misses: [letter(outside)],
    },
    {
      call: 'header eval:check_for_forged_gmail_received_headers()',
      hits: [letter(outside).replace('a@one.test', 'a@gmail.com')],
      misses: [
        letter(`${outside}X-Received: by 10.1.2.3 with SMTP id abc\n`).replace('a@one.test', 'a@gmail.com'),
        letter(outside),
      ],
    },
    {
      call: 'header eval:check_for_forged_yahoo_received_headers()',
      hits: [letter(outside).replace('a@one.test', 'a@yahoo.com')],
      misses: [
        letter(outside.replaceAll('mx.far.test', 'mta1.mail.yahoo.com')).replace('a@one.test', 'a@yahoo.com'),
        letter('').replace('a@one.test', 'a@yahoo.com'),
      ],
    },
    {
      call: 'header eval:check_for_forged_hotmail_received_headers()',
      hits: [letter(received('from hotmail.com ([203.0.113.7]) by gate.two.test (Postfix) with ESMTP id ABC'))],
      misses: [letter(outside)],
    },
  ],
  relays: [
    {
      call: 'header eval:check_no_relays()',
      hits: [letter('')],
      misses: [letter(outside), letter('Received: from odd\n')],
    },
    {
      call: 'header eval:check_all_trusted()',
      hits: [letter(inside)],
      misses: [letter(outside), letter(inside + outside)],
    },
    {
      call: 'header eval:check_relays_unparseable()',
      hits: [letter('Received: from odd server, somewhere\n')],
      misses: [
        letter(outside),
        letter('Received: by mail.test id abc\n'),
        letter('Received: from root by host with local\n'),
        letter('Received: from a.test by b.test with SMTP id 1\n'),
        letter('Received: (from root@localhost) by host (8.12) id 1\n'),
      ],
    },
    {
      call: 'header eval:check_mailfrom_matches_rcvd()',
      hits: [`Return-Path: <x@far.test>\n${letter(outside)}`],
      misses: [`Return-Path: <x@near.test>\n${letter(outside)}`, letter(outside)],
    },
    {
      call: 'header eval:helo_ip_mismatch()',
      hits: [letter(received('from 198.51.100.1 (x.test [203.0.113.7]) by gate.two.test (Postfix) with ESMTP id ABC'))],
      misses: [
        letter(received('from 203.0.113.9 (x.test [203.0.113.7]) by gate.two.test (Postfix) with ESMTP id ABC')),
      ],
    },
  ],
};

const all = Object.values(cases).flat();
const symbolOf = (index: number): string => `EVAL_CASE_${index}`;
const text = all.map(({ call }, i) => call.replace(' ', ` ${symbolOf(i)} `)).join('\n');

describe('eval functions', async () => {
  const imported = importSpamAssassin([{ path: 'a.cf', text }], {
    taken: new Set(),
    evals: supportedEvals,
    include: () => null,
  });
  const hits = hitsBy(imported);
  for (const [index, { call, hits: holding, misses }] of all.entries())
    test(call, async () => {
      assert.deepEqual(imported.report[index]?.standing, { kind: 'exact' });
      const fires = async (mail: string) =>
        (await hits)(Buffer.from(mail, 'latin1')).then(said => said(symbolOf(index)));
      for (const mail of holding) assert.ok(await fires(mail), `should hold:\n${mail}`);
      for (const mail of misses) assert.ok(!(await fires(mail)), `should not hold:\n${mail}`);
    });
});

const hostile = [
  [
    'codes at the end of a line',
    letter('Content-Transfer-Encoding: quoted-printable\n', `${'=20'.repeat(100_000)}x\n=20\n`),
  ],
  ['signs in an address', letter(`Reply-To: ${'='.repeat(8000)}@x.test\nReturn-Path: <${'a='.repeat(4000)}@x.test>\n`)],
  ['spaces in a style', page(`<p style="color: red${' '.repeat(100_000)}x;color:rgb(${' '.repeat(100_000)}">A`)],
  ['elements within each other', page('<td><font color=red>'.repeat(40_000))],
  [
    'words that could be servers',
    letter(`Received: from ${'juno.com [1.2.3.4] '.repeat(400)}\n`).replace('a@one.test', 'a@juno.com'),
  ],
  ['declarations', page('<!a "'.repeat(60_000))],
] as const;

describe('THREATS 33: hostile input is looked at in time that grows with its length', async () => {
  const imported = importSpamAssassin([{ path: 'a.cf', text }], {
    taken: new Set(),
    evals: supportedEvals,
    include: () => null,
  });
  const hits = hitsBy(imported);
  for (const [name, mail] of hostile)
    test(name, async () => {
      const fires = await hits(Buffer.from(mail, 'latin1'));
      assert.equal(fires('NO_SUCH_RULE'), false);
    });
});

test('the real SpamAssassin says the same of every case', { skip: missing('spamassassin', 'spamassassin') }, t => {
  const folder = tempDir(t);
  const own = join(folder, 'site');
  mkdirSync(own);
  for (const name of readdirSync('/etc/spamassassin').filter(file => file.endsWith('.pre')))
    cpSync(join('/etc/spamassassin', name), join(own, name));
  writeFileSync(join(own, 'cases.cf'), `${text}\n`, 'latin1');
  const mails = [...new Set(all.flatMap(({ hits, misses }) => [...hits, ...misses]))];
  const files = mails.map((mail, i) => {
    const file = join(folder, `${i}.eml`);
    writeFileSync(file, mail, 'latin1');
    return file;
  });
  const driver = join(import.meta.dirname, '../suites/spamassassin.pl');
  const { status, stdout, stderr } = spawnSync('perl', [driver, join(folder, 'state'), own, ...files], {
    encoding: 'utf8',
    maxBuffer: 1e8,
    env: { ...process.env, HOME: folder },
  });
  assert.equal(status, 0, stderr);
  const said = stdout
    .trimEnd()
    .split('\n')
    .map(line => new Set((JSON.parse(line) as { readonly hits: readonly string[] }).hits));
  const wrong = all.flatMap(({ call, hits, misses }, i) => {
    const fires = (mail: string) => said[mails.indexOf(mail)]?.has(symbolOf(i)) === true;
    return [
      ...hits.filter(mail => !fires(mail)).map(mail => `${call} does not hold there:\n${mail}`),
      ...misses.filter(fires).map(mail => `${call} holds there:\n${mail}`),
    ];
  });
  assert.deepEqual(wrong, []);
});
