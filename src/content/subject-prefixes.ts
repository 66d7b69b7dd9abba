// What mail programs put before a subject when they answer or forward, in the languages in which they do.

const reply = 're|aw|antw?|sv|vs|res|odp|ynt|atb|vá|rif|ответ|отв|回复|答复|回覆|答覆|返信|답장|회신';
const forward = 'fwd?|wg|tr|rv|enc|pd|vl|vb|doorst|vidaresänt|továbbítás|ilt|переслано|пер|转发|轉寄|轉發|転送|전달';

/** `Re:`, `AW[2]:`, `回复：`, behind tags of lists: `[list] Re:`. */
const isReply = new RegExp(
  `^\\s*(?:\\[[^\\]]{1,60}\\]\\s*)?(?:${reply})\\s?(?:[\\[(]\\d{1,3}[\\])]|\\^\\d{1,3})?\\s?[:：]`,
  'iu',
);
const isForward = new RegExp(`^\\s*(?:\\[[^\\]]{1,60}\\]\\s*)?(?:${forward})\\s?(?:\\[\\d{1,3}\\])?\\s?[:：]`, 'iu');

/** How `subject` begins. */
export function prefixOf(subject: string): 'reply' | 'forward' | 'none' {
  const beginning = subject.slice(0, 120);
  if (isReply.test(beginning)) return 'reply';
  return isForward.test(beginning) ? 'forward' : 'none';
}
