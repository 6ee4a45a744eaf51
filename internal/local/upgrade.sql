-- From version 1 to 2.
ALTER TABLE posts ADD COLUMN changed INTEGER;
UPDATE posts SET changed = id WHERE kind = 'Reply' OR kind = 'Message' AND addressee <> 'team';
CREATE INDEX posts_changed ON posts (account, changed) WHERE changed IS NOT NULL;

ALTER TABLE items ADD COLUMN edited_at INTEGER;
ALTER TABLE items ADD COLUMN reaction TEXT NOT NULL DEFAULT '';
ALTER TABLE items ADD COLUMN reports INTEGER NOT NULL DEFAULT 0;
ALTER TABLE items ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;
UPDATE items SET changed = id;
CREATE INDEX items_changed ON items (account, changed);

CREATE TABLE reports (
  account    TEXT NOT NULL,
  item       INTEGER NOT NULL,
  handle     TEXT NOT NULL,
  reason     TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (item, handle)
) WITHOUT ROWID;
CREATE INDEX reports_account ON reports (account, item);

CREATE TABLE origin (name TEXT NOT NULL);
INSERT INTO origin VALUES (lower(hex(randomblob(6))));

PRAGMA user_version = 2;
