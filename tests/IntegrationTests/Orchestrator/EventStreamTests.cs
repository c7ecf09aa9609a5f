using HvPlatform.Contracts;
using HvPlatform.Contracts.History;
using HvPlatform.Events;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.IntegrationTests.Orchestrator;

/// <summary>The history as server-sent events, on an event store that tests append to.</summary>
public sealed class EventStreamTests : IAsyncLifetime
{
    readonly OrchestratorFixture fixture = new();

    public ValueTask InitializeAsync() => fixture.StartAsync(new() { ["EventHeartbeat"] = "00:00:00.3" });

    public ValueTask DisposeAsync() => fixture.DisposeAsync();

    async Task<long> AppendAsync(VmId vm, int count, HostId? host = null)
    {
        var result = await fixture.Inventory.Events.AppendAsync(new StreamAppend
        {
            StreamId = vm.Value,
            StreamType = "vm",
            Events = [.. Enumerable.Range(1, count).Select(i => new NewEvent(new VmMarkedMissing { VmId = vm, HostId = host ?? fixture.Alpha, Generation = i, ObservedAt = TimeProvider.System.GetUtcNow(), Cause = "test" }))],
        });
        return result.LastSeq;
    }

    static VmId NewVm() => new(Guid.NewGuid());

    async Task<List<long>> StoredAsync() => [.. (await fixture.Inventory.Events.ReadAllAsync(0, 100_000)).Select(e => e.Seq)];

    [Fact]
    public async Task A_client_that_drops_and_resumes_gets_every_event_once_in_commit_order()
    {
        const int Writers = 4, Each = 60;
        var client = new SseClient(fixture.Http, "/v1/events");
        await client.ReadAsync(c => c.LastEventId is not null);

        var writing = Task.WhenAll(Enumerable.Range(0, Writers).Select(async _ =>
        {
            for (var i = 0; i < Each; i++)
            {
                await AppendAsync(NewVm(), 1);
            }
        }));
        for (var wanted = 7; client.Received.Count < Writers * Each; wanted += 23)
        {
            var enough = Math.Min(wanted, Writers * Each);
            await client.ReadAsync(c => c.Received.Count >= enough);
        }

        await writing;
        Assert.Equal(await StoredAsync(), client.Received.Select(e => e.Id));
    }

    [Fact]
    public async Task Without_a_position_a_stream_begins_with_what_happens_next()
    {
        await AppendAsync(NewVm(), 5);
        var vm = NewVm();
        var client = new SseClient(fixture.Http, "/v1/events");

        var reading = client.ReadAsync(c => c.Received.Count == 2);
        await Eventually.Until(() => client.LastEventId is not null, "the stream is open");
        await AppendAsync(vm, 2);
        await reading;

        Assert.All(client.Received, e => Assert.Equal(vm.Value, e.Data.GetProperty("streamId").GetGuid()));
        var (id, type, data) = client.Received[1];
        Assert.Equal(("vm_marked_missing", id, 2L), (type, data.GetProperty("seq").GetInt64(), data.GetProperty("version").GetInt64()));
        Assert.Equal(2, data.GetProperty("data").GetProperty("generation").GetInt32());
        Assert.Equal(TimeSpan.Zero, data.GetProperty("at").GetDateTimeOffset().Offset);
    }

    [Fact]
    public async Task A_client_far_behind_reads_everything_and_then_follows()
    {
        for (var i = 0; i < 6; i++)
        {
            await AppendAsync(NewVm(), 1000);
        }

        var client = new SseClient(fixture.Http, "/v1/events?after=0");
        await client.ReadAsync(c => c.Received.Count >= 6000);
        var last = await AppendAsync(NewVm(), 3);
        await client.ReadAsync(c => c.Received.Count > 0 && c.Received[^1].Id == last);

        Assert.Equal(await StoredAsync(), client.Received.Select(e => e.Id));
    }

    [Fact]
    public async Task A_client_that_is_slow_while_much_happens_loses_nothing()
    {
        var client = new SseClient(fixture.Http, "/v1/events?after=0");
        var writing = Task.Run(async () =>
        {
            for (var i = 0; i < 12; i++)
            {
                await AppendAsync(NewVm(), 1000);
            }
        });
        await client.ReadAsync(c =>
        {
            if (c.Received.Count == 10)
            {
                // The client's reading stands still until the ring has gone past it.
                writing.GetAwaiter().GetResult();
            }

            return c.Received.Count >= 12_000;
        }, timeoutSeconds: 60);

        Assert.Equal(await StoredAsync(), client.Received.Select(e => e.Id));
    }

    [Fact]
    public async Task Filters_by_vm_host_and_type()
    {
        var (one, two) = (NewVm(), NewVm());
        await AppendAsync(one, 2, fixture.Alpha);
        await AppendAsync(two, 3, fixture.Beta);
        async Task<int> Count(string filter)
        {
            var client = new SseClient(fixture.Http, $"/v1/events?after=0&{filter}");
            await client.ReadAsync(c => c.Heartbeats > 0);
            Assert.Equal((await StoredAsync())[^1].ToString(null, null), client.LastEventId);
            return client.Received.Count;
        }

        Assert.Equal(2, await Count($"vm={one}"));
        Assert.Equal(3, await Count($"host={fixture.Beta}"));
        Assert.Equal(0, await Count($"vm={one}&host={fixture.Beta}"));
        Assert.Equal(5, await Count("types=vm_marked_missing,vm_moved"));
        Assert.Equal(0, await Count("types=vm_moved"));
        using var unknown = await fixture.Http.GetAsync("/v1/events?types=vm_exploded");
        await OrchestratorFixture.ProblemAsync(unknown, 400, "invalid-parameter");
    }

    [Fact]
    public async Task A_stream_whose_filter_holds_everything_back_still_tells_how_far_it_is()
    {
        var before = await AppendAsync(NewVm(), 1);
        using var stop = new CancellationTokenSource();
        var writing = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await AppendAsync(NewVm(), 1);
                await Task.Delay(20);
            }
        });
        var client = new SseClient(fixture.Http, $"/v1/events?vm={NewVm()}");

        await client.ReadAsync(c => c.Heartbeats >= 2 && long.Parse(c.LastEventId!, null) > before);

        await stop.CancelAsync();
        await writing;
        Assert.Empty(client.Received);
    }

    [Fact]
    public async Task A_last_event_id_that_is_no_number_is_refused()
    {
        using var response = await fixture.SendAsync(HttpMethod.Get, "/v1/events", null, ("Last-Event-ID", "abc"));
        await OrchestratorFixture.ProblemAsync(response, 400, "invalid-parameter");
    }

    [Fact]
    public async Task A_vms_history_is_paged_from_its_stream()
    {
        var vm = NewVm();
        await AppendAsync(vm, 7);
        var numbers = new List<int>();
        var path = $"/v1/vms/{vm}/history?limit=3";
        for (string? cursor = ""; cursor is not null;)
        {
            var page = await fixture.GetAsync(cursor.Length == 0 ? path : $"{path}&cursor={cursor}");
            numbers.AddRange(page.GetProperty("items").EnumerateArray().Select(e => e.GetProperty("data").GetProperty("generation").GetInt32()));
            cursor = page.TryGetProperty("nextCursor", out var next) ? next.GetString() : null;
        }

        Assert.Equal([1, 2, 3, 4, 5, 6, 7], numbers);
        var early = await fixture.GetAsync($"/v1/vms/{vm}/history?toVersion=2");
        Assert.Equal(2, early.GetProperty("items").GetArrayLength());
        Assert.False(early.TryGetProperty("nextCursor", out _));
        Assert.Empty((await fixture.GetAsync($"/v1/vms/{vm}/history?asOf=2020-01-01T00:00:00Z")).GetProperty("items").EnumerateArray());
    }
}
