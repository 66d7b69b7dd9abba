// The rules for German, French, Spanish, Portuguese and Chinese text together: honest mail in the words of lures, and lures.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firingOf } from '../../src/rules/judge.ts';
import { compilePatterns } from '../../src/rules/patterns/patterns.ts';
import { observed, profileOf, site } from './rule-set.ts';
import { shippedRules as rules } from './shipped-rules.ts';

const matcher = compilePatterns(rules.patterns);

interface Letter {
  readonly name: string;
  readonly from: string;
  readonly by?: string;
  readonly subject: string;
  readonly text: string;
  readonly links?: number;
}

/** The symbols of these languages that fire on a letter that answers nothing. */
function saidOf({ from, by = '', subject, text, links = 0 }: Letter): readonly string[] {
  const texts = new Map([
    ['subject', [subject]],
    ['name', [by]],
    ['text', [text]],
  ] as const);
  const facts = {
    from: observed({ domain: from, organisation: from, reply_to_domain: '', reply_to_differs: false, is_local: false }),
    message: observed({ list_id: '', is_bulk: false, is_reply: false, is_auto: false }),
    header: observed({ list_fields: [] }),
    text: observed({ words: text.split(/\s+/).length }),
    html: observed({ links }),
    urls: observed({ links, count: links, archives: 0, hosted: 0 }),
    language: observed({ script: /\p{Script=Han}/u.test(text) ? 'Han' : 'Latin' }),
  };
  const firing = firingOf(facts, matcher.match(texts, { budgetMs: 1000, now: () => 0 }), rules, site);
  const hits = firing.hits('scored', profileOf(rules));
  return hits.map(hit => hit.symbol).filter(symbol => /^(?:DE|FR|ES|PT|ZH)_/.test(symbol));
}

const honest: readonly Letter[] = [
  {
    name: 'a German parcel that waits in a shop',
    from: 'shop.test',
    subject: 'Ihre Sendung kommt am Dienstag',
    text: 'Guten Tag Frau Reader, Ihr Paket konnte heute nicht zugestellt werden. Es liegt ab morgen in der Filiale.',
  },
  {
    name: 'a German reminder of payment',
    from: 'handel.test',
    subject: 'Letzte Mahnung Rechnung 5540',
    text: 'Sehr geehrte Damen und Herren, bitte überweisen Sie innerhalb von 7 Tagen, sonst beantragen wir einen Mahnbescheid.',
  },
  {
    name: 'a German reset of a password',
    from: 'verein.test',
    subject: 'Passwort zurücksetzen',
    text: 'Hallo Ann, klicken Sie auf den folgenden Link, um ein neues Passwort zu setzen. Er ist 24 Stunden gültig.',
    links: 1,
  },
  {
    name: 'a French statement',
    from: 'banque.test',
    subject: 'Votre relevé est disponible',
    text: 'Chère cliente, cher client, votre relevé de novembre est disponible dans votre espace.',
  },
  {
    name: 'a French parcel',
    from: 'boutique.test',
    subject: 'Votre colis arrive',
    text: 'Bonjour Anne, votre colis est en attente au point relais jusqu’au 30 novembre.',
  },
  {
    name: 'a Spanish bill',
    from: 'luz.test',
    subject: 'Factura 2026-1177',
    text: 'Adjuntamos la factura de noviembre. Puede consultarla en el siguiente enlace.',
    links: 1,
  },
  {
    name: 'a Portuguese bill',
    from: 'agua.test',
    subject: 'Sua fatura chegou',
    text: 'Prezado cliente, a fatura de novembro vence em 10 dias. Veja a segunda via no portal.',
  },
  {
    name: 'a Chinese invoice for goods',
    from: 'gongsi.test',
    subject: '发票已开具',
    text: '贵司订单4711的增值税专用发票已开具，请查收附件。如有问题请联系财务，电话：010-88886666。',
  },
  {
    name: 'a Chinese notice of maintenance',
    from: 'daxue.test',
    subject: '服务器维护通知',
    text: '邮箱系统将于周六22点升级，期间无法收发邮件，预计两小时恢复。',
  },
];
for (const letter of honest) test(`nothing is said against ${letter.name}`, () => assert.deepEqual(saidOf(letter), []));

const lures: readonly (Letter & { readonly says: readonly string[] })[] = [
  {
    name: 'a German savings bank',
    from: 'elsewhere.test',
    by: 'Sparkasse Kundenservice',
    subject: 'Ihr Konto wurde eingeschränkt',
    text: 'Sehr geehrter Kunde, Ihre pushTAN-Registrierung läuft ab. Bestätigen Sie innerhalb von 24 Stunden Ihre Daten, sonst wird Ihr Konto gesperrt. Klicken Sie hier.',
    links: 1,
    says: ['DE_BANK_LURE', 'DE_TAN_RENEWAL', 'DE_VERIFY_OR_LOSE', 'DE_LOSS_IN_HASTE', 'DE_CUSTOMER_WITHOUT_NAME'],
  },
  {
    name: 'French health insurance',
    from: 'elsewhere.test',
    by: 'Ameli',
    subject: 'Renouvellement de votre carte vitale',
    text: 'Cher(e) assuré(e), veuillez mettre à jour vos informations sous 48 heures pour éviter la suspension de vos droits. Cliquez ici',
    links: 1,
    says: ['FR_RIGHTS_LURE', 'FR_VERIFY_OR_LOSE', 'FR_LOSS_IN_HASTE', 'FR_CUSTOMER_WITHOUT_NAME'],
  },
  {
    name: 'the Spanish post',
    from: 'elsewhere.test',
    by: 'Correos',
    subject: 'Su paquete está retenido',
    text: 'Estimado cliente, su paquete está pendiente de pago de aduana. Haga clic en el siguiente enlace en las próximas 24 horas o será devuelto al remitente.',
    links: 1,
    says: ['ES_PARCEL_LURE', 'ES_LOSS_IN_HASTE', 'ES_CUSTOMER_WITHOUT_NAME'],
  },
  {
    name: 'the Brazilian tax office',
    from: 'elsewhere.test',
    by: 'Receita Federal',
    subject: 'CPF será suspenso',
    text: 'Prezado contribuinte, regularize a sua situação em até 24 horas para evitar o bloqueio do seu CPF. Clique aqui',
    links: 1,
    says: ['PT_TAX_LURE', 'PT_VERIFY_OR_LOSE', 'PT_LOSS_IN_HASTE', 'PT_CUSTOMER_WITHOUT_NAME'],
  },
  {
    name: 'a Chinese mailbox',
    from: 'elsewhere.test',
    subject: '【紧急】邮箱升级备案通知',
    text: '您的邮箱容量已满，请于24小时内点击以下链接完成邮箱备案，否则账户将被停用。',
    links: 1,
    says: ['ZH_MAILBOX_LURE', 'ZH_VERIFY_OR_LOSE', 'ZH_LOSS_IN_HASTE'],
  },
  {
    name: 'a Chinese director who wants a group',
    from: '163.com',
    subject: '工作安排',
    text: '收到请回复。马上建一个QQ群，把财务拉进群，有重要工作安排。',
    says: ['ZH_DIRECTOR_GROUP'],
  },
];
for (const { says, ...letter } of lures)
  test(`${letter.name}: each of the rules for it fires`, () =>
    assert.deepEqual(
      says.filter(symbol => !saidOf(letter).includes(symbol)),
      [],
    ));
