-- The same view, but the placement is looked up only for the rows that are returned: PostgreSQL evaluates these subqueries after the sort and the limit,
-- where a join read all placements of the fleet for a page of a hundred.
CREATE OR REPLACE VIEW vm_view AS
SELECT v.*, h.name AS host_name, h.kind AS host_kind, coalesce(h.simulated, false) AS simulated,
       greatest((SELECT p.generation FROM placements p WHERE p.vm_id = v.vm_id AND p.host_id = v.host_id), c.generation) AS generation,
       (SELECT greatest(p.observed_at, CASE WHEN p.missing_since IS NULL AND p.gone_at IS NULL THEN c.observed_at END)
        FROM placements p WHERE p.vm_id = v.vm_id AND p.host_id = v.host_id) AS observed_at,
       c.last_seen_at AS host_last_seen_at,
       (c.last_seen_at IS NULL OR c.last_seen_at < now() - make_interval(secs => 3 * coalesce(h.heartbeat_seconds, 10))
        OR h.reachability IS DISTINCT FROM 'Online') AS stale,
       'host-agent'::text AS source
FROM vms v
LEFT JOIN hosts h USING (host_id)
LEFT JOIN host_contacts c USING (host_id);

-- For keyset paging by these columns with the id as the last key.
CREATE INDEX vms_by_state_id ON vms (state, vm_id) WHERE deleted_at IS NULL;
CREATE INDEX vms_by_vcpus ON vms (vcpus, vm_id) WHERE deleted_at IS NULL;
