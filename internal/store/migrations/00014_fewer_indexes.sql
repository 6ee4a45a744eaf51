-- +goose Up
-- Every item is written twice, when it comes and when it is decided about, and each time into all indexes: these are worth less than that.
DROP INDEX items_by_policy;
DROP INDEX actions_by_record;
DROP INDEX items_by_ref;
CREATE INDEX items_by_ref ON items (namespace, account, ref_id) WHERE ref_id <> id;
-- What an author said lately is asked for with each item: the index has the whole answer.
DROP INDEX items_by_author;
CREATE INDEX items_by_author ON items (namespace, account, author, created_at, seen_at, id);

-- +goose Down
DROP INDEX items_by_author;
CREATE INDEX items_by_author ON items (namespace, account, author, created_at);
DROP INDEX items_by_ref;
CREATE INDEX items_by_ref ON items (namespace, account, ref_id);
CREATE INDEX actions_by_record ON actions (namespace, account, ref_id) WHERE ref_id <> '';
CREATE INDEX items_by_policy ON items (namespace, policy, decided_at);
