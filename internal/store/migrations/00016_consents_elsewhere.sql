-- +goose Up
-- A consent that was given elsewhere, by mail say, has no answer: by_whom recorded it, and how says how it was given.
ALTER TABLE consents ADD COLUMN by_whom TEXT NOT NULL DEFAULT '';
ALTER TABLE consents ADD COLUMN how TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE consents DROP COLUMN how;
ALTER TABLE consents DROP COLUMN by_whom;
