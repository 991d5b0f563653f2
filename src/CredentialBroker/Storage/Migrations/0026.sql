-- Reviews of effective identities, one per workload and fingerprint. current: this is what the workload was last seen as.
CREATE TABLE identity_reviews (
    id text PRIMARY KEY, workload text NOT NULL, fingerprint text NOT NULL, state text NOT NULL, current bigint NOT NULL, review text NOT NULL,
    facts text NOT NULL, changes text, reviewed_by text NOT NULL, reviewed_at bigint NOT NULL, decided_by text, decided_at bigint, note text);
CREATE UNIQUE INDEX identity_reviews_workload ON identity_reviews (workload, fingerprint);
CREATE INDEX identity_reviews_current ON identity_reviews (workload) WHERE current = 1;
