-- +goose Up
-- Crises that were opened: a second witness of what is held, outside of the cluster. Times as in publications.
CREATE TABLE crises (
    namespace  TEXT   NOT NULL,
    name       TEXT   NOT NULL,
    uid        TEXT   NOT NULL,
    spec       TEXT   NOT NULL,
    holds      TEXT   NOT NULL,
    opened_at  BIGINT NOT NULL,
    closed_at  BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (namespace, name)
);

-- +goose Down
DROP TABLE crises;
