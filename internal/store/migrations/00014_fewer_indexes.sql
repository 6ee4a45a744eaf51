-- +goose Up
-- Every item is written twice, when it comes and when it is decided about, and each time into all indexes: these are worth less than that.
DROP INDEX items_by_policy;
DROP INDEX actions_by_record;
DROP INDEX items_by_ref;
CREATE INDEX items_by_ref ON items (namespace, account, ref_id) WHERE ref_id <> id;

-- +goose Down
DROP INDEX items_by_ref;
CREATE INDEX items_by_ref ON items (namespace, account, ref_id);
CREATE INDEX actions_by_record ON actions (namespace, account, ref_id) WHERE ref_id <> '';
CREATE INDEX items_by_policy ON items (namespace, policy, decided_at);
