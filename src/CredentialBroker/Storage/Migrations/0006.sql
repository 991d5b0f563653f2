-- Blocks of places in the status lists, each taken by one replica once.
CREATE TABLE status_blocks (block bigint PRIMARY KEY, taken text NOT NULL, taken_at bigint NOT NULL);
CREATE INDEX status_blocks_taken ON status_blocks (taken);

-- The certificate of each key of the certificate authority, in base64: it was signed once, and is the same everywhere.
CREATE TABLE authority_certificates (kid text PRIMARY KEY, certificate text NOT NULL, made_at bigint NOT NULL);

-- The number of the newest revocation list that any replica began to make.
CREATE TABLE list_numbers (list text PRIMARY KEY, number bigint NOT NULL);
INSERT INTO list_numbers (list, number) VALUES ('crl', 0);

-- Leases that ended before their credentials' own expiry: few, and all that the published lists are made from.
CREATE INDEX leases_early ON leases (backend, dies_by) WHERE ends_at < dies_by;
CREATE INDEX ended_leases_early ON ended_leases (backend, dies_by) WHERE ends_at < dies_by;
