-- Every request the orchestrator accepted. A migration's id is its operation's id.
CREATE TABLE operations (
    id                  uuid PRIMARY KEY,
    kind                text NOT NULL,
    vm_id               uuid NOT NULL,
    vm_name             text NOT NULL,
    host_id             uuid NOT NULL,
    destination_host_id uuid,
    epoch               bigint NOT NULL,
    status              text NOT NULL,
    requested_by        text NOT NULL,
    reason              text,
    idempotency_key     text,
    request             jsonb,              -- VmSpec of a definition, MigrationPolicy of a migration
    phase               text,               -- migrations only
    phase_at            timestamptz,        -- when the saga entered it
    cancel_requested_at timestamptz,
    error               jsonb,              -- ErrorInfo
    accepted_at         timestamptz NOT NULL,
    updated_at          timestamptz NOT NULL,
    finished_at         timestamptz,        -- null until the terminal event
    sends               int NOT NULL DEFAULT 1
);
CREATE INDEX operations_by_time ON operations (accepted_at DESC, id DESC);
CREATE INDEX operations_by_vm ON operations (vm_id, accepted_at DESC, id DESC);
CREATE INDEX operations_open ON operations (accepted_at DESC, id DESC) WHERE finished_at IS NULL;

-- One operation per VM at a time. The row is inserted by the accepting transaction and deleted by the terminal one.
CREATE TABLE vm_locks (
    vm_id        uuid PRIMARY KEY,
    operation_id uuid NOT NULL UNIQUE,
    locked_at    timestamptz NOT NULL
);

-- The fencing token: the last ownership epoch granted for each VM. Never shrinks, never deleted.
CREATE TABLE vm_epochs (
    vm_id uuid PRIMARY KEY,
    epoch bigint NOT NULL
);

-- What the last terminal message said about a VM, so that the next request is judged by it even if the inventory has not seen it yet.
CREATE TABLE vm_facts (
    vm_id   uuid PRIMARY KEY,
    name    text NOT NULL,
    host_id uuid NOT NULL,
    state   text NOT NULL,
    deleted boolean NOT NULL,
    at      timestamptz NOT NULL
);

-- Answers to requests that carried an Idempotency-Key, kept 24 hours.
CREATE TABLE idempotency_keys (
    caller       text NOT NULL,
    key          text NOT NULL,
    request_hash bytea NOT NULL,
    operation_id uuid,
    response     jsonb,
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (caller, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- Memory set aside on a migration's destination until the migration's terminal event.
CREATE TABLE reservations (
    operation_id uuid PRIMARY KEY,
    host_id      uuid NOT NULL,
    vm_id        uuid NOT NULL,
    memory_mib   bigint NOT NULL,
    vcpus        int NOT NULL,
    reserved_at  timestamptz NOT NULL
);
CREATE INDEX reservations_by_host ON reservations (host_id);
