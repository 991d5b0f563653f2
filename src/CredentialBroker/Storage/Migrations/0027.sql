-- What a source saw of the thing that was approved, and the need for it.
ALTER TABLE approvals ADD COLUMN circumstances text;
