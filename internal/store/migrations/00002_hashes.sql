-- +goose Up
-- The content hashes of all segments of the rendering that an attempt belongs to, in order, apart by spaces.
ALTER TABLE publications ADD COLUMN hashes TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE publications DROP COLUMN hashes;
