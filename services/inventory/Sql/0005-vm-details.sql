-- What hosts know of VMs beyond what every hypervisor knows: a fold of the events, and searchable.
ALTER TABLE vms ADD COLUMN details jsonb;
CREATE INDEX vms_by_guest_os ON vms USING gin (lower(details #>> '{guest,operatingSystem}') public.gin_trgm_ops) WHERE details IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX vms_by_hardware ON vms ((details #>> '{hardware,generation}'), (details #>> '{security,secureBoot}'), name, vm_id) WHERE details IS NOT NULL AND deleted_at IS NULL;

-- What changes with every look: the newest value only, without events. A rebuild leaves it alone.
CREATE TABLE vm_figures (
    vm_id       uuid NOT NULL,
    host_id     uuid NOT NULL,
    generation  bigint NOT NULL,
    observed_at timestamptz NOT NULL,
    figures     jsonb NOT NULL,
    PRIMARY KEY (vm_id, host_id)
) WITH (fillfactor = 50);

-- The same view with both; made anew, since a view of v.* cannot get a column in its midst.
DROP VIEW vm_view;
CREATE VIEW vm_view AS
SELECT v.*, h.name AS host_name, h.kind AS host_kind, coalesce(h.simulated, false) AS simulated,
       greatest((SELECT p.generation FROM placements p WHERE p.vm_id = v.vm_id AND p.host_id = v.host_id), c.generation) AS generation,
       (SELECT greatest(p.observed_at, CASE WHEN p.missing_since IS NULL AND p.gone_at IS NULL THEN c.observed_at END)
        FROM placements p WHERE p.vm_id = v.vm_id AND p.host_id = v.host_id) AS observed_at,
       c.last_seen_at AS host_last_seen_at,
       (c.last_seen_at IS NULL OR c.last_seen_at < now() - make_interval(secs => 3 * coalesce(h.heartbeat_seconds, 10))
        OR h.reachability IS DISTINCT FROM 'Online') AS stale,
       'host-agent'::text AS source,
       (SELECT f.figures FROM vm_figures f WHERE f.vm_id = v.vm_id AND f.host_id = v.host_id) AS figures
FROM vms v
LEFT JOIN hosts h USING (host_id)
LEFT JOIN host_contacts c USING (host_id);
