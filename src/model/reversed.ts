// Addresses as labels of the DNS, the most specific first: what in-addr.arpa, ip6.arpa and DNS lists have in common.

/** `1.2.0.192` for 192.0.2.1, 32 nibbles for IPv6 (RFC 5782 §2.1, §2.4). `address` is one, without a zone. */
export function reversedLabels(address: string): string {
  if (!address.includes(':')) return address.split('.').reverse().join('.');
  return groupsOf(address)
    .flatMap(group => [...group.padStart(4, '0')])
    .reverse()
    .join('.');
}

/** The name that the pointers of `address` stand at (RFC 1035 §3.5, RFC 3596 §2.5). */
export const pointerName = (address: string): string =>
  `${reversedLabels(address)}.${address.includes(':') ? 'ip6.arpa' : 'in-addr.arpa'}`;

/** The eight groups of an IPv6 address, `::` filled in, the dotted form of the last two understood (RFC 4291 §2.2). */
function groupsOf(address: string): readonly string[] {
  const [head = '', tail] = address.toLowerCase().split('::');
  const left = groups(head);
  if (tail === undefined) return left;
  const right = groups(tail);
  return [...left, ...Array.from({ length: 8 - left.length - right.length }, () => '0'), ...right];
}

function groups(part: string): readonly string[] {
  return part
    .split(':')
    .filter(group => group !== '')
    .flatMap(group => (group.includes('.') ? hexadecimal(group.split('.').map(Number)) : [group]));
}

const hexadecimal = ([a = 0, b = 0, c = 0, d = 0]: readonly number[]): readonly string[] => [
  (a * 256 + b).toString(16),
  (c * 256 + d).toString(16),
];
