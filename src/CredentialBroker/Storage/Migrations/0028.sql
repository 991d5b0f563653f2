-- Claims that could not be decided when they were made: deferred ones, and those answered from quarantine.
CREATE TABLE undecided_claims (
    claim_key text PRIMARY KEY, id text NOT NULL, kind bigint NOT NULL, workload_id text NOT NULL, template text NOT NULL, ask text NOT NULL,
    approval_id text NOT NULL, lease_id text, begun_at bigint NOT NULL, until bigint NOT NULL, next_at bigint NOT NULL, rechecks bigint NOT NULL,
    outcome text, over_at bigint);
CREATE INDEX undecided_claims_next ON undecided_claims (next_at) WHERE outcome IS NULL;
