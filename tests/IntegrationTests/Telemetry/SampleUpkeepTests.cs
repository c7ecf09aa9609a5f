using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Telemetry;
using HvPlatform.Telemetry.Samples;
using HvPlatform.TestKit;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Xunit;

namespace HvPlatform.IntegrationTests.Telemetry;

/// <summary>What becomes of samples over weeks, told to the service's own code in moments.</summary>
public sealed class SampleUpkeepTests : IAsyncLifetime
{
    static readonly HostId s_one = new(Guid.NewGuid()), s_two = new(Guid.NewGuid());
    static readonly VmId s_vm = new(Guid.NewGuid()), s_other = new(Guid.NewGuid());
    static readonly DateTimeOffset s_begin = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    TestHost _host = null!;

    public async ValueTask InitializeAsync()
    {
        var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        _host = await TestHost.StartAsync(database, "inmemory", [TelemetryModule.Create()]);
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Old_samples_become_means_and_a_VMs_figures_are_read_across_hosts_and_resolutions()
    {
        // Three minutes on one host, with a lost minute in between, then on another.
        await UpkeepAsync(s_begin);
        await WriteAsync(s_begin, s_one, Enumerable.Range(0, 12), vm => vm with { CpuPercent = 10 });
        await WriteAsync(s_begin.AddMinutes(2), s_one, Enumerable.Range(0, 12), vm => vm with { CpuPercent = 30, DiskReadBytesPerSecond = null });
        await WriteAsync(s_begin.AddMinutes(3), s_two, Enumerable.Range(0, 12), vm => vm with { CpuPercent = 50 });

        var fine = await PointsAsync(s_begin, s_begin.AddMinutes(4), TimeSpan.FromMinutes(1));
        Assert.Equal([(0, 10.0, 1000L), (2, 30, null), (3, 50, 1000)], fine);

        // The same from the means of minutes, once the samples are dropped; and a second run changes nothing.
        await UpkeepAsync(s_begin.AddHours(3));
        await UpkeepAsync(s_begin.AddHours(3).AddSeconds(30));
        Assert.Equal(0L, await ScalarAsync("SELECT count(*) FROM samples"));
        Assert.Equal(fine, await PointsAsync(s_begin, s_begin.AddMinutes(4), TimeSpan.FromMinutes(1)));
        Assert.Equal(3L, await ScalarAsync("SELECT count(*) FROM samples_1m"));

        // Then from those of quarters of an hour: one point per host, weighed alike.
        await UpkeepAsync(s_begin.AddDays(3));
        Assert.Equal(0L, await ScalarAsync("SELECT count(*) FROM samples_1m"));
        Assert.Equal([(0, 35.0, 1000L)], await PointsAsync(s_begin, s_begin.AddMinutes(15), TimeSpan.FromMinutes(15)));

        // And then they are gone.
        await UpkeepAsync(s_begin.AddDays(32));
        Assert.Equal(0L, await ScalarAsync("SELECT count(*) FROM samples_15m"));
        Assert.Empty(await PointsAsync(s_begin, s_begin.AddMinutes(15), TimeSpan.FromMinutes(15)));
        Assert.InRange(await ScalarAsync("SELECT count(*) FROM pg_inherits WHERE inhparent IN ('samples'::regclass, 'samples_1m'::regclass, 'samples_15m'::regclass)"), 3, 60);
    }

    [Fact]
    public async Task A_host_with_a_wrong_clock_is_sampled_by_ours()
    {
        await UpkeepAsync(s_begin);
        await FigureSql.WriteAsync(Database, [Sample(s_one, s_begin.AddYears(-3), vm => vm)], [], [(s_vm, s_one)], s_begin, default);
        Assert.Equal([(0, 20.0, 1000L)], await PointsAsync(s_begin, s_begin.AddMinutes(1), TimeSpan.FromMinutes(1)));
    }

    NpgsqlDataSource Database => _host.Database(TelemetryModule.Schema).DataSource;

    Task UpkeepAsync(DateTimeOffset now) => _host.Services.GetRequiredService<SampleUpkeep>().RunAsync(now, default);

    async Task WriteAsync(DateTimeOffset from, HostId host, IEnumerable<int> samples, Func<HostVmSample, HostVmSample> vm)
    {
        foreach (var at in samples.Select(i => from.AddSeconds(5 * i)))
        {
            await FigureSql.WriteAsync(Database, [Sample(host, at, vm)], [], [(s_vm, host), (s_other, host)], at, default);
        }
    }

    static HostSampled Sample(HostId host, DateTimeOffset at, Func<HostVmSample, HostVmSample> vm) => new()
    {
        HostId = host,
        At = at,
        CpuPercent = 40,
        MemoryUsedMiB = 100,
        MemoryTotalMiB = 200,
        RunningVms = 2,
        Vms = [new() { VmId = s_other, CpuPercent = 99 }, vm(new() { VmId = s_vm, CpuPercent = 20, MemoryUsedMiB = 64, DiskReadBytesPerSecond = 1000 })],
    };

    async Task<List<(int Minute, double Cpu, long? DiskRead)>> PointsAsync(DateTimeOffset from, DateTimeOffset to, TimeSpan step)
    {
        await using var command = Database.CreateCommand("SELECT at, cpu_percent, disk_read_bytes_per_second FROM vm_points($1, $2, $3, $4)");
        foreach (var value in new object[] { s_vm.Value, from, to, step })
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        await using var reader = await command.ExecuteReaderAsync();
        var points = new List<(int, double, long?)>();
        while (await reader.ReadAsync())
        {
            points.Add(((int)(reader.GetFieldValue<DateTimeOffset>(0) - from).TotalMinutes, reader.GetDouble(1), reader.IsDBNull(2) ? null : reader.GetInt64(2)));
        }

        return points;
    }

    async Task<long> ScalarAsync(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
