-- +goose Up
-- 1 once its author changed its words after a person decided about it: that it may stay was said of the words as they were.
ALTER TABLE items ADD COLUMN edited BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE items DROP COLUMN edited;
