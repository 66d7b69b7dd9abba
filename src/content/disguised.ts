// The words of a message that are written with other characters than they show, by where they stand.

import type { Mail } from './mail.ts';
import { type Substitutions, substitutionsIn } from './substitutions.ts';

export interface Disguised {
  readonly subject: Substitutions;
  /** The names in From, Reply-To and Sender. */
  readonly names: Substitutions;
  /** The text that a reader sees. */
  readonly text: Substitutions;
}

export async function disguisedIn(mail: Mail): Promise<Disguised> {
  const [subject, names, text] = await Promise.all([mail.text('subject'), mail.text('name'), mail.text('text')]);
  return { subject: substitutionsIn(subject), names: substitutionsIn(names), text: substitutionsIn(text) };
}
