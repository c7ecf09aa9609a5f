using System.Globalization;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Events;
using HvPlatform.Inventory;
using HvPlatform.Inventory.Sweeping;
using HvPlatform.TestKit;
using MassTransit;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace HvPlatform.IntegrationTests.Inventory;

/// <summary>The inventory service on a database of its own, and what a test says to it and asks it.</summary>
internal sealed class InventoryFixture : IAsyncDisposable
{
    readonly TestHost host;

    InventoryFixture(TestHost host) => this.host = host;

    public static async Task<InventoryFixture> StartAsync(string bus = "inmemory", Dictionary<string, string?>? settings = null, Action<WebApplicationBuilder>? configure = null)
    {
        var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        return new(await TestHost.StartAsync(database, bus, [InventoryModule.Create()], builder =>
        {
            builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["Hv:Inventory:SweepInterval"] = "1.00:00:00" });
            builder.Configuration.AddInMemoryCollection(settings ?? []);
            configure?.Invoke(builder);
        }));
    }

    public IServiceProvider Services => host.Services;

    public NpgsqlDataSource Database => host.Database(InventoryModule.Schema).DataSource;

    public EventStore History => Services.GetRequiredKeyedService<EventStore>(InventoryModule.Schema);

    public ValueTask DisposeAsync() => host.DisposeAsync();

    public Task PublishAsync<T>(T message) where T : class => Services.GetRequiredService<IBus>().Publish(message);

    /// <summary>Publishes and waits until the message has been worked on (its inbox row is there).</summary>
    public async Task TellAsync<T>(T message) where T : class
    {
        var id = NewId.NextGuid();
        await Services.GetRequiredService<IBus>().Publish(message, c => c.MessageId = id);
        await Eventually.Until(async () => await ScalarAsync<long>($"SELECT count(*) FROM inbox WHERE message_id = '{id}'") == 1, $"{typeof(T).Name} worked on");
    }

    /// <summary>What the sweeper does every few seconds.</summary>
    public async Task SweepAsync()
    {
        await Services.GetRequiredService<Sweep>().DeleteMissingAsync(default);
        await Services.GetRequiredService<Sweep>().MarkSilentAsync(default);
    }

    public async Task<T?> ScalarAsync<T>(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        return await command.ExecuteScalarAsync() is T value ? value : default;
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>A result as text, one line per row.</summary>
    public async Task<string> TextAsync(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var lines = new List<string>();
        while (await reader.ReadAsync())
        {
            lines.Add(string.Join(" | ", Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? "-" : Convert.ToString(reader.GetValue(i), CultureInfo.InvariantCulture))));
        }

        return string.Join('\n', lines);
    }

    /// <summary>The event types of a stream, in order.</summary>
    public async Task<string> HistoryAsync(Guid stream) =>
        string.Join(' ', await History.ReadStreamAsync(stream).Select(e => e.Type).ToListAsync());

    public static VmInfo Vm(VmId id, string name = "web-1", VmState state = VmState.Running, long memoryMiB = 1024) => new()
    {
        Id = id,
        Name = name,
        State = state,
        Vcpus = 2,
        MemoryMiB = memoryMiB,
        Disks = [new VmDisk { Target = "vda", Source = $"/images/{name}.qcow2", Format = "qcow2" }],
        Nics = [new VmNic { MacAddress = $"52:54:00:{id.Value.ToString("N")[26..28]}:{id.Value.ToString("N")[28..30]}:{id.Value.ToString("N")[30..]}", Network = "default", Model = "virtio" }],
    };

    public static HostReported Report(HostId host, long generation, params VmInfo[] vms) => new()
    {
        HostId = host,
        Outcome = HostReportOutcome.Complete,
        Vms = vms,
        Generation = generation,
        ObservedAt = TimeProvider.System.GetUtcNow(),
    };

    public static VmObserved Observed(HostId host, long generation, VmInfo vm, string? cause = null) =>
        new() { HostId = host, Vm = vm, Generation = generation, ObservedAt = TimeProvider.System.GetUtcNow(), Cause = cause };

    public static VmGone Gone(HostId host, long generation, VmId vm, string? cause = "lifecycle:undefined/removed") =>
        new() { HostId = host, VmId = vm, Generation = generation, ObservedAt = TimeProvider.System.GetUtcNow(), Cause = cause };

    public static HostRegistered Registered(HostId host, string name = "host-a", HypervisorKind kind = HypervisorKind.Simulated) => new()
    {
        HostId = host,
        Name = name,
        Kind = kind,
        Capabilities = new() { Hypervisor = "test", CpuModel = "test", CpuCount = 8, MemoryMiB = 65536, Facets = ["migration"] },
        AgentVersion = "0.1.0",
        AgentStartedAt = TimeProvider.System.GetUtcNow().AddMinutes(-1),
        HeartbeatSeconds = 5,
        Generation = 1,
    };

    public static HostId NewHost() => new(Guid.NewGuid());

    public static VmId NewVm() => new(Guid.NewGuid());

    public static ErrorInfo Error(string code = "hypervisor-unreachable") => new() { Kind = ErrorKind.Transient, Code = code, Message = "The hypervisor does not answer." };
}
