-- One row per export and per import, kept after its end like a migration's. What they were told is in migration_inputs, too.
create table sagas_export_vm (
    correlation_id uuid primary key,          -- the operation's id
    current_state  text,                      -- the phase
    data           jsonb not null,            -- ExportVmState
    version        int not null,
    updated_at     timestamptz not null
);
create index sagas_export_vm_open on sagas_export_vm (updated_at) where current_state not in ('Completed', 'RolledBack', 'Failed');
create index sagas_export_vm_ended on sagas_export_vm (updated_at) where current_state in ('Completed', 'RolledBack', 'Failed', 'Requested');

create table sagas_import_vm (
    correlation_id uuid primary key,
    current_state  text,
    data           jsonb not null,            -- ImportVmState
    version        int not null,
    updated_at     timestamptz not null
);
create index sagas_import_vm_open on sagas_import_vm (updated_at) where current_state not in ('Completed', 'RolledBack', 'Failed');
create index sagas_import_vm_ended on sagas_import_vm (updated_at) where current_state in ('Completed', 'RolledBack', 'Failed', 'Requested');
