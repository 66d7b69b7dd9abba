// Eval functions that ask whether a message that says to come from a large service has the fields that this service writes.

import { address, dense, type Examined, field, type Holds, hasField, relaysIn } from './examined.ts';
import { lacksReceived } from './header.ts';

const ip = String.raw`(?:\d{1,3}(?:\.\d{1,3}){3}|(?:IPv6:)?[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7})`;
const hasAddress = (text: string): boolean => new RegExp(ip, 'i').test(text);

/** `IP` stands for an address. */
const form = (source: string): RegExp => new RegExp(source.replaceAll('IP', ip));

export const webmailEvals: Readonly<Record<string, Holds>> = {
  check_for_forged_gmail_received_headers: isForgedGmail,
  check_for_forged_yahoo_received_headers: isForgedYahoo,
  check_for_forged_juno_received_headers: isForgedJuno,
  check_for_forged_eudoramail_received_headers: of =>
    isFrom(of, 'eudoramail.com') &&
    !lacksReceived(of) &&
    !(/by \S{0,255}whowhere.com;/.test(dense(field(of, 'received'))) && hasAddress(field(of, 'x-sender-ip'))),
  check_for_forged_hotmail_received_headers: of => hotmail(of) === 'forged',
  check_for_no_hotmail_received_headers: of => hotmail(of) === 'unproven',
  check_for_fake_aol_relay_in_rcvd: of => {
    const received = dense(field(of, 'received'));
    const isGenuine = /\/AOL-\d+\.\d+\.\d+\)|ESMTP id (?:RELAY|MAILRELAY|MAILIN)/.test(received);
    return / rly-[a-z][a-z]\d\d\./i.test(received) && !isGenuine;
  },
};

function isFrom(of: Examined, domain: string): boolean {
  const from = address(of, 'from').toLowerCase();
  return from.endsWith(domain) && !/\w$/.test(from.slice(0, -domain.length));
}

function isForgedGmail(of: Examined): boolean {
  const inner = field(of, 'x-received');
  const isGenuine =
    /by 10\.\S{1,255} with SMTP id \S|by 2002:a\d\d:\w{1,255}:\S{1,255} with SMTP id \S/.test(inner) ||
    /by smtp\.googlemail\.com with ESMTPSA id \S+/.test(field(of, 'received')) ||
    ['x-gm-message-state', 'x-google-smtp-source'].every(name => field(of, name).length >= 60);
  return isFrom(of, 'gmail.com') && !isGenuine;
}

const ofYahoo = [
  /by web\S{1,255}\.mail\S{0,255}\.yahoo\.com via HTTP/,
  /by sonic\S{1,255}\.consmr\.mail\S{0,255}\.yahoo\.com with HTTP/,
  /by smtp\S{1,255}\.yahoo\.com with SMTP/,
  form(String.raw`from \[IP\] by \S{1,255}\.(?:groups|scd|dcn)\.yahoo\.com with NNFMP`),
  /by \w+\.\w+\.yahoo\.com \(\d+\.\d+\.\d+\/\d+\.\d+\.\d+\)(?: with ESMTP)? id \w+/,
];

function isForgedYahoo(of: Examined): boolean {
  if (!isFrom(of, 'yahoo.com') || lacksReceived(of)) return false;
  const isResent = hasField(of, 'resent-from') && hasField(of, 'resent-to') && hasField(of, 'x-received');
  const received = dense(field(of, isResent ? 'x-received' : 'received'));
  const { trusted, untrusted } = relaysIn(of);
  const isFromTheirs = [...trusted, ...untrusted.slice(0, 1)].some(({ rdns }) => /.\.yahoo\.com$/.test(rdns));
  const isNews =
    /\bmailer\d+\.bulk\.scd\.yahoo\.com\b/.test(received) && /@reply\.yahoo\.com$/i.test(address(of, 'from'));
  return !isFromTheirs && !isNews && !ofYahoo.some(known => known.test(received));
}

const ofJuno = [/from/g, /\b(?:juno|untd)\.com/g, new RegExp(String.raw`[[(]${ip}[\])]`, 'g'), /by/g];

/** Whether `line` holds all of `patterns`, one after the other: each is sought behind the first that the one before found. */
function holdsInOrder(line: string, patterns: readonly RegExp[]): boolean {
  let from = 0;
  return patterns.every(pattern => {
    pattern.lastIndex = from;
    const isThere = pattern.test(line);
    from = pattern.lastIndex;
    return isThere;
  });
}

function isForgedJuno(of: Examined): boolean {
  if (!isFrom(of, 'juno.com') || lacksReceived(of)) return false;
  const origin = field(of, 'x-originating-ip');
  const mailer = field(of, 'x-mailer');
  const received = field(of, 'received');
  if (origin !== '') {
    const isTheirs =
      received.split('\n').some(line => holdsInOrder(line, ofJuno)) || / cookie\.(?:juno|untd)\.com /.test(received);
    return !isTheirs || !mailer.includes('Juno ');
  }
  // Without its address of origin none is genuine, whatever the rest says.
  return true;
}

const originators = /hotmail\.com|msonline-outlook/;
const ofHotmail = [
  /from (?:\S{0,255}\.)?hotmail.com \(\S{1,255}\.hotmail(?:\.msn)?\.com[ )]/,
  form(String.raw`from \S{0,255}\.hotmail.com \(\[IP\][ ):]`),
  /from \S{1,255} by \S{1,255}\.hotmail(?:\.msn)?\.com with HTTP;/,
  /from \[66\.218.\S{1,255}\] by \S{1,255}\.yahoo\.com/,
];
const ofOutlook = [
  /from \S{0,255}\.outbound\.protection\.outlook\.com \(\S{1,255}\.outbound\.protection\.outlook\.com[ )]/,
  form(String.raw`from \S{0,255}\.(?:eur|nam)prd\d+\.prod\.outlook\.com \(IP\)`),
];

function hotmail(of: Examined): 'forged' | 'unproven' | 'neither' {
  const received = dense(field(of, 'received'));
  if (/from mail pickup service by hotmail\.com with Microsoft SMTPSVC;/.test(received)) return 'neither';
  if (isOfMsnGroups(of) || lacksReceived(of)) return 'neither';
  const isGenuine =
    (hasAddress(field(of, 'x-originating-ip')) && ofHotmail.some(known => known.test(received))) ||
    (originators.test(field(of, 'x-originatororg')) && ofOutlook.some(known => known.test(received)));
  if (isGenuine) return 'neither';
  if (/(?:from |HELO |helo=)\S{0,255}hotmail\.com\b/.test(received)) return 'forged';
  return isFrom(of, 'hotmail.com') ? 'unproven' : 'neither';
}

function isOfMsnGroups(of: Examined): boolean {
  const list = /<(\S{1,255})@groups\.msn\.com>/i.exec(field(of, 'to'))?.[1];
  const server = /from mail pickup service by ((?:p\d\d\.)groups\.msn\.com)\b/.exec(field(of, 'received'))?.[1];
  const id = field(of, 'message-id');
  if (list === undefined || server === undefined) return false;
  if (list === 'notifications') return /^<\S/.test(id) && id.includes(`@${server}>`);
  return (
    id.startsWith(`<${list}-`) &&
    id.includes('@groups.msn.com>') &&
    address(of, 'envelopefrom').includes(`${list}-bounce@groups.msn.com`)
  );
}
