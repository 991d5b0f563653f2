-- Times are UTC milliseconds. One text for both stores: types are the two that both know.

CREATE TABLE broker (id bigint PRIMARY KEY, broker_id text NOT NULL, created_at bigint NOT NULL);

-- One row per process start: the writer's last batch (to resolve a lost commit) and its heartbeat.
CREATE TABLE journal_writers (writer text PRIMARY KEY, batch bigint NOT NULL, seen_at bigint NOT NULL);

CREATE TABLE control_epoch (id bigint PRIMARY KEY, epoch bigint NOT NULL);
INSERT INTO control_epoch (id, epoch) VALUES (1, 1);

CREATE TABLE freezes (
    id text PRIMARY KEY, selector text NOT NULL, reason text NOT NULL, set_by text NOT NULL, set_at bigint NOT NULL,
    expires_at bigint, lifted_by text, lifted_at bigint);

CREATE TABLE holds (
    id text PRIMARY KEY, selector text NOT NULL, reason text NOT NULL, set_by text NOT NULL, set_at bigint NOT NULL,
    expires_at bigint NOT NULL, lifted_by text, lifted_at bigint);

CREATE TABLE signing_keys (
    kid text PRIMARY KEY, issuer text NOT NULL, wrapped text NOT NULL, made_at bigint NOT NULL, signs_from bigint NOT NULL,
    retires_at bigint);

CREATE TABLE operator_tokens (
    hash text PRIMARY KEY, name text NOT NULL, roles text NOT NULL, made_at bigint NOT NULL, expires_at bigint NOT NULL);

CREATE TABLE templates (
    name text PRIMARY KEY, revision text NOT NULL, source text NOT NULL, activated_by text NOT NULL, activated_at bigint NOT NULL);

-- Every revision that was ever activated, so that a folder import brings each content once.
CREATE TABLE template_revisions (revision text PRIMARY KEY, name text NOT NULL, activated_at bigint NOT NULL);

-- One row per running instance; leases point here, so that they stay narrow.
CREATE TABLE workloads (
    id text PRIMARY KEY, source text NOT NULL, kind text NOT NULL, uri text NOT NULL, subject text NOT NULL, instance text NOT NULL,
    cluster text, namespace text, service_account text, pod text, node text, strength bigint NOT NULL, attributes text NOT NULL,
    seen_at bigint NOT NULL);

CREATE TABLE evidence_uses (id text PRIMARY KEY, expires_at bigint NOT NULL);

CREATE TABLE approvals (
    id text PRIMARY KEY, source text NOT NULL, reference text NOT NULL, state bigint NOT NULL, environment text NOT NULL,
    templates text NOT NULL, workload_uri text NOT NULL, instance text, nonce text, binding bigint NOT NULL, facts text NOT NULL,
    task text, tier text NOT NULL, intent text, requester text, approvers text NOT NULL, received_at bigint NOT NULL,
    not_before bigint, claim_by bigint NOT NULL, valid_until bigint NOT NULL, max_uses bigint NOT NULL, uses bigint NOT NULL);
CREATE UNIQUE INDEX approvals_reference ON approvals (source, reference);
CREATE INDEX approvals_workload ON approvals (workload_uri, valid_until);
CREATE INDEX approvals_instance ON approvals (workload_uri, instance) WHERE instance IS NOT NULL;
CREATE INDEX approvals_task ON approvals (task);

CREATE TABLE approval_uses (approval_id text NOT NULL, instance text NOT NULL, used_at bigint NOT NULL, PRIMARY KEY (approval_id, instance));

-- Replay keys of approval events.
CREATE TABLE approval_events (source text NOT NULL, event_id text NOT NULL, expires_at bigint NOT NULL, PRIMARY KEY (source, event_id));

-- Tombstones: an end that arrives before or during issuing is not lost.
CREATE TABLE ended_tasks (task text PRIMARY KEY, ended_at bigint NOT NULL, ended_by text NOT NULL);

-- Idempotency keys of granted claims.
CREATE TABLE claims (key text PRIMARY KEY, body_hash text NOT NULL, lease_id text NOT NULL, claimed_at bigint NOT NULL);

CREATE TABLE leases (
    id text PRIMARY KEY, state bigint NOT NULL, template text NOT NULL, template_revision text NOT NULL, backend text NOT NULL,
    target text NOT NULL, environment text NOT NULL, workload_id text NOT NULL, task text NOT NULL, approval_id text NOT NULL,
    decision_id text NOT NULL, created_at bigint NOT NULL, ends_at bigint NOT NULL, ends_because text NOT NULL,
    max_ends_at bigint NOT NULL, dies_by bigint NOT NULL, handle text NOT NULL, fingerprint text, revocability bigint NOT NULL,
    op_id text, op_settles_at bigint, due_at bigint, claim_owner text, attempts bigint NOT NULL, last_error text, cause text,
    ended_at bigint);
CREATE INDEX leases_due ON leases (target, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX leases_task ON leases (task);
CREATE INDEX leases_approval ON leases (approval_id);
CREATE INDEX leases_workload ON leases (workload_id, template);

-- Ended leases leave the hot table; nothing about them changes any more.
CREATE TABLE ended_leases (
    id text PRIMARY KEY, state bigint NOT NULL, template text NOT NULL, template_revision text NOT NULL, backend text NOT NULL,
    target text NOT NULL, environment text NOT NULL, workload_id text NOT NULL, task text NOT NULL, approval_id text NOT NULL,
    decision_id text NOT NULL, created_at bigint NOT NULL, ends_at bigint NOT NULL, ends_because text NOT NULL,
    max_ends_at bigint NOT NULL, dies_by bigint NOT NULL, handle text NOT NULL, fingerprint text, revocability bigint NOT NULL,
    op_id text, op_settles_at bigint, due_at bigint, claim_owner text, attempts bigint NOT NULL, last_error text, cause text,
    ended_at bigint);
CREATE INDEX ended_leases_ended ON ended_leases (ended_at);

-- Insert-only. A chain is one process start; its record 0 names the chain before it.
CREATE TABLE audit (
    chain bigint NOT NULL, seq bigint NOT NULL, id text NOT NULL, type text NOT NULL, stream text NOT NULL, lease text,
    at bigint NOT NULL, hash text NOT NULL, body text NOT NULL, PRIMARY KEY (chain, seq));
CREATE INDEX audit_at ON audit (at);
CREATE INDEX audit_lease ON audit (lease) WHERE lease IS NOT NULL;
