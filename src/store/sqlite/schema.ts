// Tables of the quarantine, of what is remembered between a client's attempts, of entries that the API was given, and of what
// reviewers said. A migration that was released is never edited: changes are appended.

export const migrations: readonly string[] = [
  `
  CREATE TABLE entries (
    id             TEXT PRIMARY KEY,
    tx             TEXT NOT NULL,
    received_at    INTEGER NOT NULL,
    client_address TEXT NOT NULL,
    reverse_path   TEXT NOT NULL,
    is_8bit        INTEGER NOT NULL,
    reason         TEXT NOT NULL,
    reply          TEXT,             -- JSON
    profile        TEXT NOT NULL,
    score          INTEGER NOT NULL, -- thousandths of a point
    hits           TEXT NOT NULL,    -- JSON
    symbols        TEXT NOT NULL,    -- ' A B ', for the filter
    subject        TEXT NOT NULL,
    header_from    TEXT NOT NULL,
    size_bytes     INTEGER NOT NULL,
    sha256         TEXT NOT NULL,
    content_start  INTEGER NOT NULL, -- of the message in its blob
    state          TEXT NOT NULL     -- the least finished of the copies' states
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX entries_by_sha256 ON entries (sha256);
  CREATE INDEX entries_by_age ON entries (received_at);

  CREATE TABLE copies (
    entry        TEXT NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
    position     INTEGER NOT NULL,
    path         TEXT NOT NULL,
    domain       TEXT,
    state        TEXT NOT NULL,
    reply        TEXT,               -- JSON
    requested_at INTEGER,            -- of the release that runs
    released_at  INTEGER,
    PRIMARY KEY (entry, path)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX copies_by_path ON copies (path COLLATE NOCASE, entry);
  CREATE INDEX copies_by_domain ON copies (domain, entry);
  CREATE INDEX copies_unfinished ON copies (state, entry) WHERE state IN ('pending', 'releasing');

  -- Entries whose rows are gone and whose blobs are to go: a kill between the two must not bring them back.
  CREATE TABLE doomed_blobs (id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

  CREATE TABLE receipts (
    sha256 TEXT NOT NULL, reverse_path TEXT NOT NULL, forward_path TEXT NOT NULL,
    delivered_at INTEGER NOT NULL,
    PRIMARY KEY (sha256, reverse_path, forward_path)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE deferrals (
    sha256 TEXT NOT NULL, reverse_path TEXT NOT NULL, forward_path TEXT NOT NULL, cause TEXT NOT NULL,
    first_at INTEGER NOT NULL, last_at INTEGER NOT NULL, attempts INTEGER NOT NULL,
    PRIMARY KEY (sha256, reverse_path, forward_path, cause)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE requests (
    key TEXT PRIMARY KEY, digest TEXT NOT NULL, begun_at INTEGER NOT NULL, answer TEXT
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- Before, neither SMTPUTF8 nor DSN was offered.
  ALTER TABLE entries ADD COLUMN is_utf8 INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE entries ADD COLUMN dsn TEXT; -- JSON
  `,
  `
  CREATE TABLE access_entries (
    id         TEXT PRIMARY KEY,
    kind       TEXT NOT NULL,
    subject    TEXT NOT NULL,
    value      TEXT NOT NULL,
    scope      TEXT NOT NULL,    -- '' for all recipients
    expires_at INTEGER,
    comment    TEXT NOT NULL,
    added_at   INTEGER NOT NULL,
    added_by   TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX access_entries_by_name ON access_entries (subject, value, scope, kind);
  CREATE INDEX access_entries_by_age ON access_entries (added_at, id);
  CREATE INDEX access_entries_by_end ON access_entries (expires_at) WHERE expires_at IS NOT NULL;
  `,
  `
  -- What people said of messages.
  CREATE TABLE labels (
    message     TEXT PRIMARY KEY,  -- the id of its record in the ledger
    received_at INTEGER NOT NULL,
    label       TEXT NOT NULL,     -- ham, spam
    reason      TEXT NOT NULL,     -- release, review, sample
    labelled_by TEXT NOT NULL,
    labelled_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX labels_by_age ON labels (received_at);

  -- Samples drawn for review, one behind the other in time.
  CREATE TABLE samples (
    id       TEXT PRIMARY KEY,
    since    INTEGER NOT NULL,
    before   INTEGER NOT NULL,
    drawn_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE sample_bands (
    sample   TEXT NOT NULL REFERENCES samples (id) ON DELETE CASCADE,
    profile  TEXT NOT NULL,
    action   TEXT NOT NULL,
    messages INTEGER NOT NULL,
    labelled INTEGER NOT NULL,     -- of these, before the draw
    drawn    INTEGER NOT NULL,
    PRIMARY KEY (sample, profile, action)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE sampled (
    sample   TEXT NOT NULL REFERENCES samples (id) ON DELETE CASCADE,
    message  TEXT NOT NULL,
    profile  TEXT NOT NULL,
    action   TEXT NOT NULL,
    weight   REAL NOT NULL,        -- messages that it stands for
    PRIMARY KEY (sample, message, profile)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX sampled_by_message ON sampled (message);
  `,
];
