-- Signals from outside, each taken once, with what was done about it: a JSON list of texts.
CREATE TABLE alarms (
    id text PRIMARY KEY, source text NOT NULL, event_id text NOT NULL, type text NOT NULL, about text, detail text, happened_at bigint,
    received_at bigint NOT NULL, leases bigint NOT NULL, acts text NOT NULL);
CREATE UNIQUE INDEX alarms_event ON alarms (source, event_id);

-- Credentials that somebody found where they must not be. The secret itself is never kept.
CREATE TABLE exposures (
    id text PRIMARY KEY, how text NOT NULL, about text, found_in text, reason text NOT NULL, reported_by text NOT NULL, reported_at bigint NOT NULL,
    known bigint NOT NULL, leases bigint NOT NULL, incident_id text, dead_at bigint, flagged_at bigint);
CREATE INDEX exposures_open ON exposures (reported_at) WHERE dead_at IS NULL;

-- Leases to be judged again as if they were claimed now, and why; a row goes when that was done.
CREATE TABLE rechecks (lease_id text PRIMARY KEY, because text NOT NULL, at bigint NOT NULL);
CREATE INDEX rechecks_at ON rechecks (at);
