-- What each migration's saga was told and when, in the order of its decisions: the same messages give the same decisions again (./hv replay).
-- Written in the transaction of the decision; deleted with the migration's saga row, when it has been over for Hv:MigrationRetentionDays.
create table migration_inputs (
    operation_id uuid        not null,
    seq          int         not null,
    at           timestamptz not null,    -- the instant the decision was made with
    type         text        not null,    -- the contract's name
    body         json        not null,    -- json, not jsonb: the text is kept as written and costs no conversion
    phase        text        not null,    -- after the decision
    digest       text        not null,    -- of the decision: phase and effects
    version      int         not null,    -- of the rules that decided
    timings      json,                    -- how patient the saga was; on the first row
    primary key (operation_id, seq)
);

-- Ended migrations by age, for the pruning; also cancels whose migration never began.
create index sagas_migrate_vm_ended on sagas_migrate_vm (updated_at) where current_state in ('Completed', 'RolledBack', 'Failed', 'Requested');
