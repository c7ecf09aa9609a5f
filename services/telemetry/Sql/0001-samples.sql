-- Figures over time. docs/howto/figures.md is the published contract of the functions and of migration_points; the tables of samples are our own.
--
-- One row per host and moment, the VMs' figures in arrays side by side: a fleet of 1,000 hosts and 25,000 VMs is 200 rows a second, not 5,000.
-- Who wants a VM's figures asks vm_hosts where it was and reads those hosts' rows. There is no unique key: a sample that came twice changes no mean.

CREATE TABLE samples (
    host_id          uuid NOT NULL,
    at               timestamptz NOT NULL,
    cpu              real,
    memory_used_mib  bigint,
    memory_total_mib bigint,
    running_vms      integer NOT NULL,
    vm_ids           uuid[] NOT NULL,
    vm_cpu           real[] NOT NULL,
    vm_memory_mib    integer[] NOT NULL,
    vm_disk_read     real[] NOT NULL,
    vm_disk_write    real[] NOT NULL,
    vm_net_received  real[] NOT NULL,
    vm_net_sent      real[] NOT NULL
) PARTITION BY RANGE (at);
CREATE INDEX samples_by_host ON samples (host_id, at);

-- Means of one minute, and of a quarter of an hour; at is the beginning.
CREATE TABLE samples_1m (LIKE samples) PARTITION BY RANGE (at);
CREATE INDEX samples_1m_by_host ON samples_1m (host_id, at);
CREATE TABLE samples_15m (LIKE samples) PARTITION BY RANGE (at);
CREATE INDEX samples_15m_by_host ON samples_15m (host_id, at);

-- The course of transfers.
CREATE TABLE migration_points (
    operation_id           uuid NOT NULL,
    at                     timestamptz NOT NULL,
    vm_id                  uuid NOT NULL,
    host_id                uuid NOT NULL,
    round                  integer NOT NULL,
    transferred_bytes      bigint NOT NULL,
    remaining_bytes        bigint NOT NULL,
    total_bytes            bigint NOT NULL,
    bytes_per_second       bigint,
    dirty_bytes_per_second bigint,
    eta_low_ms             bigint,
    eta_high_ms            bigint,
    percent                double precision NOT NULL
) PARTITION BY RANGE (at);
CREATE INDEX migration_points_by_operation ON migration_points (operation_id, at);

-- On which hosts a VM was sampled, and from when to when. last_at is up to ten minutes late.
CREATE TABLE vm_hosts (
    vm_id    uuid NOT NULL,
    host_id  uuid NOT NULL,
    first_at timestamptz NOT NULL,
    last_at  timestamptz NOT NULL,
    PRIMARY KEY (vm_id, host_id)
) WITH (fillfactor = 70);

-- What is kept in which table. kept_from: older partitions are dropped; what is older is read from the next, coarser table. rolled_to: up to there its means
-- are in the coarser table.
CREATE TABLE series (
    name      text PRIMARY KEY,
    bucket    interval,
    coarser   text,
    kept_from timestamptz NOT NULL DEFAULT '-infinity',
    rolled_to timestamptz
);
INSERT INTO series (name, bucket, coarser) VALUES
    ('samples', NULL, 'samples_1m'), ('samples_1m', '1 minute', 'samples_15m'), ('samples_15m', '15 minutes', NULL), ('migration_points', NULL, NULL);

-- Makes the partitions for now and what comes next, and drops those that are over. A little back too: a host's clock may be behind.
CREATE FUNCTION keep_partitions(parent text, width interval, keep interval, now timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    origin CONSTANT timestamptz := '2000-01-01 00:00:00+00';
    lower_bound timestamptz;
    part_name text;
    part record;
BEGIN
    FOR lower_bound IN SELECT generate_series(date_bin(width, now - interval '2 minutes', origin), now + width, width) LOOP
        part_name := parent || '_' || to_char(lower_bound AT TIME ZONE 'UTC', 'YYYYMMDD_HH24MI');
        IF to_regclass('telemetry.' || part_name) IS NULL THEN
            EXECUTE format('CREATE TABLE telemetry.%I PARTITION OF telemetry.%I FOR VALUES FROM (%L) TO (%L)', part_name, parent, lower_bound, lower_bound + width);
        END IF;
    END LOOP;
    FOR part IN
        SELECT c.relname, (to_timestamp(right(c.relname, 13), 'YYYYMMDD_HH24MI')::timestamp AT TIME ZONE 'UTC') + width AS upper_bound
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = format('telemetry.%I', parent)::regclass
        ORDER BY 2
    LOOP
        EXIT WHEN part.upper_bound > now - keep;
        EXECUTE format('DROP TABLE telemetry.%I', part.relname);
        UPDATE telemetry.series SET kept_from = part.upper_bound WHERE name = parent;
    END LOOP;
END $$;

-- Adds the means of everything in source up to until (not included) to the coarser table. The caller sees to it that one does it at a time.
CREATE FUNCTION roll_up(source text, until timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    origin CONSTANT timestamptz := '2000-01-01 00:00:00+00';
    target text;
    width interval;
    since timestamptz;
BEGIN
    SELECT s.coarser, t.bucket, s.rolled_to INTO target, width, since FROM telemetry.series s JOIN telemetry.series t ON t.name = s.coarser WHERE s.name = source;
    until := date_bin(width, until, origin);
    IF since IS NULL THEN
        EXECUTE format('SELECT date_bin(%L, min(at), %L) FROM telemetry.%I', width, origin, source) INTO since;
    END IF;
    IF since IS NULL OR since >= until THEN
        RETURN;
    END IF;
    EXECUTE format($q$
        INSERT INTO telemetry.%1$I
        SELECT h.host_id, h.bucket, h.cpu, h.memory_used_mib, h.memory_total_mib, h.running_vms,
               coalesce(v.ids, '{}'), coalesce(v.cpu, '{}'), coalesce(v.memory, '{}'), coalesce(v.disk_read, '{}'), coalesce(v.disk_write, '{}'),
               coalesce(v.net_received, '{}'), coalesce(v.net_sent, '{}')
        FROM (SELECT host_id, date_bin(%3$L, at, %4$L) AS bucket, avg(cpu) AS cpu, avg(memory_used_mib)::bigint AS memory_used_mib,
                     max(memory_total_mib) AS memory_total_mib, round(avg(running_vms))::integer AS running_vms
              FROM telemetry.%2$I WHERE at >= $1 AND at < $2 GROUP BY 1, 2) h
        LEFT JOIN (
            SELECT host_id, bucket, array_agg(id) AS ids, array_agg(cpu) AS cpu, array_agg(memory) AS memory, array_agg(disk_read) AS disk_read,
                   array_agg(disk_write) AS disk_write, array_agg(net_received) AS net_received, array_agg(net_sent) AS net_sent
            FROM (SELECT s.host_id, date_bin(%3$L, s.at, %4$L) AS bucket, u.id, avg(u.cpu)::real AS cpu, avg(u.memory)::integer AS memory, avg(u.disk_read)::real AS disk_read,
                         avg(u.disk_write)::real AS disk_write, avg(u.net_received)::real AS net_received, avg(u.net_sent)::real AS net_sent
                  FROM telemetry.%2$I s
                  CROSS JOIN LATERAL unnest(s.vm_ids, s.vm_cpu, s.vm_memory_mib, s.vm_disk_read, s.vm_disk_write, s.vm_net_received, s.vm_net_sent)
                      AS u(id, cpu, memory, disk_read, disk_write, net_received, net_sent)
                  WHERE s.at >= $1 AND s.at < $2 GROUP BY 1, 2, 3) one
            GROUP BY 1, 2) v USING (host_id, bucket)
        $q$, target, source, width, origin) USING since, until;
    UPDATE telemetry.series SET rolled_to = until WHERE name = source;
END $$;

-- Every row of some hosts between two instants, each instant from the finest table that still has it.
CREATE FUNCTION samples_between(hosts uuid[], from_at timestamptz, to_at timestamptz) RETURNS SETOF samples LANGUAGE plpgsql STABLE AS $$
DECLARE
    fine timestamptz := (SELECT kept_from FROM telemetry.series WHERE name = 'samples');
    middle timestamptz := (SELECT kept_from FROM telemetry.series WHERE name = 'samples_1m');
BEGIN
    RETURN QUERY SELECT * FROM telemetry.samples s WHERE s.host_id = ANY (hosts) AND s.at >= greatest(from_at, fine) AND s.at < to_at;
    IF from_at < fine THEN
        RETURN QUERY SELECT * FROM telemetry.samples_1m s WHERE s.host_id = ANY (hosts) AND s.at >= greatest(from_at, middle) AND s.at < least(to_at, fine);
    END IF;
    IF from_at < middle THEN
        RETURN QUERY SELECT * FROM telemetry.samples_15m s WHERE s.host_id = ANY (hosts) AND s.at >= from_at AND s.at < least(to_at, middle);
    END IF;
END $$;

-- A VM's figures: means of each step, which begins at at. A step without a sample has no row.
CREATE FUNCTION vm_points(vm uuid, from_at timestamptz, to_at timestamptz, step interval)
RETURNS TABLE (at timestamptz, cpu_percent double precision, memory_used_mib bigint, disk_read_bytes_per_second bigint, disk_write_bytes_per_second bigint,
               net_received_bytes_per_second bigint, net_sent_bytes_per_second bigint) LANGUAGE sql STABLE AS $$
    SELECT date_bin(step, s.at, '2000-01-01 00:00:00+00'), avg(s.vm_cpu[i]), avg(s.vm_memory_mib[i])::bigint, avg(s.vm_disk_read[i])::bigint, avg(s.vm_disk_write[i])::bigint,
           avg(s.vm_net_received[i])::bigint, avg(s.vm_net_sent[i])::bigint
    FROM telemetry.samples_between(
             ARRAY(SELECT v.host_id FROM telemetry.vm_hosts v WHERE v.vm_id = vm AND v.first_at < to_at AND v.last_at >= from_at - interval '20 minutes'), from_at, to_at) s
    CROSS JOIN LATERAL array_position(s.vm_ids, vm) i
    WHERE i IS NOT NULL GROUP BY 1 ORDER BY 1
$$;

-- A host's figures, likewise.
CREATE FUNCTION host_points(host uuid, from_at timestamptz, to_at timestamptz, step interval)
RETURNS TABLE (at timestamptz, cpu_percent double precision, memory_used_mib bigint, memory_total_mib bigint, running_vms integer) LANGUAGE sql STABLE AS $$
    SELECT date_bin(step, s.at, '2000-01-01 00:00:00+00'), avg(s.cpu), avg(s.memory_used_mib)::bigint, max(s.memory_total_mib), round(avg(s.running_vms))::integer
    FROM telemetry.samples_between(ARRAY[host], from_at, to_at) s GROUP BY 1 ORDER BY 1
$$;
