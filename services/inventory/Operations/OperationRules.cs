using HvPlatform.Contracts;
using HvPlatform.Contracts.History;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Operations;

namespace HvPlatform.Inventory.Operations;

/// <summary>What one message does to one operation: at most one event, and the row after it.</summary>
internal sealed class OperationChange(OperationRecord? before, DateTimeOffset now)
{
    public OperationRecord? Before { get; } = before;

    public OperationRecord? After { get; private set; } = before;

    public object? Event { get; private set; }

    /// <summary>When the inventory recorded it. Later than the last change even if a clock runs behind, so that an operation's versions never overlap.</summary>
    public DateTimeOffset At { get; } = before is { } b && now <= b.ChangedAt ? b.ChangedAt.AddMicroseconds(1) : now;

    public OperationChange With(object e)
    {
        Event = e;
        After = OperationFold.Apply(Before, e, At);
        return this;
    }
}

/// <summary>From messages to the operation's events. Pure. A second terminal message, or anything an ended operation is said to begin, is recorded nowhere.</summary>
internal static class OperationRules
{
    public static OperationChange Requested(OperationRecord? o, OperationAccepted m, DateTimeOffset now) => new OperationChange(o, now).With(new OperationRequested
    {
        OperationId = m.OperationId,
        Kind = m.Kind,
        VmId = m.VmId,
        HostId = m.HostId,
        DestinationHostId = m.DestinationHostId,
        Epoch = m.Epoch,
        Trail = m.Trail,
    });

    public static OperationChange Began(OperationRecord? o, MigrationStarted m, DateTimeOffset now) => new OperationChange(o, now).With(new OperationBegan
    {
        OperationId = m.OperationId,
        VmId = m.VmId,
        SourceHostId = m.SourceHostId,
        DestinationHostId = m.DestinationHostId,
        Epoch = m.Epoch,
        Policy = m.Policy,
        Trail = m.Trail,
        At = m.At,
    });

    public static OperationChange Entered(OperationRecord? o, MigrationPhaseChanged m, DateTimeOffset now) => new OperationChange(o, now).With(new OperationPhaseEntered
    {
        OperationId = m.OperationId,
        VmId = m.VmId,
        From = m.From,
        To = m.To,
        Reason = m.Reason,
        Error = m.Error,
        At = m.At,
    });

    public static OperationChange InDoubt(OperationRecord? o, MigrationInDoubt m, DateTimeOffset now) => new OperationChange(o, now).With(new OperationWentInDoubt
    {
        OperationId = m.OperationId,
        VmId = m.VmId,
        UnansweredHostIds = m.UnansweredHostIds,
        Since = m.Since,
        Unknown = m.Unknown,
    });

    public static OperationChange Ended(OperationRecord? o, OperationSucceeded m, DateTimeOffset now) =>
        End(o, now, new() { OperationId = m.OperationId, Kind = m.Kind, VmId = m.VmId, HostId = m.HostId, Status = OperationStatus.Succeeded, At = m.At });

    public static OperationChange Ended(OperationRecord? o, OperationFailed m, DateTimeOffset now) =>
        End(o, now, new() { OperationId = m.OperationId, Kind = m.Kind, VmId = m.VmId, HostId = m.HostId, Status = OperationStatus.Failed, At = m.At, Error = m.Error });

    public static OperationChange Ended(OperationRecord? o, MigrationCompleted m, DateTimeOffset now) => End(o, now, new()
    {
        OperationId = m.OperationId,
        Kind = OperationKind.MigrateVm,
        VmId = m.VmId,
        HostId = m.SourceHostId,
        DestinationHostId = m.DestinationHostId,
        Status = OperationStatus.Succeeded,
        At = m.At,
        TotalMs = m.TotalMs,
        Phases = m.Phases,
        DowntimeMs = m.DowntimeMs,
        TransferredBytes = m.TransferredBytes,
        LeftOnSource = m.LeftOnSource,
    });

    public static OperationChange Ended(OperationRecord? o, MigrationRolledBack m, DateTimeOffset now) => End(o, now, new()
    {
        OperationId = m.OperationId,
        Kind = OperationKind.MigrateVm,
        VmId = m.VmId,
        HostId = m.SourceHostId,
        DestinationHostId = m.DestinationHostId,
        Status = m.Cancelled ? OperationStatus.Cancelled : OperationStatus.RolledBack,
        At = m.At,
        Error = m.Error,
        TotalMs = m.TotalMs,
        Phases = m.Phases,
    });

    public static OperationChange Ended(OperationRecord? o, MigrationFailed m, DateTimeOffset now) => End(o, now, new()
    {
        OperationId = m.OperationId,
        Kind = OperationKind.MigrateVm,
        VmId = m.VmId,
        HostId = m.SourceHostId,
        DestinationHostId = m.DestinationHostId,
        Status = OperationStatus.Failed,
        At = m.At,
        Error = m.Error,
        TotalMs = m.TotalMs,
        Phases = m.Phases,
    });

    public static OperationChange Forecast(OperationRecord? o, MigrationForecasted m, DateTimeOffset now) => new OperationChange(o, now).With(new OperationForecast
    {
        OperationId = m.OperationId,
        VmId = m.VmId,
        Forecast = m.Forecast,
        At = m.At,
    });

    public static OperationChange Resolved(OperationRecord? o, MigrationResolvedByOperator m, DateTimeOffset now) => new OperationChange(o, now).With(new OperationResolvedByOperator
    {
        OperationId = m.OperationId,
        VmId = m.VmId,
        Resolution = m.Resolution,
        Unknown = m.Unknown,
        Trail = m.Trail,
        At = m.At,
    });

    /// <summary>Null for an operation nobody has heard of, as for <see cref="CancelRefused"/>.</summary>
    public static OperationChange? ResolveRefused(OperationRecord? o, MigrationResolveRejected m, DateTimeOffset now) =>
        o is null ? null : new OperationChange(o, now).With(new OperationResolveRefused { OperationId = m.OperationId, VmId = o.VmId, At = m.At, Error = m.Error });

    public static OperationChange Refused(OperationRecord? o, CommandRejected m, DateTimeOffset now) => new OperationChange(o, now).With(new OperationRefused
    {
        OperationId = m.OperationId,
        Command = m.Command,
        VmId = m.VmId,
        At = m.At,
        Error = m.Error,
    });

    /// <summary>Null for an operation nobody has heard of: there is no history to write it into.</summary>
    public static OperationChange? CancelRefused(OperationRecord? o, CancelRejected m, DateTimeOffset now) =>
        o is null ? null : new OperationChange(o, now).With(new OperationCancelRefused { OperationId = m.OperationId, At = m.At, Error = m.Error });

    static OperationChange End(OperationRecord? o, DateTimeOffset now, OperationEnded ended)
    {
        var change = new OperationChange(o, now);
        return o?.HasEnded == true ? change : change.With(ended);
    }
}
