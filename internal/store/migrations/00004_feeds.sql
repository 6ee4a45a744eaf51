-- +goose Up
-- Feeds that calendars read, and every item of them that was ever seen: an item goes out once. Times as in publications.
CREATE TABLE feeds (
    namespace  TEXT   NOT NULL,
    calendar   TEXT   NOT NULL,
    feed       TEXT   NOT NULL,
    url        TEXT   NOT NULL,
    first_read BIGINT NOT NULL,
    last_read  BIGINT NOT NULL,
    etag       TEXT   NOT NULL,
    modified   TEXT   NOT NULL,
    PRIMARY KEY (namespace, calendar, feed, url)
);
CREATE TABLE feed_items (
    namespace TEXT   NOT NULL,
    calendar  TEXT   NOT NULL,
    feed      TEXT   NOT NULL,
    url       TEXT   NOT NULL,
    id        TEXT   NOT NULL,
    title     TEXT   NOT NULL,
    summary   TEXT   NOT NULL,
    author    TEXT   NOT NULL,
    link      TEXT   NOT NULL,
    published BIGINT NOT NULL,
    seen_at   BIGINT NOT NULL,
    plan_at   BIGINT NOT NULL,
    PRIMARY KEY (namespace, calendar, feed, url, id)
);
CREATE INDEX feed_items_planned ON feed_items (namespace, calendar, plan_at);

-- +goose Down
DROP TABLE feed_items;
DROP TABLE feeds;
