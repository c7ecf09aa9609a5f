-- Exports and imports: how far they are, and what they came to.
ALTER TABLE operations
    ADD COLUMN progress jsonb,  -- PackageProgress
    ADD COLUMN result   jsonb;  -- PackageResult
