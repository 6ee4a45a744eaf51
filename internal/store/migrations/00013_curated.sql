-- +goose Up
-- Whose author agreed that an item is shared: asked is our action, answer their item, words a hash of what they agreed to. ended_at is when
-- they took it back. Times as in publications.
CREATE TABLE consents (
    namespace TEXT   NOT NULL,
    account   TEXT   NOT NULL,
    item      TEXT   NOT NULL,
    policy    TEXT   NOT NULL,
    rule      TEXT   NOT NULL,
    asked     TEXT   NOT NULL,
    answer    TEXT   NOT NULL,
    words     TEXT   NOT NULL,
    given_at  BIGINT NOT NULL,
    ended_at  BIGINT NOT NULL,
    PRIMARY KEY (namespace, account, item)
);
CREATE INDEX consents_by_time ON consents (namespace, given_at);

-- What the entries of calendars took to quote: an item once on each channel.
CREATE TABLE quotes (
    namespace  TEXT   NOT NULL,
    calendar   TEXT   NOT NULL,
    entry      TEXT   NOT NULL,
    channel    TEXT   NOT NULL,
    occurrence TEXT   NOT NULL,
    account    TEXT   NOT NULL,
    item       TEXT   NOT NULL,
    place      BIGINT NOT NULL,
    taken_at   BIGINT NOT NULL,
    PRIMARY KEY (namespace, calendar, entry, channel, account, item)
);

-- +goose Down
DROP TABLE quotes;
DROP TABLE consents;
