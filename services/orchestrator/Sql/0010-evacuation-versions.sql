-- How evacuations and their VMs stood: a row per change, valid until the next one.
CREATE TABLE evacuation_versions (
    evacuation_id uuid NOT NULL,
    at            timestamptz NOT NULL,
    status        text NOT NULL,
    deadline_at   timestamptz NOT NULL,
    paused_at     timestamptz,
    cancel_moves  boolean NOT NULL,
    blocked       jsonb,
    ended_at      timestamptz,
    PRIMARY KEY (evacuation_id, at)
);

CREATE TABLE evacuation_vm_versions (
    evacuation_id       uuid NOT NULL,
    vm_id               uuid NOT NULL,
    at                  timestamptz NOT NULL,
    position            int NOT NULL,
    name                text NOT NULL,
    memory_mib          bigint NOT NULL,
    status              text NOT NULL,
    attempts            int NOT NULL,
    operation_id        uuid,
    destination_host_id uuid,
    tried               uuid[] NOT NULL,
    not_before          timestamptz,
    started_at          timestamptz,
    ended_at            timestamptz,
    error               jsonb,
    PRIMARY KEY (evacuation_id, vm_id, at)
);

-- Of those that are there, only how they stand since their last change is known.
INSERT INTO evacuation_versions SELECT id, updated_at, status, deadline_at, paused_at, cancel_moves, blocked, ended_at FROM evacuations;
INSERT INTO evacuation_vm_versions
SELECT v.evacuation_id, v.vm_id, e.updated_at, v.position, v.name, v.memory_mib, v.status, v.attempts, v.operation_id, v.destination_host_id, v.tried, v.not_before, v.started_at, v.ended_at, v.error
FROM evacuation_vms v JOIN evacuations e ON e.id = v.evacuation_id;

-- For what ended lately.
CREATE INDEX operations_by_end ON operations (finished_at) WHERE finished_at IS NOT NULL;
