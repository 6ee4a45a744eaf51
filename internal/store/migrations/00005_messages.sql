-- +goose Up
-- What people are told: written before anything is sent, so that it is told at least once, each time under the same id.
CREATE TABLE messages (
    namespace    TEXT    NOT NULL,
    receiver     TEXT    NOT NULL,
    id           TEXT    NOT NULL,
    subject_kind TEXT    NOT NULL,
    subject_name TEXT    NOT NULL,
    named_kind   TEXT    NOT NULL,
    named_name   TEXT    NOT NULL,
    event        TEXT    NOT NULL,
    title        TEXT    NOT NULL,
    payload      TEXT    NOT NULL,
    state        TEXT    NOT NULL CHECK (state IN ('Pending', 'Sent', 'GivenUp')),
    digest       TEXT    NOT NULL,
    claim        TEXT    NOT NULL,
    attempts     BIGINT  NOT NULL,
    last_error   TEXT    NOT NULL,
    created_at   BIGINT  NOT NULL,
    next_at      BIGINT  NOT NULL,
    sent_at      BIGINT  NOT NULL,
    PRIMARY KEY (namespace, receiver, id)
);
CREATE INDEX messages_pending ON messages (namespace, receiver, created_at) WHERE state = 'Pending';
CREATE INDEX messages_sent ON messages (namespace, receiver, sent_at) WHERE state = 'Sent';
CREATE INDEX messages_created ON messages (created_at) WHERE state <> 'Pending';

-- When somebody last saw to it that people are told: what happened long before that is no news.
CREATE TABLE watchers (
    name    TEXT   NOT NULL PRIMARY KEY,
    seen_at BIGINT NOT NULL
);

-- +goose Down
DROP TABLE watchers;
DROP TABLE messages;
