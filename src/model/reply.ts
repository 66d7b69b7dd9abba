// An SMTP reply (RFC 5321 §4.2) with its enhanced status code (RFC 3463, RFC 2034).

export interface Reply {
  /** 200 to 599. */
  readonly code: number;
  /** `5.7.1`, or null where none belongs (greeting, EHLO, 354) or the next hop gave none. */
  readonly enhanced: string | null;
  /** One line of text each, without code, enhanced code, CR or LF. */
  readonly text: readonly [string, ...string[]];
}

export function reply(code: number, enhanced: string | null, ...text: [string, ...string[]]): Reply {
  return { code, enhanced, text };
}

export const isPositive = (r: Reply): boolean => r.code >= 200 && r.code < 300;
export const isTransient = (r: Reply): boolean => r.code >= 400 && r.code < 500;
export const isPermanent = (r: Reply): boolean => r.code >= 500 && r.code < 600;

/** `550 5.7.1 text`, lines joined by ` / `: for logs, ledgers and people. */
export function replyText(r: Reply): string {
  return [r.code, r.enhanced, r.text.join(' / ')].filter(part => part !== null).join(' ');
}
