// What contradicts itself in the settings of kept texts.

import type { Config } from './schema.ts';

export function keptTextsFaults({ ledger, checks }: Config): readonly string[] {
  const { keep, keep_texts: keepTexts, keep_texts_for: keepTextsFor } = ledger;
  if (keepTexts === 'off') return [];
  const faults: string[] = [];
  if (keepTextsFor > keep) {
    faults.push('ledger.keep_texts_for is longer than ledger.keep: texts are deleted with their records.');
  }
  if (checks === 'none') {
    faults.push(`ledger.keep_texts is "${keepTexts}" and checks is "none": no text would be read.`);
  }
  return faults;
}
