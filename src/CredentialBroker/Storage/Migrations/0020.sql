-- Container hosts: how each one's engine stood when its node was last heard.
CREATE TABLE hosts (source text PRIMARY KEY, heard_at bigint NOT NULL, trust text NOT NULL, version text NOT NULL, reason text, exception text, until bigint);

-- Names of reports that were taken, so that one that is sent again is known.
CREATE TABLE host_reports (source text NOT NULL, id text NOT NULL, heard_at bigint NOT NULL, PRIMARY KEY (source, id));

-- Who was seen at an engine, and what they asked of it.
CREATE TABLE host_uses (
    source text NOT NULL, caller text NOT NULL, uri text NOT NULL, class text NOT NULL, request text NOT NULL, times bigint NOT NULL, first_at bigint NOT NULL, last_at bigint NOT NULL,
    PRIMARY KEY (source, caller, uri, class, request));
