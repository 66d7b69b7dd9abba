// Languages and scripts as evidence.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { languageCheck } from '../../src/checks/language.ts';
import { observed, subjectOf } from './mail-scene.ts';

test('a German letter with a Russian subject', async () => {
  const subject = Buffer.from('\u0421\u0440\u043e\u0447\u043d\u043e').toString('base64');
  const value = await observed(
    languageCheck,
    subjectOf(
      `Subject: =?utf-8?B?${subject}?=\n\nSehr geehrte Damen und Herren, wir haben die Rechnung nicht erhalten und bitten um ein wenig Geduld.\n`,
    ),
  );
  assert.deepEqual([value.language, value.script, value.subject_script], ['de', 'Latin', 'Cyrillic']);
  assert.deepEqual(value.scripts, [{ script: 'Latin', share: 1 }]);
  assert.ok(value.confidence > 0.3 && value.letters > 50);
});

test('no text', async () => {
  const value = await observed(languageCheck, subjectOf('Subject: 42\n\n\n'));
  assert.deepEqual(value, {
    language: 'unknown',
    confidence: 0,
    script: '',
    scripts: [],
    letters: 0,
    subject_script: '',
  });
});

test('the longest text counts: a short plain part beside the letter says nothing', async () => {
  const html =
    '<p>Bonjour, nous avons bien re\\u00e7u votre lettre et nous vous remercions pour la commande que vous avez faite.</p>';
  const mail = [
    'Content-Type: multipart/alternative; boundary=b',
    '',
    '--b',
    'Content-Type: text/plain',
    '',
    'View this message in your browser and do not reply to it.',
    '--b',
    'Content-Type: text/html',
    '',
    html,
    '--b--',
    '',
  ].join('\n');
  assert.equal((await observed(languageCheck, subjectOf(mail))).language, 'fr');
});
