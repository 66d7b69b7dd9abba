// Whether what the next hop stored is what was sent, but for the edits that DESIGN.md section 2 lists. Written without
// the gateway's own reading of headers, so that one mistake is not made twice.

const prepended = /^(?:Received|Authentication-Results|X-Spam-(?:Flag|Score|Level|Status)|X-Postern-Id):/;
const ours = /^X-Spam-(?:Flag|Score|Level|Status)[ \t]*:|^X-Postern-Id[ \t]*:/i;

/** Null when nothing else differs; otherwise what does. `authservId`: the host name of the gateway. */
export function unlistedEdit(sent: Buffer, stored: Buffer, authservId: string): string | null {
  const expected = withoutOurFields(sent.toString('latin1'), authservId);
  const found = stored.toString('latin1');
  if (!found.endsWith(expected)) return `the content differs ${firstDifference(expected, found)}`;
  const added = fieldsOf(found.slice(0, found.length - expected.length));
  if (!added.some(field => field.startsWith('Received:'))) return 'no Received field was added';
  const foreign = added.find(field => !prepended.test(field) || !field.endsWith('\r\n'));
  return foreign === undefined ? null : `this was added: ${JSON.stringify(foreign.slice(0, 80))}`;
}

function withoutOurFields(content: string, authservId: string): string {
  const headerEnd = content.startsWith('\r\n') ? 0 : content.indexOf('\r\n\r\n') + 2;
  const end = headerEnd < 2 && headerEnd !== 0 ? content.length : headerEnd;
  const kept = fieldsOf(content.slice(0, end)).filter(field => !ours.test(field) && !isOurResult(field, authservId));
  return kept.join('') + content.slice(end);
}

/** Fields with their folded lines and line ends. */
function fieldsOf(header: string): string[] {
  return header === '' ? [] : header.split(/(?<=\r\n)(?![ \t])/);
}

function isOurResult(field: string, authservId: string): boolean {
  const id = /^Authentication-Results[ \t]*:(?:\s|\([^)]*\))*"?([^\s;"(]+)/i.exec(field)?.[1];
  return id?.toLowerCase() === authservId;
}

/** Counted from the end, because fields are prepended. */
function firstDifference(expected: string, found: string): string {
  let same = 0;
  while (same < expected.length && expected.at(-1 - same) === found.at(-1 - same)) same++;
  const shown = (text: string) => JSON.stringify(text.slice(Math.max(0, text.length - same - 40), text.length - same));
  return `${same} bytes before its end: sent ...${shown(expected)}, stored ...${shown(found)}`;
}
