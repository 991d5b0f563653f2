-- Which approval a record tells about, where it tells about an approval and no lease: few, and none on the issuing path.
ALTER TABLE audit ADD COLUMN approval text;
CREATE INDEX audit_approval ON audit (approval, at) WHERE approval IS NOT NULL;

-- Of records that are there already: their bodies begin {"id":"26 characters","time":13 digits,"type":"…","stream":"control","approval":"26 characters".
UPDATE audit SET approval = substr(body, 98 + length(type), 26)
    WHERE lease IS NULL AND stream = 'control' AND substr(body, 86 + length(type), 12) = '"approval":"';
