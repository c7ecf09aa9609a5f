create table sagas_bench (
    correlation_id uuid primary key,
    current_state  text,
    data           jsonb not null,
    version        int not null,
    updated_at     timestamptz not null
);
