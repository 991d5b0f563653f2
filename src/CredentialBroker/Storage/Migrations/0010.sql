-- Leases whose ending failed: few, and none on the issuing path, since a lease begins with no attempts.
CREATE INDEX leases_failing ON leases (attempts, ends_at) WHERE attempts > 0;
