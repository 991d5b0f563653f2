-- One row, once somebody else proved to be an admin of everything: no bootstrap token is taken or made any more.
CREATE TABLE bootstrap_retired (id bigint PRIMARY KEY, retired_at bigint NOT NULL, retired_by text NOT NULL);
