// The content of one message as checks see it: read lazily, each view computed once.

import type { Texts } from '../model/evidence.ts';
import type { HeaderSection } from '../model/header.ts';

export interface Mail {
  readonly raw: Uint8Array;
  readonly header: HeaderSection;
  /** Values of the fields called `name` (lower case) in their order: unfolded, undecoded, a character a byte. */
  values(name: string): readonly string[];
  /** The strings in which patterns are sought. */
  texts(): Promise<Texts>;
}
