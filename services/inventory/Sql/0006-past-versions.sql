-- Each host's and each operation's row as it was in [valid_from, valid_to), like vm_versions: what the past looked like, by the inventory's clock.
-- docs/howto/read-models.md describes them. A rebuild makes them anew from the events.

ALTER TABLE hosts ADD COLUMN maintenance jsonb; -- {"since","requestedBy","reason"} while no VM is placed on it

CREATE TABLE host_versions (
    host_id                   uuid NOT NULL,
    valid_from                timestamptz NOT NULL,
    valid_to                  timestamptz NOT NULL DEFAULT 'infinity',
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
    maintenance               jsonb,
    PRIMARY KEY (host_id, valid_from)
);
CREATE UNIQUE INDEX host_versions_current ON host_versions (host_id) WHERE valid_to = 'infinity';
CREATE INDEX host_versions_by_time ON host_versions (valid_to, valid_from);

-- Only what changes in the course of an operation, and what it is found by; the rest of its row never changes.
CREATE TABLE operation_versions (
    operation_id        uuid NOT NULL,
    valid_from          timestamptz NOT NULL,
    valid_to            timestamptz NOT NULL DEFAULT 'infinity',
    version             bigint NOT NULL,
    kind                text NOT NULL,
    status              text NOT NULL,
    vm_id               uuid NOT NULL,
    recorded_at         timestamptz NOT NULL,
    ended_at            timestamptz,
    phase               text,
    phases              jsonb NOT NULL,
    error               jsonb,
    unanswered_host_ids uuid[] NOT NULL,
    in_doubt_since      timestamptz,
    unknown             text,
    forecast            jsonb,
    resolution          jsonb,
    total_ms            bigint,
    downtime_ms         bigint,
    transferred_bytes   bigint,
    left_on_source      text[] NOT NULL,
    PRIMARY KEY (operation_id, valid_from)
);
CREATE UNIQUE INDEX operation_versions_current ON operation_versions (operation_id) WHERE valid_to = 'infinity';
CREATE INDEX operation_versions_by_time ON operation_versions (valid_to, valid_from);

-- What is known of the present is known since its last change; a rebuild adds the time before.
INSERT INTO host_versions (host_id, valid_from, version, name, kind, agent_version, heartbeat_seconds, hypervisor, cpu_model, cpu_count, memory_mib, facets, migration_uri,
                           max_concurrent_migrations, capabilities, reachability, reachability_since, error, joined_at, maintenance)
SELECT host_id, changed_at, version, name, kind, agent_version, heartbeat_seconds, hypervisor, cpu_model, cpu_count, memory_mib, facets, migration_uri,
       max_concurrent_migrations, capabilities, reachability, reachability_since, error, joined_at, maintenance FROM hosts;
INSERT INTO operation_versions (operation_id, valid_from, version, kind, status, vm_id, recorded_at, ended_at, phase, phases, error, unanswered_host_ids, in_doubt_since, unknown,
                                forecast, resolution, total_ms, downtime_ms, transferred_bytes, left_on_source)
SELECT operation_id, changed_at, version, kind, status, vm_id, recorded_at, ended_at, phase, phases, error, unanswered_host_ids, in_doubt_since, unknown,
       forecast, resolution, total_ms, downtime_ms, transferred_bytes, left_on_source FROM operations;

-- For what changed between two instants.
CREATE INDEX vm_versions_by_begin ON vm_versions (valid_from);

CREATE FUNCTION hosts_as_of(t timestamptz) RETURNS SETOF host_versions LANGUAGE sql STABLE AS
$$ SELECT * FROM inventory.host_versions WHERE valid_to > t AND valid_from <= t $$;
CREATE FUNCTION operations_as_of(t timestamptz) RETURNS SETOF operation_versions LANGUAGE sql STABLE AS
$$ SELECT * FROM inventory.operation_versions WHERE valid_to > t AND valid_from <= t $$;

-- A host's status by itself, for readers that count hosts: host_view also counts each host's VMs.
CREATE VIEW host_status AS
SELECT h.host_id,
       CASE WHEN h.reachability = 'AgentStopped' THEN 'AgentStopped'
            WHEN c.last_seen_at IS NULL OR c.last_seen_at < now() - make_interval(secs => 3 * h.heartbeat_seconds) THEN 'AgentSilent'
            ELSE h.reachability END AS status
FROM hosts h LEFT JOIN host_contacts c USING (host_id);
