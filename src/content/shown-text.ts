// Text as a mail program shows it, collected piece by piece up to a size.

export class ShownText {
  readonly #kept: string[] = [];
  readonly #maxChars: number;
  #length = 0;

  constructor(maxChars: number) {
    this.#maxChars = maxChars;
  }

  /** Whether all of it that is more than white space was kept. */
  add(text: string): boolean {
    if (this.#length >= this.#maxChars) return text.trim() === '';
    const kept = text.slice(0, this.#maxChars - this.#length);
    this.#kept.push(kept);
    this.#length += kept.length;
    return true;
  }

  /** Runs of white space are shown as one space, and lines are trimmed: what patterns see is what readers see. */
  finish(): string {
    return this.#kept
      .join('')
      .replace(/[^\S\n]+/g, ' ')
      .replace(/ ?\n[ \n]*/g, '\n')
      .trim();
  }
}
