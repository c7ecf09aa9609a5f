-- The event store, in the first schema of the search path. Safe to run again.
-- The tables are Marten 9's own, column for column: a Marten of that version reads them. Nothing of ours is added to them, because a Marten
-- that is allowed to change schemas would drop it. Read models and look-ups live in tables of their own.

CREATE TABLE IF NOT EXISTS mt_streams (
    id          uuid        NOT NULL,
    type        varchar,
    version     bigint,
    timestamp   timestamptz DEFAULT now() NOT NULL,
    created     timestamptz DEFAULT now() NOT NULL,
    tenant_id   varchar     DEFAULT '*DEFAULT*',
    is_archived boolean     DEFAULT false,
    CONSTRAINT pkey_mt_streams_id PRIMARY KEY (id)
);

CREATE TABLE IF NOT EXISTS mt_events (
    seq_id         bigint       NOT NULL,
    id             uuid         NOT NULL,
    stream_id      uuid,
    version        bigint       NOT NULL,
    data           jsonb        NOT NULL,
    bdata          bytea,
    type           varchar(500) NOT NULL,
    timestamp      timestamptz  NOT NULL,
    tenant_id      varchar      DEFAULT '*DEFAULT*',
    mt_dotnet_type varchar,
    correlation_id varchar,
    causation_id   varchar,
    headers        jsonb,
    is_archived    boolean      DEFAULT false,
    CONSTRAINT pkey_mt_events_seq_id PRIMARY KEY (seq_id),
    CONSTRAINT fkey_mt_events_stream_id FOREIGN KEY (stream_id) REFERENCES mt_streams (id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX IF NOT EXISTS pk_mt_events_stream_and_version ON mt_events (stream_id, version);

CREATE SEQUENCE IF NOT EXISTS mt_events_sequence OWNED BY mt_events.seq_id;

CREATE TABLE IF NOT EXISTS mt_event_progression (
    name         varchar     NOT NULL,
    last_seq_id  bigint,
    last_updated timestamptz DEFAULT transaction_timestamp(),
    CONSTRAINT pk_mt_event_progression PRIMARY KEY (name)
);

-- The channel that is notified when a transaction with appended events has committed.
CREATE OR REPLACE FUNCTION hv_events_channel() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT 'hv_events_' || 'mt_events'::regclass::oid::text
$$;

-- Takes the commit-order lock of this event store until the transaction ends: while it is held, nobody else appends. The key is the table
-- itself, so every search path that leads to the same table leads to the same lock.
CREATE OR REPLACE FUNCTION hv_lock_appends() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'events are appended in READ COMMITTED transactions only: any other has taken its snapshot before the lock'
            USING ERRCODE = 'ES001';
    END IF;
    PERFORM pg_advisory_xact_lock(1752593765, 'mt_events'::regclass::oid::bigint::bit(32)::int);
END
$$;

-- Appends one event to one stream: what hv_append_events does, for the commonest call, at a third of its cost. A conflict is always SQLSTATE ES409.
CREATE OR REPLACE FUNCTION hv_append_event(
    p_stream uuid, p_stream_type text, p_expected bigint, p_id uuid, p_type text, p_dotnet_type text, p_data jsonb,
    p_timestamp timestamptz, p_correlation_id text, p_causation_id text, p_headers jsonb,
    OUT version bigint, OUT seq bigint, OUT appended_at timestamptz)
LANGUAGE plpgsql
SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
    v_current bigint;
BEGIN
    PERFORM hv_lock_appends();
    appended_at := clock_timestamp();

    SELECT s.version INTO v_current FROM mt_streams s WHERE s.id = p_stream;
    IF p_expected <> coalesce(v_current, 0) THEN
        RAISE EXCEPTION 'stream % is at version %, expected %', p_stream, coalesce(v_current, 0), p_expected USING ERRCODE = 'ES409';
    END IF;

    version := coalesce(v_current, 0) + 1;
    IF v_current IS NULL THEN
        INSERT INTO mt_streams (id, type, version, timestamp, created, tenant_id, is_archived)
        VALUES (p_stream, p_stream_type, 1, appended_at, appended_at, '*DEFAULT*', false);
    ELSE
        UPDATE mt_streams s SET version = hv_append_event.version, timestamp = appended_at WHERE s.id = p_stream;
    END IF;

    seq := nextval('mt_events_sequence');
    INSERT INTO mt_events (seq_id, id, stream_id, version, data, type, timestamp, tenant_id, mt_dotnet_type,
                           correlation_id, causation_id, headers, is_archived)
    VALUES (seq, p_id, p_stream, hv_append_event.version, p_data, p_type, coalesce(p_timestamp, appended_at), '*DEFAULT*', p_dotnet_type,
            p_correlation_id, p_causation_id, p_headers, false);

    PERFORM pg_notify(hv_events_channel(), '');
END
$$;

-- Appends events to streams in one call.
--   p_skip_conflicts  true: an append whose expected version does not match is left out and reported; false: SQLSTATE ES409, nothing happens.
--   one element per append:  p_streams, p_stream_types, p_expected (NULL = any, 0 = must not exist), p_counts,
--                            p_previous (position of the append before it in this call to the same stream, 0 if none), p_is_last (of its stream)
--   one element per event:   p_event_append (position of its append), p_event_offset (1, 2, ... within its append), and the columns.
--                            An array of columns that is NULL stands for all NULL; a timestamp that is NULL is the server's clock.
-- Result: the streams' versions after the call, which appends were accepted (NULL: all), the first and the last seq_id given out, the server's clock.
--
-- The order of the steps is what makes a reader safe: first the lock, so that sequence order is commit order; then the versions, read after
-- the lock by a fresh snapshot; and nextval last, because it is not transactional and a refused append shall not burn a number.
-- The planner settings: a plan cached while the tables were small would scan mt_streams for every event (the foreign key's check as well).
CREATE OR REPLACE FUNCTION hv_append_events(
    p_skip_conflicts boolean,
    p_streams uuid[], p_stream_types text[], p_expected bigint[], p_counts int[], p_previous int[], p_is_last boolean[],
    p_event_append int[], p_event_offset int[], p_ids uuid[], p_types text[], p_dotnet_types text[], p_data jsonb[],
    p_timestamps timestamptz[], p_correlation_ids text[], p_causation_ids text[], p_headers jsonb[],
    OUT versions bigint[], OUT accepted boolean[], OUT first_seq bigint, OUT last_seq bigint, OUT appended_at timestamptz)
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_base bigint[];
    v_current bigint[];
    v_conflict boolean;
    v_first_event int := 1;
    v_event int := 1;
BEGIN
    PERFORM hv_lock_appends();
    appended_at := clock_timestamp();

    SELECT array_agg(coalesce(s.version, 0) ORDER BY a.i),
           bool_or(a.expected <> coalesce(s.version, 0)),
           array_agg(coalesce(s.version, 0) + a.count ORDER BY a.i)
      INTO v_base, v_conflict, versions
      FROM unnest(p_streams, p_expected, p_counts) WITH ORDINALITY AS a(id, expected, count, i)
      LEFT JOIN mt_streams s ON s.id = a.id;

    IF v_conflict OR p_previous IS NOT NULL THEN
        v_current := v_base;
        v_first_event := NULL;
        accepted := '{}';
        FOR i IN 1..cardinality(p_streams) LOOP
            IF p_previous[i] > 0 THEN
                v_base[i] := versions[p_previous[i]];
            END IF;
            accepted[i] := p_expected[i] IS NULL OR p_expected[i] = v_base[i];
            IF accepted[i] THEN
                versions[i] := v_base[i] + p_counts[i];
                IF v_first_event IS NULL AND p_counts[i] > 0 THEN
                    v_first_event := v_event;
                END IF;
            ELSIF p_skip_conflicts THEN
                versions[i] := v_base[i];
            ELSE
                RAISE EXCEPTION 'stream % is at version %, expected %', p_streams[i], v_base[i], p_expected[i] USING ERRCODE = 'ES409';
            END IF;
            v_event := v_event + p_counts[i];
        END LOOP;
    END IF;
    IF v_first_event IS NULL OR p_ids = '{}' THEN
        RETURN;
    END IF;

    INSERT INTO mt_streams AS s (id, type, version, timestamp, created, tenant_id, is_archived)
    SELECT a.id, a.type, versions[a.i], appended_at, appended_at, '*DEFAULT*', false
      FROM unnest(p_streams, p_stream_types, p_counts, p_is_last) WITH ORDINALITY AS a(id, type, count, is_last, i)
     WHERE (v_current IS NULL AND a.count > 0) OR (a.is_last IS NOT FALSE AND versions[a.i] > v_current[a.i])
    ON CONFLICT (id) DO UPDATE SET version = excluded.version, timestamp = excluded.timestamp, type = coalesce(s.type, excluded.type);

    first_seq := nextval('mt_events_sequence');
    INSERT INTO mt_events (seq_id, id, stream_id, version, data, type, timestamp, tenant_id, mt_dotnet_type,
                           correlation_id, causation_id, headers, is_archived)
    SELECT CASE WHEN e.i = v_first_event THEN first_seq ELSE nextval('mt_events_sequence') END,
           e.id, p_streams[e.append], v_base[e.append] + e.offset, e.data, e.type, coalesce(e.timestamp, appended_at), '*DEFAULT*', e.dotnet_type,
           e.correlation_id, e.causation_id, e.headers, false
      FROM unnest(p_event_append, p_event_offset, p_ids, p_types, p_dotnet_types, p_data, p_timestamps, p_correlation_ids, p_causation_ids, p_headers)
           WITH ORDINALITY AS e(append, "offset", id, type, dotnet_type, data, timestamp, correlation_id, causation_id, headers, i)
     WHERE accepted IS NULL OR accepted[e.append];
    last_seq := currval('mt_events_sequence');

    PERFORM pg_notify(hv_events_channel(), '');
END
$$;
