-- What a source states about the image that runs, as JSON: reference, verdict, issuer, subject.
ALTER TABLE approvals ADD COLUMN image text;

-- Webhooks that only say "look": what they are about, until the source's own state was read and acted on.
CREATE TABLE approval_prompts (
    id text PRIMARY KEY, source text NOT NULL, about text NOT NULL, prompt text NOT NULL, received_at bigint NOT NULL,
    due_at bigint NOT NULL, attempts bigint NOT NULL, last_error text);
CREATE INDEX approval_prompts_due ON approval_prompts (due_at);
CREATE INDEX approval_prompts_about ON approval_prompts (source, about);
