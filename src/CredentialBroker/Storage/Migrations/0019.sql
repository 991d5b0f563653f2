-- What responders select leases by, beside what the rows held already. What was issued before has none of it.
ALTER TABLE leases ADD COLUMN key_id text;
ALTER TABLE leases ADD COLUMN agents text;
ALTER TABLE ended_leases ADD COLUMN key_id text;
ALTER TABLE ended_leases ADD COLUMN agents text;
ALTER TABLE workloads ADD COLUMN container text;
ALTER TABLE workloads ADD COLUMN issuer text;
ALTER TABLE approvals ADD COLUMN image_digest text;
ALTER TABLE template_revisions ADD COLUMN tier text;
ALTER TABLE template_revisions ADD COLUMN owner text;

-- Selectors under a name, for people to use again.
CREATE TABLE saved_selectors (name text PRIMARY KEY, selector text NOT NULL, note text NOT NULL, owner text NOT NULL, changed_at bigint NOT NULL);

-- What targets' own logs say was done with credentials. A log's record is taken once.
CREATE TABLE credential_uses (
    log text NOT NULL, record text NOT NULL, lease_id text NOT NULL, at bigint NOT NULL, action text NOT NULL, address text,
    allowed bigint NOT NULL, after_end bigint NOT NULL, heard_at bigint NOT NULL, PRIMARY KEY (log, record));
CREATE INDEX credential_uses_lease ON credential_uses (lease_id, at);

ALTER TABLE incidents ADD COLUMN cancelled_at bigint;

-- What a revocation took and is not over yet is what its progress is counted from.
ALTER TABLE incident_leases ADD COLUMN over bigint NOT NULL DEFAULT 0;
CREATE INDEX incident_leases_open ON incident_leases (incident_id) WHERE over = 0;
