-- +goose Up
-- What waits for a decision, in the order in which it is decided about: items whose state is New. It stands beside them, and the state in no
-- index, so that a decision writes a row and not all the indexes of a wide table; where there is room in its page, PostgreSQL needs to write
-- none of them.
CREATE TABLE undecided (
    namespace  TEXT   NOT NULL,
    channel    TEXT   NOT NULL,
    seen_at    BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    account    TEXT   NOT NULL,
    id         TEXT   NOT NULL,
    PRIMARY KEY (namespace, channel, seen_at, created_at, account, id)
);
INSERT INTO undecided (namespace, channel, seen_at, created_at, account, id)
    SELECT namespace, channel, seen_at, created_at, account, id FROM items WHERE state = 'New';
DROP INDEX items_new;
-- PostgreSQL: ALTER TABLE items SET (fillfactor = 50);

-- +goose Down
-- PostgreSQL: ALTER TABLE items RESET (fillfactor);
CREATE INDEX items_new ON items (namespace, channel, seen_at) WHERE state = 'New';
DROP TABLE undecided;
