// Whether a web address holds the mail address of whom it was sent to: lures that fill in the victim's name, and lists that count.

/** Recipients that are looked for. */
const maxRecipients = 5;

export type Carried = 'plain' | 'encoded';

/** Says of a web address how it holds one of `recipients`: as it is (percent codes included), or in base64 or hexadecimal. Null where not. */
export function recipientCarrier(recipients: readonly string[]): (href: string) => Carried | null {
  const sought = recipients.filter(path => path.includes('@') && path.length <= 320).slice(0, maxRecipients);
  const forms = [...new Set(sought.flatMap(path => [path, path.toLowerCase()]))];
  const plain = sought.flatMap(path => [path.toLowerCase(), path.toLowerCase().replace('@', '%40')]);
  const base64 = forms.map(alignedBase64);
  const hexadecimal = forms.map(path => Buffer.from(path).toString('hex'));
  return href => {
    const lower = href.toLowerCase();
    if (plain.some(form => lower.includes(form))) return 'plain';
    const isEncoded = base64.some(form => href.includes(form)) || hexadecimal.some(form => lower.includes(form));
    return isEncoded ? 'encoded' : null;
  };
}

/** The digits of base64 that do not depend on what follows. */
function alignedBase64(path: string): string {
  const bytes = Buffer.from(path);
  return bytes.subarray(0, bytes.length - (bytes.length % 3)).toString('base64');
}
