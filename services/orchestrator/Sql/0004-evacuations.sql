-- Hosts on which no VM is placed.
CREATE TABLE host_maintenance (
    host_id       uuid PRIMARY KEY,
    entered_at    timestamptz NOT NULL,
    requested_by  text NOT NULL,
    reason        text,
    evacuation_id uuid                    -- the evacuation it was entered for
);

-- Every evacuation of a host, from its request to its terminal event.
CREATE TABLE evacuations (
    id           uuid PRIMARY KEY,
    host_id      uuid NOT NULL,
    host_name    text NOT NULL,
    status       text NOT NULL,
    settings     jsonb NOT NULL,          -- EvacuationSettings
    trail        jsonb NOT NULL,          -- Trail
    deadline_at  timestamptz NOT NULL,
    paused_at    timestamptz,
    cancel_moves boolean NOT NULL,
    blocked      jsonb,                   -- ErrorInfo: why no move can start at the moment
    accepted_at  timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    ended_at     timestamptz              -- null until the terminal event
);
CREATE UNIQUE INDEX evacuations_open ON evacuations (host_id) WHERE ended_at IS NULL;
CREATE INDEX evacuations_by_time ON evacuations (accepted_at DESC, id DESC);

-- How each of its VMs stands.
CREATE TABLE evacuation_vms (
    evacuation_id       uuid NOT NULL,
    vm_id               uuid NOT NULL,
    position            int NOT NULL,     -- the order they were found in
    name                text NOT NULL,
    memory_mib          bigint NOT NULL,
    status              text NOT NULL,
    attempts            int NOT NULL,
    operation_id        uuid,             -- the migration on its way, or the last one
    destination_host_id uuid,
    tried               uuid[] NOT NULL,
    not_before          timestamptz,
    started_at          timestamptz,
    ended_at            timestamptz,
    error               jsonb,            -- ErrorInfo of the last attempt
    PRIMARY KEY (evacuation_id, vm_id)
);
CREATE INDEX evacuation_vms_moving ON evacuation_vms (operation_id) WHERE status = 'Moving';
