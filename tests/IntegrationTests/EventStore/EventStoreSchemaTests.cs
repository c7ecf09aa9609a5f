using HvPlatform.Events;
using Xunit;

namespace HvPlatform.IntegrationTests.Events;

public sealed class EventStoreSchemaTests : EventStoreTest
{
    /// <summary>As Marten 9.29 creates them, with schema names left out.</summary>
    const string MartenColumns = """
        mt_event_progression.name character varying NOT NULL
        mt_event_progression.last_seq_id bigint
        mt_event_progression.last_updated timestamp with time zone DEFAULT transaction_timestamp()
        mt_events.seq_id bigint NOT NULL
        mt_events.id uuid NOT NULL
        mt_events.stream_id uuid
        mt_events.version bigint NOT NULL
        mt_events.data jsonb NOT NULL
        mt_events.bdata bytea
        mt_events.type character varying(500) NOT NULL
        mt_events.timestamp timestamp with time zone NOT NULL
        mt_events.tenant_id character varying DEFAULT '*DEFAULT*'::character varying
        mt_events.mt_dotnet_type character varying
        mt_events.correlation_id character varying
        mt_events.causation_id character varying
        mt_events.headers jsonb
        mt_events.is_archived boolean DEFAULT false
        mt_streams.id uuid NOT NULL
        mt_streams.type character varying
        mt_streams.version bigint
        mt_streams.timestamp timestamp with time zone NOT NULL DEFAULT now()
        mt_streams.created timestamp with time zone NOT NULL DEFAULT now()
        mt_streams.tenant_id character varying DEFAULT '*DEFAULT*'::character varying
        mt_streams.is_archived boolean DEFAULT false
        """;

    const string MartenConstraintsAndIndexes = """
        fkey_mt_events_stream_id: FOREIGN KEY (stream_id) REFERENCES mt_streams(id) ON DELETE CASCADE
        pk_mt_event_progression: PRIMARY KEY (name)
        pk_mt_event_progression: UNIQUE INDEX ON mt_event_progression (name)
        pk_mt_events_stream_and_version: UNIQUE INDEX ON mt_events (stream_id, version)
        pkey_mt_events_seq_id: PRIMARY KEY (seq_id)
        pkey_mt_events_seq_id: UNIQUE INDEX ON mt_events (seq_id)
        pkey_mt_streams_id: PRIMARY KEY (id)
        pkey_mt_streams_id: UNIQUE INDEX ON mt_streams (id)
        """;

    [Fact]
    public async Task Tables_have_exactly_Martens_columns()
    {
        var columns = await LinesAsync("""
            SELECT table_name || '.' || column_name || ' ' || data_type || coalesce('(' || character_maximum_length || ')', '')
                || CASE is_nullable WHEN 'NO' THEN ' NOT NULL' ELSE '' END || coalesce(' DEFAULT ' || column_default, '')
            FROM information_schema.columns WHERE table_schema = 'inventory' ORDER BY table_name, ordinal_position
            """);
        Assert.Equal(MartenColumns.Split('\n'), columns);
    }

    [Fact]
    public async Task Tables_have_exactly_Martens_constraints_and_indexes()
    {
        var found = await LinesAsync("""
            SELECT conname || ': ' || pg_get_constraintdef(oid) AS line FROM pg_constraint WHERE connamespace = 'inventory'::regnamespace
            UNION ALL
            SELECT indexname || ': ' || replace(regexp_replace(indexdef, 'CREATE (UNIQUE )?INDEX [a-z_]+ ON inventory\.', '\1INDEX ON '), 'USING btree ', '')
            FROM pg_indexes WHERE schemaname = 'inventory' ORDER BY line
            """);
        Assert.Equal(MartenConstraintsAndIndexes.Split('\n').Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Sequence_belongs_to_seq_id() =>
        Assert.Equal("inventory.mt_events_sequence", await ScalarAsync<string>("SELECT pg_get_serial_sequence('inventory.mt_events', 'seq_id')"));

    [Fact]
    public async Task Applying_the_schema_again_keeps_the_events()
    {
        var stream = Guid.NewGuid();
        await Store.AppendAsync(Append(stream, 0, new Note("before")));
        await EventStoreSchema.ApplyAsync(Source);
        await Store.AppendAsync(Append(stream, 1, new Note("after")));
        Assert.Equal(["before", "after"], (await ReadAsync(stream)).Select(e => ((Note)e.Data).Text));
    }

    [Fact]
    public async Task Stored_rows_are_what_Marten_expects_to_read()
    {
        var stream = Guid.NewGuid();
        await Store.AppendAsync(Append(stream, 0, new VmDiscovered("web-01", 4)));
        Assert.Equal(
            """1|vm_discovered|HvPlatform.IntegrationTests.Events.VmDiscovered, HvPlatform.IntegrationTests|{"name": "web-01", "vCpus": 4}|*DEFAULT*|false|true|true""",
            await ScalarAsync<string>("""
                SELECT concat_ws('|', version, type, mt_dotnet_type, data, tenant_id, is_archived::text, (bdata IS NULL)::text, (headers IS NULL)::text) FROM mt_events
                """));
        Assert.Equal($"{stream}|vm|1|*DEFAULT*|false", await ScalarAsync<string>("SELECT concat_ws('|', id, type, version, tenant_id, is_archived::text) FROM mt_streams"));
    }
}
