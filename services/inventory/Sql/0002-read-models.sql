-- The inventory's read models. docs/howto/read-models.md is their published contract: change both together.
-- Everything but the columns marked "volatile" there is a fold of the events and is the same after a rebuild.

CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public;

CREATE TABLE hosts (
    host_id                   uuid PRIMARY KEY,
    version                   bigint NOT NULL,
    name                      text NOT NULL,
    kind                      text NOT NULL,
    simulated                 boolean NOT NULL GENERATED ALWAYS AS (kind = 'Simulated') STORED,
    agent_version             text NOT NULL,
    heartbeat_seconds         double precision NOT NULL,
    hypervisor                text NOT NULL,
    cpu_model                 text NOT NULL,
    cpu_count                 integer NOT NULL,
    memory_mib                bigint NOT NULL,
    facets                    text[] NOT NULL,
    migration_uri             text,
    max_concurrent_migrations integer,
    capabilities              jsonb NOT NULL,
    reachability              text NOT NULL,
    reachability_since        timestamptz NOT NULL,
    error                     jsonb,
    joined_at                 timestamptz NOT NULL,
    changed_at                timestamptz NOT NULL
);
CREATE INDEX hosts_by_name ON hosts (name, host_id);

-- What the agents said last, without a history: written by every heartbeat and report.
CREATE TABLE host_contacts (
    host_id            uuid PRIMARY KEY,
    last_seen_at       timestamptz NOT NULL,
    heartbeat_sent_at  timestamptz,
    stopped_at         timestamptz,
    agent_started_at   timestamptz,
    memory_free_mib    bigint,
    generation         bigint NOT NULL DEFAULT 0,
    observed_at        timestamptz,
    report_outcome     text,
    report_error       jsonb,
    report_vms         integer,
    report_received_at timestamptz,
    evidence_at        timestamptz
) WITH (fillfactor = 70);

CREATE TABLE vms (
    vm_id                         uuid PRIMARY KEY,
    version                       bigint NOT NULL,
    name                          text NOT NULL,
    state                         text NOT NULL,
    state_reason                  text,
    host_id                       uuid NOT NULL,
    vcpus                         integer NOT NULL,
    memory_mib                    bigint NOT NULL,
    disks                         jsonb NOT NULL,
    nics                          jsonb NOT NULL,
    persistent                    boolean NOT NULL,
    duplicate_running             boolean NOT NULL,
    missing_since                 timestamptz,
    deleted_at                    timestamptz,
    operation_id                  uuid,
    operation_kind                text,
    migration_id                  uuid,
    migration_source_host_id      uuid,
    migration_destination_host_id uuid,
    migration_phase               text,
    migration_ended_at            timestamptz,
    discovered_at                 timestamptz NOT NULL,
    changed_at                    timestamptz NOT NULL,
    search                        text NOT NULL
) WITH (fillfactor = 85);
CREATE INDEX vms_by_name ON vms (name, vm_id) WHERE deleted_at IS NULL;
CREATE INDEX vms_by_host ON vms (host_id, name, vm_id) WHERE deleted_at IS NULL;
CREATE INDEX vms_by_state ON vms (state, name, vm_id) WHERE deleted_at IS NULL;
CREATE INDEX vms_by_memory ON vms (memory_mib, vm_id) WHERE deleted_at IS NULL;
CREATE INDEX vms_by_missing ON vms (missing_since) WHERE missing_since IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX vms_by_search ON vms USING gin (search public.gin_trgm_ops);

-- Where each VM was seen. A row with gone_at is a tombstone: it keeps the generation, so that a late, older observation stays dropped.
CREATE TABLE placements (
    vm_id         uuid NOT NULL,
    host_id       uuid NOT NULL,
    state         text NOT NULL,
    info          jsonb NOT NULL,
    cause         text,
    generation    bigint NOT NULL,
    observed_at   timestamptz NOT NULL,
    first_seen_at timestamptz NOT NULL,
    missing_since timestamptz,
    gone_at       timestamptz,
    PRIMARY KEY (vm_id, host_id)
) WITH (fillfactor = 85);
CREATE INDEX placements_by_host ON placements (host_id);

-- Each VM's row as it was in [valid_from, valid_to): the whole fleet as of any moment.
CREATE TABLE vm_versions (
    vm_id             uuid NOT NULL,
    valid_from        timestamptz NOT NULL,
    valid_to          timestamptz NOT NULL DEFAULT 'infinity',
    version           bigint NOT NULL,
    name              text NOT NULL,
    state             text NOT NULL,
    host_id           uuid NOT NULL,
    vcpus             integer NOT NULL,
    memory_mib        bigint NOT NULL,
    duplicate_running boolean NOT NULL,
    missing_since     timestamptz,
    deleted_at        timestamptz,
    migration_id      uuid,
    PRIMARY KEY (vm_id, valid_from)
);
CREATE UNIQUE INDEX vm_versions_current ON vm_versions (vm_id) WHERE valid_to = 'infinity';
CREATE INDEX vm_versions_by_time ON vm_versions (valid_to, valid_from);

CREATE TABLE operations (
    operation_id        uuid PRIMARY KEY,
    version             bigint NOT NULL,
    kind                text NOT NULL,
    status              text NOT NULL,
    vm_id               uuid NOT NULL,
    host_id             uuid,
    destination_host_id uuid,
    epoch               bigint,
    phase               text,
    phases              jsonb NOT NULL,
    progress            jsonb,
    progress_at         timestamptz,
    policy              jsonb,
    error               jsonb,
    unanswered_host_ids uuid[] NOT NULL,
    trail               jsonb,
    requested_by        text,
    idempotency_key     text,
    recorded_at         timestamptz NOT NULL,
    started_at          timestamptz,
    ended_at            timestamptz,
    changed_at          timestamptz NOT NULL,
    phase_at            timestamptz,
    total_ms            bigint,
    downtime_ms         bigint,
    transferred_bytes   bigint
) WITH (fillfactor = 70);
CREATE INDEX operations_by_time ON operations (recorded_at, operation_id);
CREATE INDEX operations_by_vm ON operations (vm_id, recorded_at, operation_id);
CREATE INDEX operations_open ON operations (recorded_at, operation_id) WHERE ended_at IS NULL;

-- Hosts as a reader wants them: with what the agent said last and a status that turns stale by itself.
CREATE VIEW host_view AS
SELECT h.*, c.last_seen_at, c.agent_started_at, c.memory_free_mib, c.generation, c.observed_at,
       c.report_outcome, c.report_error, c.report_vms, c.report_received_at,
       CASE WHEN h.reachability = 'AgentStopped' THEN 'AgentStopped'
            WHEN c.last_seen_at IS NULL OR c.last_seen_at < now() - make_interval(secs => 3 * h.heartbeat_seconds) THEN 'AgentSilent'
            ELSE h.reachability END AS status,
       n.vm_count, n.running_vm_count, n.assigned_memory_mib, n.running_memory_mib,
       'host-agent'::text AS source
FROM hosts h
LEFT JOIN host_contacts c USING (host_id)
CROSS JOIN LATERAL (
    SELECT count(*)::integer AS vm_count,
           (count(*) FILTER (WHERE v.state = 'Running'))::integer AS running_vm_count,
           coalesce(sum(v.memory_mib), 0)::bigint AS assigned_memory_mib,
           coalesce(sum(v.memory_mib) FILTER (WHERE v.state IN ('Running', 'Paused')), 0)::bigint AS running_memory_mib
    FROM vms v WHERE v.host_id = h.host_id AND v.deleted_at IS NULL) n;

-- VMs as a reader wants them: with their host's name and how fresh the facts are. Deleted ones are included: filter on deleted_at.
CREATE VIEW vm_view AS
SELECT v.*, h.name AS host_name, h.kind AS host_kind, coalesce(h.simulated, false) AS simulated,
       greatest(p.generation, c.generation) AS generation,
       greatest(p.observed_at, CASE WHEN p.missing_since IS NULL AND p.gone_at IS NULL THEN c.observed_at END) AS observed_at,
       c.last_seen_at AS host_last_seen_at,
       (c.last_seen_at IS NULL OR c.last_seen_at < now() - make_interval(secs => 3 * coalesce(h.heartbeat_seconds, 10))
        OR h.reachability IS DISTINCT FROM 'Online') AS stale,
       'host-agent'::text AS source
FROM vms v
LEFT JOIN hosts h USING (host_id)
LEFT JOIN host_contacts c USING (host_id)
LEFT JOIN placements p ON p.vm_id = v.vm_id AND p.host_id = v.host_id;

CREATE VIEW placement_view AS
SELECT p.vm_id, p.host_id, p.state, p.info, p.cause, greatest(p.generation, coalesce(c.generation, 0)) AS generation,
       greatest(p.observed_at, CASE WHEN p.missing_since IS NULL THEN c.observed_at END) AS observed_at,
       p.first_seen_at, p.missing_since, 'host-agent'::text AS source
FROM placements p
LEFT JOIN host_contacts c USING (host_id)
WHERE p.gone_at IS NULL;

CREATE VIEW migrations AS SELECT * FROM operations WHERE kind = 'MigrateVm';

-- The fleet as it was at t, without the VMs deleted by then.
CREATE FUNCTION fleet_as_of(t timestamptz) RETURNS SETOF vm_versions LANGUAGE sql STABLE AS
-- With the schema's name: readers come with other search paths, and a SET of the path would keep the body from being inlined.
$$ SELECT * FROM inventory.vm_versions WHERE valid_to > t AND valid_from <= t AND deleted_at IS NULL $$;
