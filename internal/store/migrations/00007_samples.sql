-- +goose Up
-- What a publication looked like when it was looked at: its numbers (NULL where the network does not tell), and a hash of its
-- text as the network gave it back. content_hash is that of what was sent.
CREATE TABLE samples (
    namespace    TEXT   NOT NULL,
    post         TEXT   NOT NULL,
    edition      BIGINT NOT NULL,
    at           BIGINT NOT NULL,
    channel      TEXT   NOT NULL,
    content_hash TEXT   NOT NULL,
    seen_hash    TEXT   NOT NULL,
    reactions    BIGINT,
    shares       BIGINT,
    replies      BIGINT,
    impressions  BIGINT,
    clicks       BIGINT,
    views        BIGINT,
    PRIMARY KEY (namespace, post, edition, at)
);
CREATE INDEX samples_at ON samples (at);

-- +goose Down
DROP TABLE samples;
