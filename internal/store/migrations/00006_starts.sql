-- +goose Up
-- What went out on a channel lately, for its pace and for duplicates; text_hash stands for the words alone.
ALTER TABLE publications ADD COLUMN text_hash TEXT NOT NULL DEFAULT '';
CREATE INDEX publications_by_channel ON publications (namespace, channel, started_at);

-- +goose Down
DROP INDEX publications_by_channel;
ALTER TABLE publications DROP COLUMN text_hash;
