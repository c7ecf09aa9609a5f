-- Limits of migrations per host: both hosts of a reservation, and its share of their bandwidth.
ALTER TABLE reservations ADD COLUMN source_host_id uuid, ADD COLUMN bandwidth_mibps int;
CREATE INDEX reservations_by_source ON reservations (source_host_id);

-- Migrations that were put off because a limit is reached, until they get their room or end. The oldest goes first.
CREATE TABLE reservation_waits (
    operation_id   uuid PRIMARY KEY,
    turned_away_by uuid[] NOT NULL,      -- the hosts that have put it off so far; all zeros for the platform's own limit
    reason         text NOT NULL,
    accepted_at    timestamptz NOT NULL,
    first_asked_at timestamptz NOT NULL,
    asked_at       timestamptz NOT NULL
);

ALTER TABLE operations
    ADD COLUMN figures               jsonb,  -- MigrationFigures of the terminal message
    ADD COLUMN doubt                 jsonb,  -- MigrationDoubt, while it is in doubt
    ADD COLUMN resolution            jsonb,  -- OperatorResolution, once someone asked for one
    ADD COLUMN granted_bandwidth_mibps int;
