// What in a message's structure readers are known to disagree about, or what only a broken or hostile sender writes: a closed list.

export const anomalies = {
  bare_cr: 'A CR without its LF stands in a header or in text: some readers end a line there.',
  base64_undeclared: 'A part is nothing but base64, and does not say so.',
  boundary_absent: 'A multipart announces a boundary that never occurs in it.',
  boundary_after_close: 'A multipart goes on after its closing delimiter.',
  boundary_conflict:
    'A multipart can be cut at more than one boundary, or at one that also belongs to the multipart around it.',
  boundary_missing: 'A multipart announces no boundary, or an empty one.',
  boundary_odd:
    'A boundary has white space at an end, control characters, more than 70 characters, or is written with comments; or its delimiter is indented.',
  duplicate_disposition: 'A part has several Content-Disposition fields that differ.',
  duplicate_encoding: 'A part has several Content-Transfer-Encoding fields that differ.',
  duplicate_parameter: 'A parameter that steers reading is given several times with different values.',
  duplicate_type: 'A part has several Content-Type fields that differ.',
  encoding_odd:
    'A Content-Transfer-Encoding is none of those defined, or is written with quotes, comments or further text.',
  encoding_on_container: 'A multipart or enclosed message has a transfer encoding, which RFC 2045 forbids.',
  external_body: 'A message/external-body: the content is somewhere else.',
  header_broken: 'A line in the header of a part is no field, or a MIME field hides in the continuation of another.',
  field_in_body:
    'A Content-Transfer-Encoding field stands at the start of a body, where some readers will not expect it and others will.',
  header_nul: 'A NUL stands in a header.',
  malformed_base64: 'Base64 has characters outside its alphabet, or goes on after its padding.',
  malformed_quoted_printable: 'Quoted-printable content other than text has a `=` that begins no code.',
  parsers_differ: 'Our reader of MIME and mailparser do not see the same attachments.',
  partial_message: 'A message/partial: the content is in pieces that only the reader puts together.',
  payload_outside_parts:
    'A preamble or epilogue, which readers do not show, has MIME fields, base64 or uuencoded content.',
  type_odd: 'A Content-Type is not of the form type/subtype, or has text that is no parameter.',
  uuencoded: 'Text has a uuencoded file in it.',
} as const satisfies Readonly<Record<string, string>>;

export type Anomaly = keyof typeof anomalies;

/** THREATS.md 31: what exceeds these is evidence, and is not read further. */
export const mimeLimits = {
  /** Multiparts and enclosed messages inside each other. */
  depth: 50,
  /** Parts of all kinds. */
  parts: 10_000,
  /** Lines that begin with `--`. */
  delimiters: 200_000,
  /** Bytes decoded from transfer encodings, as a multiple of the message's own; containers inside containers count each. */
  decoded: 4,
} as const;

export type MimeLimit = keyof typeof mimeLimits | 'header';
