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
-- What somebody said lately, and what was said lately in a thread, is asked for with each item: that is found however much was said before.
DROP INDEX items_by_author;
CREATE INDEX items_by_author ON items (namespace, account, author, seen_at, id);
DROP INDEX items_by_post;
CREATE INDEX items_by_post ON items (namespace, account, post, seen_at) WHERE post <> '';
-- PostgreSQL: ALTER TABLE items SET (fillfactor = 50);

-- +goose Down
-- PostgreSQL: ALTER TABLE items RESET (fillfactor);
DROP INDEX items_by_post;
CREATE INDEX items_by_post ON items (namespace, account, post, created_at) WHERE post <> '';
DROP INDEX items_by_author;
CREATE INDEX items_by_author ON items (namespace, account, author, created_at, seen_at, id);
CREATE INDEX items_new ON items (namespace, channel, seen_at) WHERE state = 'New';
DROP TABLE undecided;
