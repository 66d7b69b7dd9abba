// One rule that seeks something, as ours: the view of the message, the pattern, and what must hold beside it.

import type { SpamAssassinField, TextField } from '../../model/evidence.ts';
import { evalField } from '../../model/spamassassin.ts';
import type { PatternSpec } from '../patterns/patterns.ts';
import type { Definition } from './definitions.ts';
import { parseEvalCall, type SupportedEvals } from './evals.ts';
import { parseExpression } from './expression.ts';
import { type Listed, listedIn, type Settings } from './listed.ts';
import { type Meta, metaOf } from './meta.ts';
import { countedHits, type PerlPattern, patternSpec, soughtPattern, withoutDelimiters } from './perl-pattern.ts';
import { perlProgram } from './perl-program.ts';
import { Untranslatable } from './perl-regex.ts';
import { PerlSearch } from './perl-search.ts';
import { type ReplaceTags, replaceTags } from './replace-tags.ts';

/** How true a rule of ours is to the one that it stands for. `off`: as SpamAssassin itself leaves it out. */
export type Standing =
  | { readonly kind: 'exact' }
  | { readonly kind: 'approximated' | 'unsupported' | 'off'; readonly why: string };

export interface Translated {
  readonly standing: Standing;
  readonly patterns: readonly PatternSpec[];
  /** What must hold of `parts`, which are then what seeks; null: that a pattern hits. */
  readonly counting: Meta | null;
  /** Rules that only this one asks for: their symbols are no names that a file could give. */
  readonly parts: readonly { readonly symbol: string; readonly pattern: PatternSpec }[];
}

export interface TranslationOptions {
  readonly flags: readonly string[];
  /** Null where none are replaced in this rule. */
  readonly tags: ReplaceTags | null;
  readonly evals: SupportedEvals;
  readonly settings: Settings;
}

export const exact: Standing = { kind: 'exact' };
const nothing = { patterns: [], counting: null, parts: [] };

/** A rule of another type than `meta`. */
export function translated(rule: Definition, options: TranslationOptions): Translated {
  try {
    if (rule.type === 'askdns') return off('it asks the network');
    const call = /^(?:rbl)?eval:(.*)$/.exec(rule.text)?.[1];
    return call === undefined ? seeking(rule, options) : calling(rule, call, options);
  } catch (error) {
    if (error instanceof Untranslatable) return unsupported(error.message);
    if (error instanceof RangeError) return unsupported('it is nested too deeply');
    throw error;
  }
}

const unsupported = (why: string): Translated => ({ standing: { kind: 'unsupported', why }, ...nothing });
const off = (why: string): Translated => ({ standing: { kind: 'off', why }, ...nothing });

const asksNetwork = /^check_(?:rbl|dns|uridnsbl|hashbl|razor2|pyzor|dcc|dkim|arc)/;

function calling({ symbol }: Definition, text: string, { flags, evals, settings }: TranslationOptions): Translated {
  const call = parseEvalCall(text);
  if (call === null) return unsupported('its call cannot be read: SpamAssassin refuses it');
  if (flags.includes('net') || asksNetwork.test(call.name)) return off('it asks the network');
  if (flags.includes('learn')) return off('it asks what Bayes learnt');
  const support = evals.get(call.name);
  if (support === undefined) return unsupported(`there is no ${call.name} here`);
  const [first = ''] = call.args;
  if (support.firstArguments?.includes(first) === false)
    return unsupported(`there is no ${call.name}('${first}') here`);
  const set = support.withoutSettings?.find(keyword => isSet(settings, keyword));
  if (set !== undefined) return unsupported(`${set} is set, which is not read`);
  if (support.seeks !== undefined) return seekingListed(symbol, listedIn(call, support.seeks, settings));
  // A string for each hit.
  const pattern: PatternSpec = { symbol, field: evalField(call), source: '^', flags: '', maxHits: countedHits };
  return { ...nothing, standing: exact, patterns: [pattern] };
}

/** `keyword`, or `keyword (LIST)`; 0 switches off what it says. */
function isSet(settings: Settings, keyword: string): boolean {
  const [key = '', list = ''] = keyword.split(' ');
  return (settings.get(key) ?? []).some(value => value.startsWith(list) && value !== '0');
}

function seekingListed(symbol: string, listed: Listed | null): Translated {
  if (listed === null) return off('nothing is listed that it could find');
  const [only, ...others] = listed.parts;
  if (only !== undefined && others.length === 0)
    return { ...nothing, standing: exact, patterns: [only.pattern(symbol)] };
  const parts = listed.parts.map(({ name, pattern }) => ({
    symbol: `${symbol}:${name}`,
    pattern: pattern(`${symbol}:${name}`),
  }));
  return { standing: exact, patterns: [], ...withParts(listed.condition, symbol, parts) };
}

/** What a rule says of where it seeks. */
interface Sought {
  readonly field: SpamAssassinField;
  readonly pattern: PerlPattern;
  readonly isNegated: boolean;
  /** Taken for the value of a field that is not there. */
  readonly unset: string | null;
}

function seeking(rule: Definition, options: TranslationOptions): Translated {
  const { symbol, type } = rule;
  const exists = type === 'header' ? /^exists:([\w.-]+):?$/.exec(rule.text)?.[1] : undefined;
  if (exists !== undefined)
    return { ...nothing, standing: exact, patterns: [presence(symbol, `sa:header:${fieldName(exists)}`)] };
  const sought = soughtBy(rule, options);
  if (/(?<!\\)%\{[A-Z]/.test(sought.pattern.source)) throw new Untranslatable('it asks what another pattern captured');
  const seeking = soughtPattern(sought.pattern, sought.field);
  const why = countedOtherwise(rule, options.flags);
  const standing: Standing = why === null ? exact : { kind: 'approximated', why };
  const spec = (name: string) => patternSpec(name, sought.field, seeking, maxHitsOf(options.flags));
  const holdsUnset = sought.unset !== null && matches(sought.pattern, sought.unset);
  const condition = conditionOf(sought.isNegated, holdsUnset);
  if (condition === null) return { ...nothing, standing, patterns: [spec(symbol)] };
  const parts = [
    { symbol: `${symbol}:seen`, pattern: spec(`${symbol}:seen`) },
    { symbol: `${symbol}:there`, pattern: presence(`${symbol}:there`, sought.field) },
  ];
  return { standing, patterns: [], ...withParts(condition, symbol, parts) };
}

/** What differs from SpamAssassin in what each of several hits counts for; null where nothing does. */
function countedOtherwise({ symbol, type }: Definition, flags: readonly string[]): string | null {
  if (!flags.includes('multiple')) return null;
  if (!symbol.startsWith('__')) return 'it scores once: SpamAssassin adds its score for each hit';
  return type === 'mimeheader'
    ? 'its hits are counted in all parts: SpamAssassin counts those in the first that has any'
    : null;
}

const matches = ({ source, flags }: PerlPattern, text: string): boolean =>
  new PerlSearch(perlProgram(source, flags), text, () => false).next(0) !== null;

/** In the words of a `meta`; null where the pattern alone decides. */
function conditionOf(isNegated: boolean, holdsUnset: boolean): string | null {
  if (isNegated) return holdsUnset ? 'there && !seen' : '!seen';
  return holdsUnset ? 'seen || !there' : null;
}

function withParts(
  condition: string,
  symbol: string,
  parts: Translated['parts'],
): Pick<Translated, 'counting' | 'parts'> {
  const expression = parseExpression(condition.replace(/[a-z]+/g, part => `${symbol}:${part}`));
  if (expression === null) throw new Error(`no condition: ${condition}`);
  const counting = metaOf(expression, condition);
  return { counting, parts: parts.filter(part => counting.symbols.includes(part.symbol)) };
}

const presence = (symbol: string, field: TextField): PatternSpec => ({ symbol, field, source: '^', flags: '' });

function soughtBy(rule: Definition, { flags, tags }: TranslationOptions): Sought {
  const pattern = (text: string): PerlPattern => {
    const plain = withoutDelimiters(text);
    return tags === null ? plain : { ...plain, source: replaceTags(plain.source, tags) };
  };
  const whole = { isNegated: false, unset: null };
  switch (rule.type) {
    case 'header':
    case 'mimeheader':
      return soughtInField(rule, flags, pattern);
    case 'body':
      return {
        ...whole,
        field: flags.includes('nosubject') ? 'sa:body:nosubject' : 'sa:body',
        pattern: pattern(rule.text),
      };
    case 'rawbody':
    case 'uri':
    case 'full':
      return { ...whole, field: `sa:${rule.type}`, pattern: pattern(rule.text) };
    default:
      throw new Untranslatable(`rules of the type ${rule.type} are not read`);
  }
}

/** What may follow a field's name. */
const modifiers = /^(?::(?:raw|addr|name|first|last))*$/;

function soughtInField(
  { type, text }: Definition,
  flags: readonly string[],
  pattern: (text: string) => PerlPattern,
): Sought {
  const found = /^([\w.-]+?)((?::[a-z]*)*)\s*([=!]~)\s*(.+)$/.exec(text);
  if (found === null) throw new Untranslatable('it has neither =~ nor !~: SpamAssassin refuses it');
  const [, name = '', after = '', operator, rest = ''] = found;
  const [, written = '', unset] = /^(.*?)(?:\s+\[if-unset:\s+(.+)\])?$/.exec(rest) ?? [];
  const modified = after.replace(/:$/, '');
  if (/^ALL-/.test(name)) throw new Untranslatable(`there is no ${name} here`);
  if (!modifiers.test(modified)) throw new Untranslatable(`fields are not read with ${modified}`);
  const odd = flags.find(flag => type === 'mimeheader' && /^(?:concat|range=)/.test(flag));
  if (odd !== undefined) throw new Untranslatable(`the flag ${odd} is not read`);
  if (type === 'mimeheader' && unset !== undefined) throw new Untranslatable('if-unset is not read for parts');
  const named = `${fieldName(name)}${modified}`;
  const field: SpamAssassinField = type === 'mimeheader' ? `sa:mimeheader:${named}` : `sa:header:${named}`;
  // A field that is not there is matched as if it were empty; parts without it are in the view.
  const whereMissing = unset ?? (type === 'header' ? '' : null);
  return { field, pattern: pattern(written), isNegated: operator === '!~', unset: whereMissing };
}

/** Names are compared without case, but for two pseudo-fields, which fields may be called otherwise. */
const fieldName = (name: string): string => (name === 'ALL' || name === 'MESSAGEID' ? name : name.toLowerCase());

/** Null where one hit is enough. */
function maxHitsOf(flags: readonly string[]): number | null {
  if (!flags.includes('multiple')) return null;
  const stated = flags.map(flag => /^maxhits=(\d+)$/.exec(flag)?.[1]).find(count => count !== undefined);
  return Math.min(countedHits, Math.max(1, Number(stated ?? countedHits)));
}
