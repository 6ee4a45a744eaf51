-- +goose Up
-- 1 once its author changed it, 0 if the network says that nobody did, NULL where neither is known.
ALTER TABLE items ADD COLUMN author_edited BIGINT;

-- +goose Down
ALTER TABLE items DROP COLUMN author_edited;
