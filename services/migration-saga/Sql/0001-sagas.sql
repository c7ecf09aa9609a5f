-- One row per migration, kept after its end: late messages are told from unknown ones by it.
create table sagas_migrate_vm (
    correlation_id uuid primary key,          -- the operation's id
    current_state  text,                      -- the phase, for people and queries
    data           jsonb not null,            -- MigrateVmState
    version        int not null,
    updated_at     timestamptz not null
);

create index sagas_migrate_vm_open on sagas_migrate_vm (updated_at) where current_state not in ('Completed', 'RolledBack', 'Failed');
