-- A nonce is one pod's: who else carries it is asked at every admission.
CREATE INDEX approvals_nonce ON approvals (source, nonce) WHERE nonce IS NOT NULL;

-- Of all replicas one watches a cluster; one that falls silent is relieved.
CREATE TABLE cluster_watches (cluster text PRIMARY KEY, owner text NOT NULL, owner_until bigint NOT NULL);
