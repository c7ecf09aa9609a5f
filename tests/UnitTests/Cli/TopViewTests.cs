using HvPlatform.ApiClient;
using HvPlatform.Cli;
using HvPlatform.Cli.Client.Top;
using Xunit;

namespace HvPlatform.UnitTests.Cli;

public sealed class TopViewTests
{
    static readonly DateTimeOffset s_at = new(2026, 5, 4, 3, 2, 1, TimeSpan.Zero);

    [Fact]
    public void A_window_of_80_by_24_shows_hosts_operations_and_the_last_minute() => Assert.Equal(
        """
        hv top  http://platform  2026-05-04 03:02:01Z
        VMs 40: 30 Running, 10 Off, 1 missing   Hosts 3: 2 online, 1 unreachable, 1 in m
        Last minute: events 2.0/s, operations ended 8, failed 2 (25 %)   1 in doubt
        HOST                 STATUS       CPU                 MEMORY              VMS
        host-1               Online       [|||||       ] 42 % [||||||      ] 50 % 10/14
        host-2               maintenance  [            ]  3 % [||||||      ] 50 % 10/14
        host-0               AgentSilent  -                   [||||||      ] 50 % 10/14

        RUNNING OPERATION                    PROGRESS
        web host-a -> host-b                 [||||||      ] 50 % Transferring 118 MiB/s
        StartVm db                           Running
        Critical Host host-0: The agent does not answer.
        q quit   ↑↓ scroll   s sort (by load)
        """,
        Draw(State(3), TopSort.Load, 0, 24));

    [Fact]
    public void A_window_of_60_columns_has_every_column_of_hosts()
    {
        var lines = Draw(State(3), TopSort.Load, 0, 24, width: 60).Split('\n');
        Assert.Equal("HOST           STATUS       CPU         MEMORY      VMS", lines[3]);
        Assert.Equal("host-1         Online       [||  ] 42 % [||  ] 50 % 10/14", lines[4]);
        Assert.All(lines, l => Assert.True(l.Length <= 60, l));
    }

    [Fact]
    public void What_does_not_fit_is_counted_and_can_be_scrolled_to()
    {
        var lines = Draw(State(40), TopSort.Name, 5, 24).Split('\n');
        Assert.Equal(24 - 1, lines.Length);
        Assert.StartsWith("host-13", lines[4]);
        Assert.Contains("more hosts", string.Join('\n', lines));
        Assert.All(lines, l => Assert.True(l.Length <= 80, l));
    }

    [Fact]
    public void Figures_that_are_not_of_now_say_so() =>
        Assert.Contains("stale since", Draw(State(1) with { Trouble = "stale since 03:01" }, TopSort.Load, 0, 24));

    static string Draw(TopState state, TopSort sort, int first, int height, int width = 80)
    {
        using var output = new StringWriter { NewLine = "\n" };
        var host = new CliHost { Out = output, Error = TextWriter.Null, Variable = _ => null };
        TopVerb.Console(host, width, terminal: false).Write(TopView.Render(state, sort, first, width, height));
        return string.Join('\n', output.ToString().TrimEnd('\n').Split('\n').Select(l => l.TrimEnd()));
    }

    static TopState State(int hosts)
    {
        HostView[] all = [.. Enumerable.Range(0, hosts).Select(i => new HostView
        {
            Id = Id(i), Version = 1, Name = $"host-{i}", Kind = HypervisorKind.Simulated, Simulated = true, Status = i == 0 ? "AgentSilent" : "Online", StatusSince = s_at, Hypervisor = "", CpuModel = "", CpuCount = 8,
            MemoryMiB = 65536, ReservedMemoryMiB = 0, Facets = [], VmCount = 14, RunningVmCount = 10, RunningMemoryMiB = 32768, AgentVersion = "", HeartbeatSeconds = 5, JoinedAt = s_at, Url = "",
            Maintenance = i == 2 ? new() { Since = s_at, RequestedBy = "ann" } : null,
        })];
        var trail = new Trail { RequestedBy = "ann", RequestedAt = s_at };
        OperationView Operation(int i, OperationKind kind, string vm) => new()
        {
            Id = Id(i),
            Kind = kind,
            Status = OperationStatus.Running,
            VmId = Id(i),
            VmName = vm,
            HostId = Id(1),
            Epoch = 1,
            Trail = trail,
            UpdatedAt = s_at,
            Url = "",
            VmUrl = "",
        };
        return new()
        {
            Address = "http://platform",
            At = s_at,
            Fleet = new()
            {
                Hosts = new() { Total = hosts, Online = hosts - 1, Unreachable = 1, Maintenance = 1 },
                Vms = new() { Total = 40, ByState = new Dictionary<string, int> { ["Off"] = 10, ["Running"] = 30 }, Missing = 1, Simulated = 40 },
                Capacity = new() { Cores = 8, MemoryMiB = 1, MemoryAssignedMiB = 1 },
                Operations = new() { Running = 2, InDoubt = 1, EndedLastHour = 9, FailedLastHour = 2 },
                Alerts = new() { Open = 0, Unacknowledged = 0, BySeverity = new Dictionary<string, int>() },
            },
            Hosts = all,
            CpuPercent = new Dictionary<Guid, double> { [Id(1)] = 42, [Id(2)] = 3 },
            Operations = [Operation(900, OperationKind.MigrateVm, "web"), Operation(901, OperationKind.StartVm, "db")],
            Migrations = new Dictionary<Guid, MigrationView>
            {
                [Id(900)] = new()
                {
                    Id = Id(900),
                    VmId = Id(1),
                    VmName = "web",
                    SourceHostId = Id(1),
                    SourceHostName = "host-a",
                    DestinationHostId = Id(2),
                    DestinationHostName = "host-b",
                    Status = OperationStatus.Running,
                    Phase = MigrationPhase.Transferring,
                    Phases = [],
                    Policy = new(),
                    Epoch = 1,
                    Trail = trail,
                    Url = "",
                    OperationUrl = "",
                    VmUrl = "",
                    Progress = new() { Round = 1, TotalBytes = 2, TransferredBytes = 1, RemainingBytes = 1, Percent = 50, ElapsedMs = 1, BytesPerSecond = 123731968, PostCopy = false, LadderRungs = 0 },
                },
            },
            Alerts = [new() { Id = Id(700), Rule = "agent-silent", Severity = AlertSeverity.Critical, SubjectKind = AlertSubjectKind.Host, SubjectName = "host-0", Message = "The agent does not answer.", Advice = "Look.", RaisedAt = s_at }],
            Events = 120,
            Ended = 8,
            Failed = 2,
        };
    }

    static Guid Id(int number) => new(number, 0, 0, new byte[8]);
}
