-- What using a canary's credential showed: when it was first refused after its lease's end, and when it last was honoured too late.
ALTER TABLE lease_marks ADD COLUMN dead_at bigint;
ALTER TABLE lease_marks ADD COLUMN alive_at bigint;

-- When something that one replica does for all is next to be done.
CREATE TABLE rounds (name text PRIMARY KEY, due_at bigint NOT NULL);

-- What is not as it should be, at a target or about a template or source. One that is not seen any more is resolved.
CREATE TABLE findings (
    id text PRIMARY KEY, kind text NOT NULL, subject text NOT NULL, detail text NOT NULL, found_at bigint NOT NULL, resolved_at bigint);
CREATE UNIQUE INDEX findings_open ON findings (subject, kind, detail) WHERE resolved_at IS NULL;
CREATE INDEX findings_resolved ON findings (resolved_at) WHERE resolved_at IS NOT NULL;
