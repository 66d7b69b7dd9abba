// The rules for English text together: honest mail of trades that write in the words of lures, and lures of each family.

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
  readonly subject: string;
  readonly text: string;
  readonly link?: string;
  readonly isBulk?: boolean;
  readonly listId?: string;
  readonly isReply?: boolean;
}

/** What the rules of rules/content say against a letter, whatever the score of each. */
function saidOf(letter: Letter): readonly string[] {
  const { subject, text, link = '' } = letter;
  const texts = new Map([
    ['subject', [subject]],
    ['text', [text]],
    ['link', link === '' ? [] : [link]],
  ] as const);
  const patternHits = matcher.match(texts, { budgetMs: 1000, now: () => 0 });
  const firing = firingOf(factsOf(letter), patternHits, rules, site);
  const hits = firing.hits('scored', profileOf(rules));
  return hits.filter(hit => hit.points > 0 && hit.setBy.startsWith('rules/content/')).map(hit => hit.symbol);
}

function factsOf({ from, text, link, isBulk = false, listId = '', isReply = false }: Letter) {
  const links = link === undefined ? 0 : 1;
  return {
    from: observed({
      domain: from,
      domains: [from],
      organisation: from,
      display_name: '',
      reply_to_domain: '',
      reply_to_differs: false,
      is_local: false,
    }),
    message: observed({
      list_id: listId,
      is_bulk: isBulk,
      has_list_unsubscribe: isBulk,
      is_reply: isReply,
      is_auto: false,
    }),
    text: observed({ words: text.split(/\s+/).length }),
    header: observed({ list_fields: listId === '' ? [] : ['id', 'post', 'unsubscribe'] }),
    html: observed({ links, images: 0 }),
    urls: observed({ count: links }),
    attachments: observed({ count: 0, archives: 0 }),
    'auth.dmarc': observed({ result: 'none' }),
  };
}

const honest: readonly Letter[] = [
  {
    name: 'a clinic',
    from: 'clinic.test',
    subject: 'Your appointment on 4 May',
    text: 'Dear Ms Hill, your appointment with Dr. Ames at the diabetes clinic is on 4 May at 9:30. Please bring your list of medications; the prescription of Xanax will be reviewed. If you cannot come, call reception within 24 hours.',
  },
  {
    name: 'a pharmacy',
    from: 'pharmacy.test',
    subject: 'Your prescription is ready',
    text: 'Your prescription for Viagra 50 mg is ready for collection at our counter until Friday.',
  },
  {
    name: 'a bank, by its own domain',
    from: 'chase.com',
    subject: 'Chase: your statement is available',
    text: 'Your statement for account ending 4711 is available. Sign in to your account to see it. We will never ask you to confirm your password by e-mail.',
    link: 'Sign in',
  },
  {
    name: 'a carrier, by its own domain',
    from: 'dhl.com',
    subject: 'DHL: your shipment is on its way',
    text: 'Your parcel will be delivered on Tuesday. You can follow it by the link below.',
    link: 'Track my parcel',
  },
  {
    name: 'an invoice between companies',
    from: 'steelworks.test',
    subject: 'Invoice 20391',
    text: 'Dear Mr Okafor, attached is invoice 20391 for order 8812 over EUR 4,310.00, payable within 30 days to the account that you know. Kind regards, Petra Lang',
  },
  {
    name: 'a reminder of payment',
    from: 'steelworks.test',
    subject: 'Reminder: invoice 20391',
    text: 'Dear Mr Okafor, our invoice 20391 of 2 March is still open. If you have paid in the meantime, please ignore this letter. Otherwise we ask for payment by Friday.',
  },
  {
    name: 'a list on security that quotes spam',
    from: 'reader.test',
    listId: 'security.list.test',
    isBulk: true,
    isReply: true,
    subject: 'Re: [security] phishing wave',
    text: '> Dear customer, your account has been suspended, click here to verify your account within 24 hours.\nThey all begin like this. The kit asks for the recovery phrase afterwards. Has anybody seen the next stage?',
  },
  {
    name: 'a university',
    from: 'university.test',
    subject: 'Deadline for degrees in June',
    text: 'Dear students, the deadline for registering your degree is 3 May. Those who register late will be charged a fee of 20 pounds. Questions go to the office of the registrar.',
  },
  {
    name: 'the receipt of a small shop',
    from: 'teashop.test',
    subject: 'Thank you for your order 5512',
    text: 'Thank you for your order 5512. Total: $38.20, paid by card. We will send it on Monday and write to you when it is on its way.',
    link: 'See your order',
  },
  {
    name: 'a recruiter',
    from: 'recruiting.test',
    subject: 'Position as network engineer in Leeds',
    text: 'Dear Ms Wong, I found your profile on our site. My client in Leeds is looking for a network engineer, full time, with a salary of 52,000 to 58,000. Would you like to talk on Thursday?',
  },
  {
    name: 'a lawyer',
    from: 'chambers.test',
    subject: 'Estate of the late Mr Brown',
    text: 'Dear Mrs Brown, I am the solicitor of your brother. The court has issued the grant of probate. I enclose the account of the estate; the house is not yet sold. Please telephone me at your convenience.',
  },
  {
    name: 'developers about packages and tokens',
    from: 'developer.test',
    listId: 'dev.list.test',
    isBulk: true,
    subject: '[PATCH] parser: free tokens on error',
    text: 'The parser allocates tokens lazily and never frees them. This patch adds a free list and fixes the build of the package on arm64. Click on the CI link below for results.',
  },
  {
    name: 'a newsletter with a sale, by a list',
    from: 'outdoor.test',
    isBulk: true,
    subject: 'New tents for summer',
    text: 'Our tents for summer are here, some of them 20% off until Sunday. Read how we test them. You receive this because you subscribed; unsubscribe here.',
    link: 'See the tents',
  },
  {
    name: 'a joke between friends',
    from: 'gmail.com',
    subject: 'pub tonight?',
    text: 'Are you free tonight? I won 20 pounds in the lottery, so the first round is on me. Do not tell the others.',
  },
];

for (const letter of honest)
  test(`honest: ${letter.name} is hardly noticed`, () => {
    const said = saidOf(letter);
    assert.ok(said.length <= 1, said.join(' '));
  });

const lures: readonly Letter[] = [
  {
    name: 'a fortune',
    from: 'gmail.com',
    subject: 'From Mrs Grace',
    text: 'Dear beloved, this letter may come to you as a surprise. I am Mrs Grace Koffi, a widow suffering from cancer. My late husband deposited the sum of US$ 8.5 million with a bank in Abidjan. I want you to receive this fund for charity, 30% will be for you. Keep this strictly confidential and get back to me. Remain blessed.',
  },
  {
    name: 'a mailbox',
    from: 'hosting.test',
    subject: 'Your mailbox will be deactivated',
    text: 'Dear user@example.com, your mailbox has exceeded its quota and will be suspended within 24 hours. Click here to verify your account and avoid losing your messages. IT Help Desk',
    link: 'Verify my account',
  },
  {
    name: 'a bank',
    from: 'notices.test',
    subject: 'Wells Fargo: unusual activity',
    text: 'Dear customer, we have detected unusual activity on your account. It has been temporarily limited. Please verify your account information within 48 hours by the link below.',
    link: 'Verify account',
  },
  {
    name: 'a parcel',
    from: 'notices.test',
    subject: 'USPS: delivery failed',
    text: 'Your package could not be delivered because the shipping fee of $1.99 has not been paid. Click here to confirm your address within 24 hours, or it is returned to the sender.',
    link: 'Confirm address now',
  },
  {
    name: 'a renewal with a telephone number',
    from: 'gmail.com',
    subject: 'Invoice #88213 for your order',
    text: 'Dear customer, your Norton protection plan has been renewed and $399.99 was charged. If you did not authorize this charge, call us immediately at +1 (808) 555-0134 to cancel the order.',
  },
  {
    name: 'a reward',
    from: 'offers.test',
    subject: 'Costco: your reward is waiting',
    text: 'Congratulations! You have been selected to take our short survey and claim your reward, a $100 gift card. Act now, this offer ends today.',
    link: 'Claim your reward',
  },
  {
    name: 'a wallet',
    from: 'notices.test',
    subject: 'MetaMask: verification required',
    text: 'Your MetaMask wallet has not been verified and will be suspended. Verify your wallet now by entering your recovery phrase, or you lose access to your funds.',
    link: 'Verify wallet now',
  },
  {
    name: 'a remedy',
    from: 'health.test',
    subject: 'The hidden cause of belly fat',
    text: 'Doctors are stunned: this weird morning trick melts belly fat. Lose 20 pounds in 14 days without exercise, risk free. Order now while supplies last!',
    link: 'Order now',
  },
  {
    name: 'pills',
    from: 'shop.test',
    subject: 'Cheap meds online',
    text: 'Viagra $1.80, Cialis $2.20, Xanax $1.50. No prescription needed, lowest prices, order now from the Canadian pharmacy.',
    link: 'Order here',
  },
  {
    name: 'a share',
    from: 'alerts.test',
    subject: 'Hot stock alert',
    text: 'Symbol: ABCD. Current price: $0.12. 5 day target price: $0.60. This is a strong buy, call your broker now!!!',
  },
  {
    name: 'a casino',
    from: 'play.test',
    subject: '100 free spins for you',
    text: 'Congratulations! Join our casino today and claim your bonus: 300% welcome bonus and 100 free spins, no deposit. You must be 18.',
    link: 'Claim now',
  },
  {
    name: 'work at home',
    from: 'money.test',
    subject: 'Make money from home',
    text: 'Earn $5,000 a week from home, no experience, no risk, 100% guaranteed! Be your own boss. Sign up today, it is absolutely free. Reply with REMOVE in the subject to be removed.',
  },
];

for (const letter of lures)
  test(`lure: ${letter.name} shows itself in several ways`, () => {
    const said = saidOf(letter);
    assert.ok(said.length >= 3, said.join(' '));
  });
