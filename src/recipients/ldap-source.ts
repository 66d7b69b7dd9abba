// Where in LDAP the addresses stand: which servers, which entries, which attributes. Plain data, so that a thread can be given it.

export interface LdapSource {
  /** `ldap://host:port`, `ldaps://host:port`: asked in this order, the next where one does not answer. */
  readonly urls: readonly string[];
  /** TLS by StartTLS (RFC 4511 §4.14); never without it then. */
  readonly isStartTls: boolean;
  /** Certificate authorities in PEM that are trusted in place of those that come with Node; null for those. */
  readonly ca: string | null;
  /** Null binds as nobody. */
  readonly credentials: { readonly dn: string; readonly password: string } | null;
  readonly base: string;
  /** Which entries have addresses that mail is taken for (RFC 4515). */
  readonly filter: string;
  /** Which attributes hold them. */
  readonly attributes: readonly string[];
  /** In the order of the configuration: an entry in two groups has the profile of the first. */
  readonly groups: readonly GroupProfile[];
  readonly pageSize: number;
  /** For each answer: to the connection, to TLS, to the bind, to each page. */
  readonly timeoutMs: number;
  /** What one reading may hold: addresses, and bytes from the server. */
  readonly maxAddresses: number;
  readonly maxBytes: number;
}

export interface GroupProfile {
  /** A distinguished name. */
  readonly dn: string;
  readonly profile: string;
}
