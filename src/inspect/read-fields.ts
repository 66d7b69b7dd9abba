// The texts of several fields, each read or not by itself: one that cannot be read says nothing of the others.

import type { TextField, Texts } from '../model/evidence.ts';
import { errorText } from '../model/thrown.ts';
import { late, within } from './within.ts';

export type ReadField = (field: TextField) => Promise<readonly string[]>;

/** Why a field was not read: a message, or that it was not in time. */
export type Unread = ReadonlyMap<TextField, typeof late | string>;

export interface ReadFields {
  readonly texts: Texts;
  readonly unread: Unread;
}

/** All at once: one that waits does not keep the others from being read in time. Never throws. */
export async function readFields(
  read: ReadField,
  fields: readonly TextField[],
  deadlineMs: number,
): Promise<ReadFields> {
  const texts = new Map<TextField, readonly string[]>();
  const unread = new Map<TextField, typeof late | string>(fields.map(field => [field, late]));
  const readOne = async (field: TextField): Promise<void> => {
    try {
      texts.set(field, await read(field));
      unread.delete(field);
    } catch (error) {
      unread.set(field, errorText(error));
    }
  };
  await within(deadlineMs, () => Promise.all(fields.map(readOne)));
  // Copies: what is late runs on.
  return { texts: new Map(texts), unread: new Map(unread) };
}
