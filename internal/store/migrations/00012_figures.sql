-- +goose Up
-- What waits is asked for every second, and what is over is most of what there is.
CREATE INDEX cases_unfinished ON cases (state, created_at) WHERE state <> 'Done';
CREATE INDEX actions_held ON actions (namespace, policy, class) WHERE state = 'Held';

-- +goose Down
DROP INDEX actions_held;
DROP INDEX cases_unfinished;
