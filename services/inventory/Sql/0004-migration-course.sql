-- What is expected of a migration, what is not known of it, and what it leaves behind. All of it is a fold of the events.
ALTER TABLE operations
    ADD COLUMN forecast       jsonb,
    ADD COLUMN in_doubt_since timestamptz,
    ADD COLUMN unknown        text,
    ADD COLUMN resolution     jsonb,
    ADD COLUMN left_on_source text[] NOT NULL DEFAULT '{}';

CREATE OR REPLACE VIEW migrations AS SELECT * FROM operations WHERE kind = 'MigrateVm';
