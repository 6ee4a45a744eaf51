-- +goose Up
-- How often the network failed: what it waits for is not the deaths of those who began it.
ALTER TABLE actions ADD COLUMN failures BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE actions DROP COLUMN failures;
