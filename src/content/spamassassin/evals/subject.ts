// Eval functions that look at the Subject.

import { trimmed } from '../white-space.ts';
import { address, type Examined, field, type Holds } from './examined.ts';

export const subjectEvals: Readonly<Record<string, Holds>> = {
  subject_is_all_caps: isAllCapitals,
  check_for_to_in_subject: (of, [part]) => {
    const to = address(of, 'to');
    if (to === '') return false;
    const subject = field(of, 'subject');
    if (part === 'address') return new RegExp(String.raw`\b${quoted(to)}\b`, 'i').test(subject);
    return part === 'user' && namesUser(subject, to.replace(/@.*/, ''));
  },
};

const quoted = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

const answered = /^(?:(?:Re|Fwd|Fw|Aw|Antwort|WG|SV|VB|VS|VL):[\t-\r ]*)+/i;

/** Charsets in which capitals stand for other letters. */
export const capitalsMislead =
  /^[-_a-z0-9]*(?:koi|jp|jis|euc|gb|big5|isoir|cp1251|windows-1251|georgianps|pt154|tis)[-_a-z0-9]*$/i;

function isAllCapitals(of: Examined): boolean {
  const subject = trimmed(field(of, 'subject')).replace(answered, '');
  const letters = subject.replace(/[^a-zA-Z]/g, '');
  if (subject.length < 10 || !/[\t-\r ]/.test(subject) || letters === '') return false;
  const charsets = [...field(of, 'subject', 'raw').matchAll(/=\?([-_a-z0-9]+)\?/gi)].map(([, name = '']) => name);
  return !charsets.some(name => capitalsMislead.test(name)) && letters === letters.toUpperCase();
}

function namesUser(subject: string, user: string): boolean {
  const name = quoted(user);
  // SpamAssassin asks without case; for a name that a sign follows, with it.
  const space = String.raw`[\t-\r ]`;
  const answers = `^(?:(?:re|fw):${space}*(?:\\w+${space}+)?${name}|${name}|,${space}*${name}[,:;!?-])\\n?$`;
  const addresses = `^${name}${space}*[,:;!?-](?:$|${space})`;
  return new RegExp(answers, 'i').test(subject) || new RegExp(addresses).test(subject);
}
