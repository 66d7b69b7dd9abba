// What is asked for done to one message: where bytes change, and the signatures over what leaves. It runs in a worker.

import { type Mail, readMail } from '../content/mail.ts';
import { type AlterationNote, type AlterationOrder, type Altered, alterationsIn } from '../model/alteration.ts';
import type { Edit } from '../model/message.ts';
import { bannerEdits } from './banner.ts';
import { signatures } from './signatures.ts';
import { subjectEdits } from './subject.ts';

/**
 * What cannot be done is left undone, and a note says why: altered mail that cannot be sealed leaves without a seal.
 * `raw` is the message as it came.
 */
export async function alter(raw: Uint8Array, order: AlterationOrder): Promise<Altered> {
  const mail = readMail(raw);
  const { prepended } = order;
  if (mail.header.exceeded.length > 0) {
    const notes = alterationsIn(order).map(what => ({ what, isDone: false, detail: 'header limits' }));
    return { prepended, edits: order.edits, notes };
  }
  const changed = await changes(mail, order);
  const edits = inOrder([...order.edits, ...changed.edits]);
  const signed = await signatures(mail, { ...order, edits }, changed.edits.length > 0);
  return { prepended: signed.fields + prepended, edits: edits.map(owned), notes: [...changed.notes, ...signed.notes] };
}

/** With bytes of its own: those of a pooled buffer would take the whole pool to the other thread. */
const owned = ({ start, end, bytes }: Edit): Edit => ({ start, end, bytes: new Uint8Array(bytes) });

/** Insertions before a range that starts where they do. */
const inOrder = (edits: readonly Edit[]): readonly Edit[] =>
  [...edits].sort((a, b) => a.start - b.start || a.end - b.end);

interface Changes {
  readonly edits: readonly Edit[];
  readonly notes: readonly AlterationNote[];
}

async function changes(mail: Mail, { subjectTag, banner }: AlterationOrder): Promise<Changes> {
  const parts: Changes[] = [];
  if (subjectTag !== null) parts.push(tagging(mail, subjectTag));
  if (banner !== null) {
    await mail.turnFor(mail.raw);
    parts.push(bannerEdits(mail.raw, mail.structure(), banner));
  }
  return { edits: parts.flatMap(part => part.edits), notes: parts.flatMap(part => part.notes) };
}

function tagging(mail: Mail, tag: string): Changes {
  const edits = subjectEdits(mail.raw, mail.header, tag);
  const isDone = edits.length > 0;
  return { edits, notes: [{ what: 'subject_tag', isDone, detail: isDone ? tag : 'is there already' }] };
}
