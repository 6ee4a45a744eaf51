-- +goose Up
-- By which action a record of ours was said.
CREATE INDEX actions_by_record ON actions (namespace, account, ref_id) WHERE ref_id <> '';

-- +goose Down
DROP INDEX actions_by_record;
