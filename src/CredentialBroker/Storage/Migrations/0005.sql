-- What was bent, by whom, until when. kind: 1 exception, 2 risk acceptance, 3 break-glass. state: 1 requested,
-- 2 approved, 3 refused, 4 ended. Times are UTC milliseconds, lengths milliseconds.
CREATE TABLE exceptions (
    id text PRIMARY KEY, kind bigint NOT NULL, state bigint NOT NULL, name text NOT NULL, templates text NOT NULL, selector text,
    terms text, owners text NOT NULL, reason text NOT NULL, ticket text NOT NULL, requested_by text NOT NULL,
    requested_at bigint NOT NULL, length bigint NOT NULL, approved_by text, approved_at bigint, starts_at bigint, ends_at bigint,
    ended_by text, ended_at bigint, reviewed_by text, reviewed_at bigint, review text, flagged_at bigint, approval_id text);
CREATE INDEX exceptions_standing ON exceptions (ends_at) WHERE state = 2;
CREATE INDEX exceptions_unreviewed ON exceptions (requested_at) WHERE kind = 3 AND reviewed_at IS NULL;

-- What is special about a lease, so that the leases themselves stay narrow.
CREATE TABLE lease_marks (lease_id text PRIMARY KEY, exception_id text, not_equivalent bigint NOT NULL);
CREATE INDEX lease_marks_exception ON lease_marks (exception_id) WHERE exception_id IS NOT NULL;

-- Template texts that wait for a second person.
CREATE TABLE template_candidates (
    name text NOT NULL, revision text NOT NULL, source text NOT NULL, author text NOT NULL, proposed_at bigint NOT NULL,
    PRIMARY KEY (name, revision));
ALTER TABLE templates ADD COLUMN author text;
