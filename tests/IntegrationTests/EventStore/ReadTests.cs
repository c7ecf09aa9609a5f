using HvPlatform.Events;
using Xunit;

namespace HvPlatform.IntegrationTests.Events;

public sealed class ReadTests : EventStoreTest
{
    static readonly DateTimeOffset s_noon = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_stream_is_read_whole_from_a_version_and_to_a_version()
    {
        var stream = Guid.NewGuid();
        await Store.AppendAsync(Append(stream, 0, [.. Enumerable.Range(1, 5).Select(i => new Note($"{i}"))]));
        await Store.AppendAsync(Append(Guid.NewGuid(), 0, new Note("another stream's")));

        Assert.Equal(new long[] { 1, 2, 3, 4, 5 }, await Versions());
        Assert.Equal(new long[] { 1, 2, 3 }, await Versions(toVersion: 3));
        Assert.Equal(new long[] { 4, 5 }, await Versions(fromVersion: 4));
        Assert.Equal(new long[] { 2, 3 }, await Versions(toVersion: 3, fromVersion: 2));
        Assert.Empty(await Versions(toVersion: 0));
        Assert.Empty(await ReadAsync(Guid.NewGuid()));

        async Task<IEnumerable<long>> Versions(long? toVersion = null, long fromVersion = 1) => (await ReadAsync(stream, toVersion, null, fromVersion)).Select(e => e.Version);
    }

    [Fact]
    public async Task As_of_gives_the_events_up_to_that_instant_included()
    {
        var stream = Guid.NewGuid();
        await Store.AppendAsync(Append(stream, 0, [.. Enumerable.Range(0, 4).Select(i => new NewEvent(new Note($"{i}"), s_noon.AddHours(i)))]));

        Assert.Empty(await ReadAsync(stream, asOf: s_noon.AddTicks(-10)));
        Assert.Equal([1], (await ReadAsync(stream, asOf: s_noon)).Select(e => e.Version));
        Assert.Equal([1, 2], (await ReadAsync(stream, asOf: s_noon.AddMinutes(90))).Select(e => e.Version));
        Assert.Equal([1, 2], (await ReadAsync(stream, asOf: s_noon.AddMinutes(90).ToOffset(TimeSpan.FromHours(5)))).Select(e => e.Version));
        Assert.Equal([2, 3], (await ReadAsync(stream, toVersion: 3, asOf: s_noon.AddHours(9), fromVersion: 2)).Select(e => e.Version));
        Assert.Equal([2], (await ReadAsync(stream, toVersion: 3, asOf: s_noon.AddHours(1), fromVersion: 2)).Select(e => e.Version));
    }

    [Fact]
    public async Task All_events_are_paged_by_position_and_filtered_by_type()
    {
        await Store.AppendAsync([Append(Guid.NewGuid(), 0, new Note("1"), new VmRenamed("x"), new Note("2")), Append(Guid.NewGuid(), 0, new VmDiscovered("y", 1), new Note("3")) with { StreamType = "other" }]);

        var texts = new List<string>();
        for (var page = await Store.ReadAllAsync(0, 2, ["note"]); page.Count > 0; page = await Store.ReadAllAsync(page[^1].Seq, 2, ["note"]))
        {
            texts.AddRange(page.Select(e => ((Note)e.Data).Text));
        }

        Assert.Equal(["1", "2", "3"], texts);
        var all = await Store.ReadAllAsync(0, 100);
        Assert.Equal(["note", "vm_renamed", "note", "vm_discovered", "note"], all.Select(e => e.Type));
        Assert.Equal(["vm", "vm", "vm", "other", "other"], all.Select(e => e.StreamType));
        Assert.Equal(["vm_renamed", "vm_discovered"], (await Store.ReadAllAsync(0, 100, ["vm_renamed", "vm_discovered"])).Select(e => e.Type));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Store.ReadAllAsync(0, 0));
    }

    [Fact]
    public async Task Old_versions_are_read_as_the_present_one_and_stay_as_they_were_stored()
    {
        var stream = Guid.NewGuid();
        await using (var yesterday = new EventStore(Source, new EventTypes().Add<VmStarted1>("vm_started").Add<VmStarted2>("vm_started_v2")))
        {
            await yesterday.AppendAsync(Append(stream, 0, new VmStarted1("alpha", 2), new VmStarted2("beta", 3)));
        }

        var types = new EventTypes().Add<VmStarted3>("vm_started_v3")
            .Upcast("vm_started", "vm_started_v2", json => new() { ["hostName"] = json["host"]!.GetValue<string>(), ["memoryGiB"] = json["memoryGiB"]!.DeepClone() })
            .Upcast<VmStarted3>("vm_started_v2", json =>
            {
                json["memoryMiB"] = json["memoryGiB"]!.GetValue<int>() * 1024;
                json.Remove("memoryGiB");
                return json;
            });
        await using var today = new EventStore(Source, types);
        await today.AppendAsync(Append(stream, 2, new VmStarted3("gamma", 4096)));

        var events = await today.ReadStreamAsync(stream).ToListAsync();
        Assert.Equal([new VmStarted3("alpha", 2048), new VmStarted3("beta", 3072), new VmStarted3("gamma", 4096)], events.Select(e => e.Data));
        Assert.Equal(["vm_started", "vm_started_v2", "vm_started_v3"], events.Select(e => e.Type));
        Assert.Equal("alpha", events[0].Element.GetProperty("host").GetString());
        Assert.Equal(3, (await today.ReadAllAsync(0, 10, [.. types.AliasesOf<VmStarted3>()])).Count);
    }

    [Fact]
    public async Task An_unknown_type_is_readable_raw_and_its_data_says_what_to_do()
    {
        var stream = Guid.NewGuid();
        await Store.AppendAsync(Append(stream, 0, new VmDiscovered("web-01", 4), new Note("x")));
        await using var other = new EventStore(Source, new EventTypes().Add<Note>());

        var events = await other.ReadStreamAsync(stream).ToListAsync();
        Assert.Equal("""{"name": "web-01", "vCpus": 4}""", events[0].Json);
        Assert.Equal(4, events[0].Element.GetProperty("vCpus").GetInt32());
        Assert.Null(events[0].TryGetData());
        var error = Assert.Throws<UnknownEventTypeException>(() => events[0].Data);
        Assert.Equal("vm_discovered", error.Alias);
        Assert.Contains($"seq {events[0].Seq}", error.Message);
        Assert.Equal(new Note("x"), events[1].Data);
    }

    [Fact]
    public async Task Leaving_a_stream_half_read_gives_its_connection_back()
    {
        var stream = Guid.NewGuid();
        await Store.AppendAsync(Append(stream, 0, [.. Enumerable.Range(0, 5000).Select(i => new Note($"{i}"))]));
        for (var i = 0; i < 150; i++)
        {
            await foreach (var e in Store.ReadStreamAsync(stream))
            {
                Assert.Equal(1, e.Version);
                break;
            }
        }
    }

    sealed record VmStarted1(string Host, int MemoryGiB);

    sealed record VmStarted2(string HostName, int MemoryGiB);

    sealed record VmStarted3(string HostName, int MemoryMiB);
}
