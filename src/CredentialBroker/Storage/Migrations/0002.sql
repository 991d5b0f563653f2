-- Keys by purpose. A retired key loses its private half and keeps its public one.
ALTER TABLE signing_keys RENAME COLUMN issuer TO purpose;
ALTER TABLE signing_keys ADD COLUMN public_key text;
