using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Operations;

namespace HvPlatform.IntegrationTests.Inventory;

/// <summary>A migration's messages.</summary>
internal static class Migrations
{
    public static Trail Trail() => new() { RequestedBy = "alice", Reason = "maintenance", RequestedAt = TimeProvider.System.GetUtcNow(), IdempotencyKey = "key-1" };

    public static OperationAccepted Accepted(OperationId id, VmId vm, HostId from, HostId? to, OperationKind kind = OperationKind.MigrateVm) =>
        new() { OperationId = id, Kind = kind, VmId = vm, HostId = from, DestinationHostId = to, Epoch = 1, Trail = Trail() };

    public static MigrationStarted Started(OperationId id, VmId vm, HostId from, HostId to) => new()
    {
        OperationId = id,
        VmId = vm,
        SourceHostId = from,
        DestinationHostId = to,
        Epoch = 1,
        Policy = new() { MaxDowntimeMs = 300 },
        Trail = Trail(),
        At = TimeProvider.System.GetUtcNow(),
    };

    public static MigrationPhaseChanged Phase(OperationId id, VmId vm, MigrationPhase from, MigrationPhase to) =>
        new() { OperationId = id, VmId = vm, From = from, To = to, At = TimeProvider.System.GetUtcNow() };

    public static MigrationProgressed Progressed(OperationId id, VmId vm, HostId from, double percent, DateTimeOffset at) => new()
    {
        OperationId = id,
        VmId = vm,
        HostId = from,
        At = at,
        Progress = new() { Round = 1, TotalBytes = 100, TransferredBytes = (long)percent, RemainingBytes = 100 - (long)percent, Percent = percent, ElapsedMs = 1 },
    };

    public static MigrationCompleted Completed(OperationId id, VmId vm, HostId from, HostId to) => new()
    {
        OperationId = id,
        VmId = vm,
        SourceHostId = from,
        DestinationHostId = to,
        At = TimeProvider.System.GetUtcNow(),
        TotalMs = 300,
        Phases = [new() { Phase = MigrationPhase.Requested, Ms = 100 }, new() { Phase = MigrationPhase.Transferring, Ms = 200 }],
        DowntimeMs = 42,
        TransferredBytes = 100,
        LeftOnSource = ["/images/web-1.qcow2"],
    };

    public static MigrationRolledBack RolledBack(OperationId id, VmId vm, HostId from, HostId to) => new()
    {
        OperationId = id,
        VmId = vm,
        SourceHostId = from,
        DestinationHostId = to,
        At = TimeProvider.System.GetUtcNow(),
        TotalMs = 300,
        Phases = [],
        Cancelled = true,
    };

    public static MigrationInDoubt InDoubt(OperationId id, VmId vm, params HostId[] unanswered) =>
        new() { OperationId = id, VmId = vm, UnansweredHostIds = unanswered, Since = TimeProvider.System.GetUtcNow(), Unknown = "where it runs" };

    public static MigrationForecasted Forecasted(OperationId id, VmId vm) => new()
    {
        OperationId = id,
        VmId = vm,
        Forecast = new() { Converges = true, TotalP10Ms = 900, TotalP90Ms = 1500, DowntimeMs = 40, Verdict = "It converges." },
        At = TimeProvider.System.GetUtcNow(),
    };

    public static MigrationResolvedByOperator Resolved(OperationId id, VmId vm) => new()
    {
        OperationId = id,
        VmId = vm,
        Resolution = MigrationResolution.OnSource,
        Unknown = "where it runs",
        Trail = Trail(),
        At = TimeProvider.System.GetUtcNow(),
    };

    public static MigrationResolveRejected ResolveRejected(OperationId id, VmId vm) => new()
    {
        OperationId = id,
        VmId = vm,
        Error = new() { Kind = ErrorKind.InvalidState, Code = "not-in-doubt", Message = "It is not in doubt." },
        At = TimeProvider.System.GetUtcNow(),
    };

    public static HostCommandRefused Fenced(OperationId id, VmId vm, HostId host) => new()
    {
        OperationId = id,
        Step = "transfer",
        Command = "TransferVm",
        HostId = host,
        VmId = vm,
        Epoch = 3,
        HighestEpoch = 4,
        At = TimeProvider.System.GetUtcNow(),
    };
}
