-- Bulk revocations. The walk over the leases stands at cursor; it is moved in the commit that ends what it passed.
CREATE TABLE incidents (
    id text PRIMARY KEY, request_key text NOT NULL, body_hash text NOT NULL, selector text NOT NULL, reason text NOT NULL, asked_by text NOT NULL,
    asked_at bigint NOT NULL, state text NOT NULL, previewed bigint NOT NULL, confirmed_by text, confirmed_at bigint, freeze_id text,
    cursor text NOT NULL, taken bigint NOT NULL, cancelled_by text, finished_at bigint);
CREATE UNIQUE INDEX incidents_request ON incidents (asked_by, request_key);
CREATE INDEX incidents_open ON incidents (asked_at) WHERE finished_at IS NULL;

CREATE TABLE incident_leases (incident_id text NOT NULL, lease_id text NOT NULL, PRIMARY KEY (incident_id, lease_id));
