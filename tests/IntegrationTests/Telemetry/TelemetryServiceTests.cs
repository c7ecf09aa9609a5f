using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Operations;
using HvPlatform.Contracts.Vms;
using HvPlatform.Telemetry;
using HvPlatform.Telemetry.Facts;
using HvPlatform.TestKit;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HvPlatform.IntegrationTests.Telemetry;

/// <summary>The service as it runs, on the in-memory transport: facts go onto the bus, figures come out at /metrics.</summary>
public sealed class TelemetryServiceTests
{
    static readonly DateTimeOffset s_at = new(2026, 5, 4, 3, 2, 1, TimeSpan.Zero);
    static readonly ErrorInfo s_error = new() { Kind = ErrorKind.Timeout, Code = "too-slow", Message = "Too slow." };
    static readonly (OperationId Operation, VmId Vm, HostId A, HostId B) s_ids = (OperationId.New(), new(Guid.NewGuid()), new(Guid.NewGuid()), new(Guid.NewGuid()));

    [Fact]
    public async Task Facts_on_the_bus_become_figures_at_metrics()
    {
        var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        await using var host = await TestHost.StartAsync(database, "inmemory", [TelemetryModule.Create()]);
        var bus = host.Services.GetRequiredService<IBus>();
        await bus.Publish(new MigrationCompleted
        {
            OperationId = s_ids.Operation,
            VmId = s_ids.Vm,
            SourceHostId = s_ids.A,
            DestinationHostId = s_ids.B,
            At = s_at,
            TotalMs = 700,
            DowntimeMs = 16,
            TransferredBytes = 123456,
            Phases = [new() { Phase = MigrationPhase.Transferring, Ms = 400 }],
        });
        await bus.Publish(new MigrationRolledBack { OperationId = s_ids.Operation, VmId = s_ids.Vm, SourceHostId = s_ids.A, DestinationHostId = s_ids.B, At = s_at, TotalMs = 50, Phases = [], Cancelled = true });
        await bus.Publish(new MigrationRolledBack { OperationId = s_ids.Operation, VmId = s_ids.Vm, SourceHostId = s_ids.A, DestinationHostId = s_ids.B, At = s_at, TotalMs = 50, Phases = [], Cancelled = false });
        await bus.Publish(new MigrationFailed { OperationId = s_ids.Operation, VmId = s_ids.Vm, SourceHostId = s_ids.A, DestinationHostId = s_ids.B, At = s_at, TotalMs = 50, Phases = [], Error = s_error });
        await bus.Publish(new MigrationInDoubt { OperationId = s_ids.Operation, VmId = s_ids.Vm, UnansweredHostIds = [s_ids.A], Since = s_at, Unknown = "where it runs" });
        await bus.Publish(new VmCommandCompleted { OperationId = s_ids.Operation, Step = "start", HostId = s_ids.A, VmId = s_ids.Vm, Kind = OperationKind.StartVm, State = VmState.Running, At = s_at });
        await bus.Publish(new VmCommandFailed { OperationId = s_ids.Operation, Step = "start", HostId = s_ids.A, VmId = s_ids.Vm, Kind = OperationKind.StartVm, At = s_at, Error = s_error });
        await bus.Publish(new CommandRejected { OperationId = s_ids.Operation, Command = "StartVm", VmId = s_ids.Vm, At = s_at, Error = s_error });
        await bus.Publish(Registered(s_ids.A));
        await bus.Publish(new HostHeartbeat { HostId = s_ids.B, SentAt = s_at, HypervisorReachable = false, Error = s_error });

        using var http = new HttpClient { BaseAddress = host.Url };
        string[] expected =
        [
            "hv_migrations_total{outcome=\"completed\"} 1", "hv_migrations_total{outcome=\"cancelled\"} 1", "hv_migrations_total{outcome=\"rolled_back\"} 1",
            "hv_migrations_total{outcome=\"failed\"} 1", "hv_migrations_in_doubt_total 1",
            "hv_migration_duration_seconds_bucket{outcome=\"completed\",le=\"0.5\"} 0", "hv_migration_duration_seconds_bucket{outcome=\"completed\",le=\"1\"} 1",
            "hv_migration_phase_duration_seconds_sum{phase=\"Transferring\"} 0.4", "hv_migration_downtime_seconds_sum 0.016", "hv_migration_transferred_bytes_total 123456",
            "hv_vm_commands_total{error=\"\",kind=\"StartVm\",outcome=\"completed\"} 1", "hv_vm_commands_total{error=\"Timeout\",kind=\"StartVm\",outcome=\"failed\"} 1",
            "hv_commands_rejected_total{code=\"too-slow\",command=\"StartVm\"} 1",
            "hv_hosts{state=\"reachable\"} 1", "hv_hosts{state=\"hypervisor_down\"} 1", "hv_hosts{state=\"silent\"} 0",
        ];
        string[] missing = expected;
        await Eventually.Until(
            async () => (missing = [.. expected.Except((await http.GetStringAsync("/metrics")).Split('\n'))]).Length == 0,
            "every fact is counted", lastSeen: () => Task.FromResult($"missing {string.Join(" | ", missing)}"));

        var answer = await http.GetAsync("/metrics");
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
    }

    [Fact]
    public void A_host_silent_for_three_heartbeats_is_not_reachable()
    {
        var time = new SteppedTime();
        var hosts = new HostReachability(time);
        hosts.Registered(Registered(s_ids.A));
        hosts.Heard(new() { HostId = s_ids.B, SentAt = s_at, HypervisorReachable = true });
        Assert.Equal(2, Of("reachable"));

        time.Now += TimeSpan.FromSeconds(6.1);
        Assert.Equal((1, 1), (Of("silent"), Of("reachable")));

        hosts.Heard(new() { HostId = s_ids.A, SentAt = s_at, HypervisorReachable = true });
        Assert.Equal((0, 2), (Of("silent"), Of("reachable")));

        hosts.Stopping(new() { HostId = s_ids.A, At = s_at });
        Assert.Equal((1, 1), (Of("agent_stopped"), Of("reachable")));

        int Of(string state) => hosts.Count().Single(s => s.State == state).Count;
    }

    static HostRegistered Registered(HostId host) => new()
    {
        HostId = host,
        Name = "h",
        Kind = HypervisorKind.Simulated,
        AgentVersion = "1",
        AgentStartedAt = s_at,
        HeartbeatSeconds = 2,
        Generation = 1,
        Capabilities = new() { Hypervisor = "x", CpuModel = "y", CpuCount = 1, MemoryMiB = 1, Facets = [] },
    };

    sealed class SteppedTime : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
