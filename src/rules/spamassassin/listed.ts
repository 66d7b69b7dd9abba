// What eval functions seek in the strings that they show (src/content/spamassassin/evals.ts): a pattern that the rule names, or
// what the files list: addresses, hosts, the domains of free mail services.

import type { EvalCall, EvalSupport } from '../../model/spamassassin.ts';
import { evalField } from '../../model/spamassassin.ts';
import { type PatternSpec, patternDefect } from '../patterns/patterns.ts';
import { javaScriptRegex } from './javascript-regex.ts';
import { patternSpec, soughtPattern } from './perl-pattern.ts';
import { Untranslatable } from './perl-regex.ts';

/** The values of each keyword that defines no rule. */
export type Settings = ReadonlyMap<string, readonly string[]>;

export interface Listed {
  readonly parts: readonly { readonly name: string; readonly pattern: (symbol: string) => PatternSpec }[];
  /** What must hold of the parts, by their names. */
  readonly condition: string;
}

/** Null where nothing is listed, so that the function never holds. @throws Untranslatable */
export function listedIn(call: EvalCall, seeks: NonNullable<EvalSupport['seeks']>, settings: Settings): Listed | null {
  const [first = '', second] = call.args;
  switch (seeks) {
    case 'pattern':
      return named(call.name, first, second);
    case 'addresses':
      return one(call.name, entriesOf(settings, 'enlist_addrlist', first).map(globbed), entries => `^(?:${entries})$`);
    case 'hosts':
      return hosts(call.name, entriesOf(settings, 'enlist_uri_host', first));
    case 'freemail':
      return freemail(call, settings);
  }
}

/** The entries of the list `name`: `enlist_addrlist (NAME) entry entry`. */
function entriesOf(settings: Settings, keyword: string, name: string): readonly string[] {
  const lines = (settings.get(keyword) ?? []).map(line => /^\((\S+?)\)\s*(.*)$/s.exec(line));
  const own = lines.filter(line => line?.[1]?.toLowerCase() === name.toLowerCase());
  return own.flatMap(line => wordsIn(line?.[2] ?? ''));
}

const wordsIn = (text: string): readonly string[] =>
  text
    .toLowerCase()
    .split(/\s+/)
    .filter(word => word !== '');

const escaped = (text: string): string => text.replace(/[^A-Za-z0-9_]/g, '\\$&');

/** `*` and `?` as in the names of files. */
const globbed = (entry: string): string =>
  entry
    .replace(/[\0\\(]/g, '_')
    .split(/(\*+|\?)/)
    .map((piece, i) => (i % 2 === 0 ? escaped(piece) : piece === '?' ? '.' : '.*'))
    .join('');

function named(name: string, text: string, source: string | undefined): Listed {
  if (source === undefined) throw new Untranslatable('its call lacks a pattern: SpamAssassin refuses it');
  const field = evalField({ name, args: [text] });
  const sought = soughtPattern({ source, flags: '' }, field);
  return { parts: [{ name: 'seen', pattern: symbol => patternSpec(symbol, field, sought, null) }], condition: 'seen' };
}

function one(name: string, entries: readonly string[], source: (entries: string) => string): Listed | null {
  if (entries.length === 0) return null;
  const field = evalField({ name, args: [] });
  const sought = soughtPattern({ source: source(entries.join('|')), flags: '' }, field);
  return { parts: [{ name: 'seen', pattern: symbol => patternSpec(symbol, field, sought, null) }], condition: 'seen' };
}

/** A host, or one above it. */
function hosts(name: string, entries: readonly string[]): Listed | null {
  if (entries.some(entry => entry.startsWith('!'))) throw new Untranslatable('exceptions of a list are not read');
  return one(name, entries.map(escaped), listed => `^(?:[^\\n]*\\.)?(?:${listed})$`);
}

const freemailLimit = 3;

function freemail({ name, args }: EvalCall, settings: Settings): Listed | null {
  const service = servicesIn(settings);
  if (service === null) return null;
  const part = (part: string, shown: readonly string[], source: string) => ({
    name: part,
    pattern: (symbol: string) => ({ symbol, field: evalField({ name, args: shown }), source, flags: '' }),
  });
  if (name === 'check_freemail_replyto') {
    const [kind = 'replyto'] = args;
    const all = `^(?:${service}(?: |$))+$`;
    const counted = part('many', ['text'], `^${service}$`);
    const many = {
      name: 'many',
      pattern: (symbol: string) => ({ ...counted.pattern(symbol), maxHits: freemailLimit }),
    };
    const parts = [part('fields', ['fields'], all), part('texts', [kind], all), many];
    return { parts, condition: `fields || texts && many < ${freemailLimit}` };
  }
  const [header, pattern] = name === 'check_freemail_from' ? [undefined, args[0]] : args;
  const like = pattern === undefined ? '' : `(?=[^]*?(?:${safe(pattern)}))`;
  return { parts: [part('seen', header === undefined ? [] : [header], `^${like}${service}$`)], condition: 'seen' };
}

function safe(pattern: string): string {
  const { source, flags } = javaScriptRegex(pattern, '');
  const defect = patternDefect(`^[^]*?(?:${source})`, flags);
  if (defect !== null) throw new Untranslatable(defect);
  return source;
}

/** An address of a free service, as an expression of JavaScript's; null where none is listed. It goes over an address once. */
function servicesIn(settings: Settings): string | null {
  const domains = (settings.get('freemail_domains') ?? [])
    .flatMap(wordsIn)
    .filter(word => /^[a-z0-9.*?-]+$/.test(word));
  const excepted = ['freemail_welcomelist', 'freemail_whitelist'].flatMap(key => settings.get(key) ?? []);
  const persons = excepted.flatMap(wordsIn).filter(word => /\w[.@]\w/.test(word));
  if (domains.length === 0) return null;
  const exception = persons.length === 0 ? '' : `(?!(?:\\S*@)?(?:${persons.map(escaped).join('|')})(?:\\s|$))`;
  return `${exception}\\S*@(?=[^@\\s]*(?:\\s|$))(?:${byFirstLetter(domains)})(?=\\s|$)`;
}

/** Thousands of names, of which an address is compared with those of one letter. */
function byFirstLetter(domains: readonly string[]): string {
  const groups = Map.groupBy(new Set(domains), domain => domain[0] ?? '');
  return [...groups]
    .flatMap(([first, all]) => {
      const rests = all.map(domain =>
        domain
          .split(/(\*|\?)/)
          .map(wild)
          .join(''),
      );
      return /[*?]/.test(first)
        ? rests
        : `${escaped(first)}(?:${rests.map(rest => rest.slice(escaped(first).length)).join('|')})`;
    })
    .join('|');
}

/** A star stands for part of a label. */
const wild = (piece: string, i: number): string => (i % 2 === 0 ? escaped(piece) : piece === '?' ? '.' : '[^.\\s]*');
