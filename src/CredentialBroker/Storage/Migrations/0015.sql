-- Sessions of AWS roles that may be alive: one row per lease, written before the session is made, kept until it is dead by itself.
-- A row is denied once the lease ended before; the documents at IAM are rendered from these rows and from nothing else.
CREATE TABLE aws_sessions (
    role text NOT NULL,
    lease text NOT NULL,
    target text NOT NULL,
    issued_at bigint NOT NULL,
    dies_by bigint NOT NULL,
    denied_at bigint,
    PRIMARY KEY (role, lease)
);
CREATE INDEX aws_sessions_dying ON aws_sessions (dies_by);

-- What the document of a role has to say, and up to where IAM is known to hold it. One replica writes at a time.
CREATE TABLE aws_documents (
    role text PRIMARY KEY,
    target text NOT NULL,
    version bigint NOT NULL,
    confirmed bigint NOT NULL,
    cut_off bigint,
    cut_off_until bigint,
    writer text,
    writes_until bigint
);
