-- Version 2. Ids of posts, items and media come from one sequence, so that an id names one thing; so do the numbers of changes.
-- Times are nanoseconds since 1970 in UTC. What is deleted keeps its row, emptied, so that ids and keys stay taken.
CREATE TABLE accounts (
  name         TEXT PRIMARY KEY,           -- namespace/channel
  display_name TEXT NOT NULL,
  created_at   INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE posts (
  id         INTEGER PRIMARY KEY,
  account    TEXT NOT NULL,
  key        TEXT,                         -- NULL: posted without one
  marker     TEXT NOT NULL,
  kind       TEXT NOT NULL,
  text       TEXT NOT NULL,
  language   TEXT NOT NULL,
  reply_to   INTEGER,                      -- a post or an item
  root       INTEGER NOT NULL,             -- first post of the thread; own id when it stands alone
  addressee  TEXT NOT NULL,                -- handle a Message goes to
  media      TEXT NOT NULL,                -- JSON, empty when there are none
  link       TEXT NOT NULL,                -- JSON, empty when there is none
  created_at INTEGER NOT NULL,
  stored_at  INTEGER NOT NULL,
  updated_at INTEGER,
  deleted_at INTEGER,
  changed    INTEGER                       -- number of the last change; NULL: the feed of changes does not tell it
);
CREATE INDEX posts_changed ON posts (account, changed) WHERE changed IS NOT NULL;
CREATE UNIQUE INDEX posts_key ON posts (account, key) WHERE key IS NOT NULL;
CREATE INDEX posts_account ON posts (account, id);
-- What all can see, for counting without reading the posts.
CREATE INDEX posts_public ON posts (account) WHERE deleted_at IS NULL AND kind <> 'Message';
CREATE INDEX posts_thread ON posts (root, id);
CREATE INDEX posts_reply ON posts (reply_to) WHERE reply_to IS NOT NULL;
CREATE INDEX posts_pictures ON posts (account) WHERE media <> '';
CREATE INDEX posts_message ON posts (account, addressee) WHERE addressee <> '';

CREATE TABLE people (
  account     TEXT NOT NULL,
  handle      TEXT NOT NULL,
  display_name TEXT NOT NULL,
  created_at  INTEGER NOT NULL,
  followers   INTEGER NOT NULL,
  blocked     INTEGER NOT NULL DEFAULT 0,
  muted_until INTEGER,
  PRIMARY KEY (account, handle)
) WITHOUT ROWID;

CREATE TABLE items (
  id         INTEGER PRIMARY KEY,
  account    TEXT NOT NULL,
  kind       TEXT NOT NULL,
  text       TEXT NOT NULL,
  language   TEXT NOT NULL,
  handle     TEXT NOT NULL,
  parent     INTEGER,                      -- a post or an item
  post       INTEGER,                      -- the post it belongs under
  created_at INTEGER NOT NULL,
  state      TEXT NOT NULL DEFAULT 'Visible',
  deleted_at INTEGER,
  edited_at  INTEGER,
  reaction   TEXT NOT NULL DEFAULT '',     -- ours
  reports    INTEGER NOT NULL DEFAULT 0,   -- by people
  changed    INTEGER NOT NULL              -- number of the last change
);
CREATE INDEX items_changed ON items (account, changed);
CREATE INDEX items_account ON items (account, id);
CREATE INDEX items_author ON items (account, handle, kind);
CREATE INDEX items_kind ON items (account, kind) WHERE kind IN ('Follow', 'Join', 'Mention');
CREATE INDEX items_post ON items (post, id) WHERE post IS NOT NULL;
CREATE INDEX items_parent ON items (parent) WHERE parent IS NOT NULL;

-- Who reported what; an empty handle is the account itself.
CREATE TABLE reports (
  account    TEXT NOT NULL,
  item       INTEGER NOT NULL,
  handle     TEXT NOT NULL,
  reason     TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (item, handle)
) WITHOUT ROWID;
CREATE INDEX reports_account ON reports (account, item);

-- One row: a name for this database, so that a cursor of another one is known as lost.
CREATE TABLE origin (name TEXT NOT NULL);
INSERT INTO origin VALUES (lower(hex(randomblob(6))));

CREATE TABLE media (
  id      INTEGER PRIMARY KEY,
  account TEXT NOT NULL,
  type    TEXT NOT NULL,
  alt     TEXT NOT NULL,
  width   INTEGER NOT NULL,
  height  INTEGER NOT NULL,
  data    BLOB NOT NULL
);

CREATE TABLE calls (
  seq         INTEGER PRIMARY KEY,
  received_at INTEGER NOT NULL,
  finished_at INTEGER,
  method      TEXT NOT NULL,
  path        TEXT NOT NULL,
  account     TEXT NOT NULL,
  key         TEXT NOT NULL,
  marker      TEXT NOT NULL,
  outcome     TEXT NOT NULL,
  code        TEXT NOT NULL,
  fault       TEXT NOT NULL,
  post        INTEGER,
  status      INTEGER NOT NULL,
  lost        INTEGER NOT NULL
);

PRAGMA user_version = 2;
