-- The tree over all audit records: one row says how far it goes, and every change of it is guarded by that row.
-- size: records in the tree. signed: size of the newest checkpoint. absent: records dropped from the front.
CREATE TABLE audit_tree (
    id bigint PRIMARY KEY, size bigint NOT NULL, signed bigint NOT NULL, absent bigint NOT NULL, sealer text, sealer_until bigint NOT NULL);
INSERT INTO audit_tree (id, size, signed, absent, sealer, sealer_until) VALUES (1, 0, 0, 0, NULL, 0);

-- How much of each chain is in the tree, and where it stood when its first records were dropped.
CREATE TABLE audit_chains (chain bigint PRIMARY KEY, sealed bigint NOT NULL, absent_seq bigint, absent_hash text);

-- Order of the leaves: a stretch of one chain that begins at this position.
CREATE TABLE audit_runs (position bigint PRIMARY KEY, chain bigint NOT NULL, seq bigint NOT NULL, records bigint NOT NULL);
CREATE UNIQUE INDEX audit_runs_chain ON audit_runs (chain, seq);

-- Hashes of the tree, 256 to a row: level 0 are leaves, level n the roots of full rows of the level below. Base64.
CREATE TABLE audit_tiles (level bigint NOT NULL, number bigint NOT NULL, hashes text NOT NULL, PRIMARY KEY (level, number));

CREATE TABLE audit_checkpoints (size bigint PRIMARY KEY, at bigint NOT NULL, note text NOT NULL);

-- How far each export has come, and which replica is at it.
CREATE TABLE audit_exports (name text PRIMARY KEY, position bigint NOT NULL, owner text, owner_until bigint NOT NULL);

-- Retention looks for what is old by these. Each grows at its right edge only.
CREATE INDEX claims_claimed ON claims (claimed_at);
CREATE INDEX ended_tasks_ended ON ended_tasks (ended_at);
