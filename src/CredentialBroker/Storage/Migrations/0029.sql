-- How many leases were given in a time, by what they are counted for. Few templates count.
CREATE TABLE velocity (counted text NOT NULL, slot bigint NOT NULL, given bigint NOT NULL, over_at bigint NOT NULL, PRIMARY KEY (counted, slot));
CREATE INDEX velocity_over ON velocity (over_at);

CREATE INDEX undecided_claims_lease ON undecided_claims (lease_id) WHERE lease_id IS NOT NULL;

CREATE INDEX approvals_image ON approvals (image_digest) WHERE image_digest IS NOT NULL;

-- What the authors of templates signed, by the hash of the text.
CREATE TABLE template_signatures (revision text PRIMARY KEY, signature text NOT NULL);
