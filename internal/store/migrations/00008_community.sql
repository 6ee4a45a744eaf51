-- +goose Up
-- What people said and did, what was decided about it, and what was done. account is the network and our account's id there. Times as
-- in publications, 0 for none; NULL where the network does not tell.

-- How far each channel was listened to. baseline is 1 until the first look is done.
CREATE TABLE listening (
    namespace TEXT   NOT NULL,
    channel   TEXT   NOT NULL,
    account   TEXT   NOT NULL,
    next      TEXT   NOT NULL,
    baseline  BIGINT NOT NULL,
    polled_at BIGINT NOT NULL,
    item_at   BIGINT NOT NULL,
    PRIMARY KEY (namespace, channel, account)
);

CREATE TABLE people (
    namespace     TEXT   NOT NULL,
    account       TEXT   NOT NULL,
    id            TEXT   NOT NULL,
    handle        TEXT   NOT NULL,
    display_name  TEXT   NOT NULL,
    url           TEXT   NOT NULL,
    created_at    BIGINT NOT NULL,
    followers     BIGINT,
    is_follower   BIGINT,
    is_member     BIGINT,
    flags         BIGINT NOT NULL,
    first_seen    BIGINT NOT NULL,
    last_seen     BIGINT NOT NULL,
    no_automation BIGINT NOT NULL,
    PRIMARY KEY (namespace, account, id)
);
CREATE INDEX people_by_handle ON people (namespace, handle);

-- changes counts what its author changed; state is New until a policy decided about it as it is now.
CREATE TABLE items (
    namespace     TEXT   NOT NULL,
    account       TEXT   NOT NULL,
    id            TEXT   NOT NULL,
    channel       TEXT   NOT NULL,
    kind          TEXT   NOT NULL,
    ref_id        TEXT   NOT NULL,
    ref_revision  TEXT   NOT NULL,
    url           TEXT   NOT NULL,
    text          TEXT   NOT NULL,
    text_key      TEXT   NOT NULL,
    language      TEXT   NOT NULL,
    author        TEXT   NOT NULL,
    handle        TEXT   NOT NULL,
    ours          BIGINT NOT NULL,
    parent        TEXT   NOT NULL,
    post          TEXT   NOT NULL,
    parent_ours   BIGINT,
    root_id       TEXT   NOT NULL,
    root_revision TEXT   NOT NULL,
    links         TEXT   NOT NULL,
    mentions      TEXT   NOT NULL,
    media         BIGINT NOT NULL,
    reports       BIGINT,
    created_at    BIGINT NOT NULL,
    seen_at       BIGINT NOT NULL,
    revision      TEXT   NOT NULL,
    gone          BIGINT NOT NULL,
    hidden        BIGINT NOT NULL,
    removed       BIGINT NOT NULL,
    state         TEXT   NOT NULL,
    changes       BIGINT NOT NULL,
    policy        TEXT   NOT NULL,
    generation    BIGINT NOT NULL,
    outcome       TEXT   NOT NULL,
    rule          TEXT   NOT NULL,
    explanation   TEXT   NOT NULL,
    decided_at    BIGINT NOT NULL,
    human         TEXT   NOT NULL,
    human_by      TEXT   NOT NULL,
    PRIMARY KEY (namespace, account, id)
);
CREATE INDEX items_new ON items (namespace, channel, seen_at) WHERE state = 'New';
CREATE INDEX items_by_author ON items (namespace, account, author, created_at);
CREATE INDEX items_by_text ON items (namespace, text_key, seen_at) WHERE text_key <> '';
CREATE INDEX items_by_post ON items (namespace, account, post, created_at) WHERE post <> '';
CREATE INDEX items_by_policy ON items (namespace, policy, decided_at);
CREATE INDEX items_by_age ON items (seen_at);
CREATE INDEX items_by_ref ON items (namespace, account, ref_id);

CREATE TABLE matches (
    namespace  TEXT   NOT NULL,
    policy     TEXT   NOT NULL,
    rule       TEXT   NOT NULL,
    account    TEXT   NOT NULL,
    item       TEXT   NOT NULL,
    outcome    TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    PRIMARY KEY (namespace, policy, rule, account, item)
);
CREATE INDEX matches_at ON matches (namespace, policy, at);

-- class is what a limit counts it as; empty: none.
CREATE TABLE actions (
    id           TEXT   NOT NULL PRIMARY KEY,
    namespace    TEXT   NOT NULL,
    policy       TEXT   NOT NULL,
    generation   BIGINT NOT NULL,
    rule         TEXT   NOT NULL,
    account      TEXT   NOT NULL,
    channel      TEXT   NOT NULL,
    item         TEXT   NOT NULL,
    author       TEXT   NOT NULL,
    kind         TEXT   NOT NULL,
    class        TEXT   NOT NULL,
    payload      TEXT   NOT NULL,
    by_whom      TEXT   NOT NULL,
    state        TEXT   NOT NULL,
    reason       TEXT   NOT NULL,
    claim        TEXT   NOT NULL,
    tries        BIGINT NOT NULL,
    next_at      BIGINT NOT NULL,
    ref_id       TEXT   NOT NULL,
    ref_revision TEXT   NOT NULL,
    url          TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    done_at      BIGINT NOT NULL
);
CREATE INDEX actions_due ON actions (next_at) WHERE state IN ('Pending', 'Doing');
CREATE INDEX actions_by_policy ON actions (namespace, policy, class, created_at);
CREATE INDEX actions_by_item ON actions (namespace, account, item);
CREATE INDEX actions_by_author ON actions (namespace, account, author, kind);
CREATE INDEX actions_by_age ON actions (created_at);
CREATE INDEX actions_by_ref ON actions (namespace, account, ref_id) WHERE ref_id <> '';

CREATE TABLE strikes (
    namespace TEXT   NOT NULL,
    policy    TEXT   NOT NULL,
    account   TEXT   NOT NULL,
    author    TEXT   NOT NULL,
    item      TEXT   NOT NULL,
    rule      TEXT   NOT NULL,
    weight    BIGINT NOT NULL,
    at        BIGINT NOT NULL,
    PRIMARY KEY (namespace, policy, account, author, item, rule)
);

CREATE TABLE labels (
    namespace TEXT   NOT NULL,
    account   TEXT   NOT NULL,
    item      TEXT   NOT NULL,
    name      TEXT   NOT NULL,
    at        BIGINT NOT NULL,
    PRIMARY KEY (namespace, account, item, name)
);

-- What waits for a person. state Waiting has no object in the cluster yet.
CREATE TABLE cases (
    namespace    TEXT   NOT NULL,
    name         TEXT   NOT NULL,
    kind         TEXT   NOT NULL,
    policy       TEXT   NOT NULL,
    rule         TEXT   NOT NULL,
    account      TEXT   NOT NULL,
    channel      TEXT   NOT NULL,
    item         TEXT   NOT NULL,
    proposed     TEXT   NOT NULL,
    explanation  TEXT   NOT NULL,
    state        TEXT   NOT NULL,
    due_at       BIGINT NOT NULL,
    assignee     TEXT   NOT NULL,
    decision     TEXT   NOT NULL,
    decided_by   TEXT   NOT NULL,
    closed_by    TEXT   NOT NULL,
    url          TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    decided_at   BIGINT NOT NULL,
    done_at      BIGINT NOT NULL,
    reminded_at  BIGINT NOT NULL,
    escalated_at BIGINT NOT NULL,
    PRIMARY KEY (namespace, name)
);
CREATE INDEX cases_by_state ON cases (namespace, policy, state);
CREATE INDEX cases_by_item ON cases (namespace, account, item);

-- The last version of each CommunityPolicy that was right, as JSON.
CREATE TABLE policies (
    namespace  TEXT   NOT NULL,
    name       TEXT   NOT NULL,
    uid        TEXT   NOT NULL,
    generation BIGINT NOT NULL,
    spec       TEXT   NOT NULL,
    lists      TEXT   NOT NULL,
    PRIMARY KEY (namespace, name)
);

-- +goose Down
DROP TABLE policies;
DROP TABLE cases;
DROP TABLE labels;
DROP TABLE strikes;
DROP TABLE actions;
DROP TABLE matches;
DROP TABLE items;
DROP TABLE people;
DROP TABLE listening;
