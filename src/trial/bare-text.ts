// Collections of which only subject and text were kept: such a message is given the header that any message has, so that it
// is judged by its text, and not by what its collector took away.

/** Any of these among the first fields, and the header was kept. */
const kept = /^(?:return-path|received|from|to|date|message-id|mime-version|content-type)$/;

/** Whether `bytes` begins with a Subject and keeps nothing else of its header. */
export function isBareText(bytes: Buffer): boolean {
  const lines = bytes.subarray(0, 8192).toString('latin1').split('\r\n');
  if (!/^subject:/i.test(lines[0] ?? '')) return false;
  return !fieldNames(lines).some(name => kept.test(name));
}

/** Of the fields at the beginning, in lower case. */
function fieldNames(lines: readonly string[]): readonly string[] {
  const end = lines.findIndex(line => !/^(?:[!-9;-~]+:|[ \t])/.test(line));
  return lines
    .slice(0, end === -1 ? lines.length : end)
    .flatMap(line => /^([!-9;-~]+):/.exec(line)?.[1]?.toLowerCase() ?? []);
}

const plainHeader = [
  'From: <author@sender.example>',
  'To: <reader@recipient.example>',
  'Date: Mon, 1 Jan 2001 00:00:00 +0000',
  'Message-ID: <text@sender.example>',
].join('\r\n');

/** `bytes`, a bare text, with a header: its own subject, and what says nothing. */
export function withPlainHeader(bytes: Buffer): Buffer {
  const end = bytes.indexOf('\r\n');
  const subject = bytes.subarray(0, end);
  const text = bytes.subarray(end + 2);
  return Buffer.concat([Buffer.from(`${plainHeader}\r\n`), subject, Buffer.from('\r\n\r\n'), text]);
}
