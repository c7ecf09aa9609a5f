-- Inbox: one row per message a transactional endpoint has worked on. A message id seen before on the same queue is not worked on again.
create table inbox (
    queue       text        not null,
    message_id  uuid        not null,
    received_at timestamptz not null default now(),
    primary key (queue, message_id)
);
-- Only the pruning reads by age, and rows arrive in that order: a BRIN index costs next to nothing per insert.
create index inbox_received_at on inbox using brin (received_at) with (pages_per_range = 32, autosummarize = on);

-- Outbox: messages that became true with the transaction that wrote them. The relay deletes a row once the broker has confirmed it.
-- A row with due_at is a timer: it is not sent before.
create table outbox (
    id         bigint generated always as identity primary key,
    message_id uuid        not null,
    key        uuid        not null,
    queue      text,                     -- null: publish to all who subscribe; otherwise send to this queue
    type       text        not null,     -- the contract's full type name
    body       json        not null,     -- json, not jsonb: the text is kept as written and costs no conversion
    headers    json,
    due_at     timestamptz,
    token      uuid unique,
    created_at timestamptz not null default now()
);
create index outbox_due on outbox (due_at) where due_at is not null;
-- Keeps the relay from reading past thousands of waiting timers.
create index outbox_ready on outbox (id) where due_at is null;

-- Outbox rows that could not be sent after many tries, with the reason. A person looks at them, mends the cause and moves them back.
create table outbox_parked (
    id         bigint      primary key,
    message_id uuid        not null,
    key        uuid        not null,
    queue      text,
    type       text        not null,
    body       json        not null,
    headers    json,
    due_at     timestamptz,
    token      uuid,
    created_at timestamptz not null,
    reason     text        not null,
    parked_at  timestamptz not null default now()
);

-- Both tables turn over completely many times an hour: vacuum by count, not by share of the table.
alter table outbox set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
