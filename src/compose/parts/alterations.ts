// Alterations: a worker makes what is asked for. Where it cannot, the copies leave as they would without.

import type { Config } from '../../config/schema.ts';
import type { AlteredCopies, DisposeDeps, FieldsInput } from '../../dispose/dispose.ts';
import type { FieldEdits } from '../../dispose/relay.ts';
import type { Inspector } from '../../inspect/inspector.ts';
import { type AlterationOrder, alterationsIn } from '../../model/alteration.ts';
import { areSound, type Message } from '../../model/message.ts';
import { errorText } from '../../model/thrown.ts';
import type { Log } from '../../observe/log.ts';
import { type Wishes, wishesBy } from './wishes.ts';

type Alter = NonNullable<DisposeDeps['alter']>;
type Altering = Pick<Inspector, 'alter'>;

/** Nothing where nothing is to be altered, or nothing is inspected: the worker that alters is the one that inspects. */
export function alterationsOf(config: Config, inspector: Altering | null, log: Pick<Log, 'warn'>): { alter?: Alter } {
  const { subject_tag, banner, arc, dkim } = config;
  const isAsked = subject_tag !== undefined || banner !== undefined || arc.seal !== undefined;
  if (inspector === null || !(isAsked || dkim.sign_from.length > 0)) return {};
  const wishesFor = wishesBy(config);
  return {
    alter: async (input, fields) => {
      const parts = wishesFor(input).filter(part => part.recipients.length > 0);
      return Promise.all(parts.map(part => altered(inspector, log, input, fields, part)));
    },
  };
}

async function altered(
  inspector: Altering,
  log: Pick<Log, 'warn'>,
  { envelope, message }: FieldsInput,
  fields: FieldEdits,
  { recipients, notes, ...wish }: Wishes,
): Promise<AlteredCopies> {
  const asked = alterationsIn(wish);
  if (asked.length === 0) return { recipients, fields, notes };
  const { prepended, edits } = fields;
  const made = await attempt(inspector, message, { prepended, edits, ...wish, at: envelope.startedAt });
  if (typeof made !== 'string') {
    const { notes: done, ...changed } = made;
    return { recipients, fields: changed, notes: [...notes, ...done] };
  }
  log.warn({ tx: envelope.id, why: made, asked }, 'not altered');
  return { recipients, fields, notes: [...notes, ...asked.map(what => ({ what, isDone: false, detail: made }))] };
}

/** What the worker made, or why there is nothing. A copy is worth more than its banner: whatever happens, it leaves. */
async function attempt(inspector: Altering, message: Message, order: AlterationOrder) {
  try {
    const made = await inspector.alter(message, order);
    if (typeof made === 'string') return `overran: ${made}`;
    return areSound(made.edits, message.sizeBytes) ? made : 'edits that cannot be made';
  } catch (error) {
    return errorText(error);
  }
}
