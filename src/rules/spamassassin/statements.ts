// The lines of `.cf` files as statements: comments, conditions, languages and inclusions are dealt with here.

import type { Place, SourceFile } from '../source.ts';
import { Installation } from './installation.ts';

/** `body NAME /pattern/` is `body` and `NAME /pattern/`. Text is bytes, a character a byte. */
export interface Statement {
  readonly key: string;
  readonly value: string;
  readonly at: Place;
}

export interface Misread {
  readonly at: Place;
  readonly what: string;
}

/** The file that `include PATH` in `from` names; null where it is not there. */
export type Inclusion = (path: string, from: string) => SourceFile | null;

const maxDepth = 8;

/** Statements of the languages that we show texts in. */
const language = 'en_US';

/** The statements of `files` that are in force, in order; what could not be read is added to `misread`. */
export function readStatements(
  files: readonly SourceFile[],
  include: Inclusion,
  misread: Misread[],
): readonly Statement[] {
  const isConfigured = files.some(file => file.path.endsWith('.pre'));
  const reader = new Reader(new Installation(isConfigured), include, misread);
  // SpamAssassin reads what loads plugins before all else.
  const preparing = files.filter(file => file.path.endsWith('.pre'));
  for (const file of [...preparing, ...files.filter(file => !preparing.includes(file))]) reader.read(file, 0);
  return reader.statements;
}

/** What stands between the current line and the file around it: whether each `if` lets its lines through. */
type Conditions = { isSkipping: boolean; readonly before: boolean[] };

class Reader {
  readonly statements: Statement[] = [];
  readonly #installation: Installation;
  readonly #include: Inclusion;
  readonly #misread: Misread[];

  constructor(installation: Installation, include: Inclusion, misread: Misread[]) {
    this.#installation = installation;
    this.#include = include;
    this.#misread = misread;
  }

  read(file: SourceFile, depth: number): void {
    const conditions: Conditions = { isSkipping: false, before: [] };
    for (const [index, raw] of file.text.split('\n').entries()) {
      const line = withoutComment(raw);
      const [, word = '', value = ''] = /^(\S+)\s*(.*)$/s.exec(inOurLanguage(line)) ?? [];
      const key = word.toLowerCase().replaceAll('-', '_');
      const at = `${file.path}:${index + 1}`;
      if (key !== '' && !this.#steered({ key, value, at }, conditions) && !conditions.isSkipping)
        this.#take({ key, value, at }, file, depth, conditions);
    }
    if (conditions.before.length > 0) this.#misread.push({ at: file.path, what: 'an if without its endif' });
  }

  /** Whether the line was one of those that say which lines count. */
  #steered({ key, value, at }: Statement, conditions: Conditions): boolean {
    switch (key) {
      case 'if':
      case 'ifplugin': {
        const holds = this.#installation.holds(key === 'if' ? value : `plugin(${value})`);
        if (holds === null) this.#misread.push({ at, what: 'a condition that cannot be read' });
        conditions.before.push(conditions.isSkipping);
        conditions.isSkipping ||= holds !== true;
        return true;
      }
      case 'else':
        conditions.isSkipping = conditions.before.some(Boolean) || !conditions.isSkipping;
        return true;
      case 'endif': {
        const before = conditions.before.pop();
        if (before === undefined) this.#misread.push({ at, what: 'an endif without its if' });
        conditions.isSkipping = before ?? conditions.isSkipping;
        return true;
      }
      default:
        return false;
    }
  }

  #take(statement: Statement, file: SourceFile, depth: number, conditions: Conditions): void {
    const { key, value, at } = statement;
    switch (key) {
      case 'include':
        this.#includeFile(value, at, file, depth);
        return;
      case 'loadplugin':
        this.#installation.load(value.split(/\s+/)[0] ?? '');
        return;
      case 'enable_compat':
        this.#installation.enable(value);
        return;
      case 'require_version':
        if (value === '@@VERSION@@' || value === '4.000001') return;
        this.#misread.push({ at, what: `it requires version ${value}: SpamAssassin 4.0.1 skips the rest of the file` });
        conditions.isSkipping = true;
        return;
      default:
        this.statements.push(statement);
    }
  }

  #includeFile(path: string, at: Place, from: SourceFile, depth: number): void {
    const file = this.#include(path, from.path);
    if (file === null) this.#misread.push({ at, what: `${path} is not there` });
    else if (depth >= maxDepth) this.#misread.push({ at, what: 'files include each other too deeply' });
    else this.read(file, depth + 1);
  }
}

function withoutComment(line: string): string {
  const kept = line.includes('#') ? line.replace(/(?<!\\)#.*$/, '').replaceAll('\\#', '#') : line;
  return kept.trim();
}

/** `lang fr describe ...` counts for readers of French. */
function inOurLanguage(line: string): string {
  const [said, tongue = ''] = /^lang\s+(\S+)\s+/.exec(line) ?? [];
  if (said === undefined) return line;
  return language.toLowerCase().startsWith(tongue.toLowerCase()) ? line.slice(said.length) : '';
}
