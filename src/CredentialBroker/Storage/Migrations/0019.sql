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
