-- +goose Up
-- Times are microseconds since 1970 in UTC, 0 for none: the same in every database.
CREATE TABLE publications (
    namespace    TEXT    NOT NULL,
    post         TEXT    NOT NULL,
    edition      BIGINT  NOT NULL,
    account      TEXT    NOT NULL,
    segment      BIGINT  NOT NULL,
    key          TEXT    NOT NULL,
    marker       TEXT    NOT NULL,
    attempt      TEXT    NOT NULL,
    owner        TEXT    NOT NULL,
    state        TEXT    NOT NULL CHECK (state IN ('Sending', 'Published', 'NotSent', 'Unknown', 'Failed', 'Deleted')),
    content_hash TEXT    NOT NULL,
    cursor       TEXT    NOT NULL,
    record_id    TEXT    NOT NULL,
    revision     TEXT    NOT NULL,
    url          TEXT    NOT NULL,
    channel      TEXT    NOT NULL,
    network      TEXT    NOT NULL,
    started_at   BIGINT  NOT NULL,
    published_at BIGINT  NOT NULL,
    updated_at   BIGINT  NOT NULL,
    PRIMARY KEY (namespace, post, edition, account, segment)
);

-- +goose Down
DROP TABLE publications;
