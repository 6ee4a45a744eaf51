-- +goose Up
-- When we last spoke with those whom a policy names, handle in small letters, and when someone was last told that it is long ago. since is
-- when the policy first named them, seen_at when it last did. network is empty for any.
CREATE TABLE contacts (
    namespace   TEXT   NOT NULL,
    policy      TEXT   NOT NULL,
    network     TEXT   NOT NULL,
    handle      TEXT   NOT NULL,
    since       BIGINT NOT NULL,
    last_at     BIGINT NOT NULL,
    reminded_at BIGINT NOT NULL,
    seen_at     BIGINT NOT NULL,
    PRIMARY KEY (namespace, policy, network, handle)
);

-- The item of the other person whom a case is about, where it is about two.
ALTER TABLE cases ADD COLUMN other TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE cases DROP COLUMN other;
DROP TABLE contacts;
