using HvPlatform.Contracts;
using HvPlatform.Contracts.History;
using HvPlatform.Contracts.Migrations;

namespace HvPlatform.Inventory.Operations;

/// <summary>
/// What each event does to an operation's row, for the consumers and the rebuild alike. Any event may be the first: messages of one operation come from
/// different services, so a row is filled in by whatever comes, and the terminal event is never undone by an older one.
/// </summary>
internal static class OperationFold
{
    public static OperationRecord? Apply(OperationRecord? operation, object e, DateTimeOffset at)
    {
        var next = e switch
        {
            OperationRequested x => Begun(operation, x.OperationId, x.VmId, at).Requested(x),
            OperationBegan x => Begun(operation, x.OperationId, x.VmId, at).Began(x),
            OperationPhaseEntered x => Begun(operation, x.OperationId, x.VmId, at).Entered(x),
            OperationWentInDoubt x => Begun(operation, x.OperationId, x.VmId, at).InDoubt(x),
            OperationForecast x => Begun(operation, x.OperationId, x.VmId, at) with { Kind = OperationKind.MigrateVm, Forecast = x.Forecast },
            OperationResolvedByOperator x => Begun(operation, x.OperationId, x.VmId, at) with
            {
                Kind = OperationKind.MigrateVm,
                Resolution = new(x.Resolution, x.Trail, x.At),
            },
            OperationEnded x => Begun(operation, x.OperationId, x.VmId, at).Ended(x),
            OperationRefused x => operation ?? Begun(null, x.OperationId, x.VmId, at) with
            {
                Kind = Enum.TryParse<OperationKind>(x.Command, out var kind) ? kind : OperationKind.Unknown,
                Status = OperationStatus.Failed,
                Error = x.Error,
                EndedAt = x.At,
            },
            _ => operation,
        };
        return next is null ? null : next with { Version = (operation?.Version ?? 0) + 1, ChangedAt = at };
    }

    static OperationRecord Begun(OperationRecord? operation, OperationId id, VmId vm, DateTimeOffset at) =>
        operation ?? new() { Id = id, Version = 0, VmId = vm, Status = OperationStatus.Accepted, RecordedAt = at, ChangedAt = at };

    extension(OperationRecord o)
    {
        OperationRecord Requested(OperationRequested x) => o with
        {
            Kind = x.Kind,
            HostId = x.HostId,
            DestinationHostId = x.DestinationHostId,
            Epoch = x.Epoch,
            Trail = x.Trail,
        };

        OperationRecord Began(OperationBegan x) => o with
        {
            Kind = OperationKind.MigrateVm,
            Status = o.Status == OperationStatus.Accepted ? OperationStatus.Running : o.Status,
            HostId = x.SourceHostId,
            DestinationHostId = x.DestinationHostId,
            Epoch = x.Epoch,
            Policy = x.Policy,
            Trail = o.Trail ?? x.Trail,
            StartedAt = x.At,
            Phase = o.Phase ?? MigrationPhase.Requested,
            PhaseAt = o.PhaseAt ?? x.At,
            Phases = [new(MigrationPhase.Requested, x.At), .. o.Phases],
        };

        OperationRecord Entered(OperationPhaseEntered x)
        {
            var listed = o with { Kind = OperationKind.MigrateVm, Phases = [.. o.Phases.Append(new(x.To, x.At)).OrderBy(p => p.EnteredAt)] };
            return o.HasEnded || x.At < o.PhaseAt
                ? listed
                : listed with
                {
                    Phase = x.To,
                    PhaseAt = x.At,
                    Status = x.To == MigrationPhase.InDoubt ? OperationStatus.InDoubt : OperationStatus.Running,
                    Error = x.Error ?? o.Error,
                    UnansweredHostIds = x.To == MigrationPhase.InDoubt ? o.UnansweredHostIds : [],
                    InDoubtSince = x.To == MigrationPhase.InDoubt ? o.InDoubtSince ?? x.At : null,
                    Unknown = x.To == MigrationPhase.InDoubt ? o.Unknown : null,
                };
        }

        OperationRecord InDoubt(OperationWentInDoubt x) => o.HasEnded ? o : o with
        {
            Kind = OperationKind.MigrateVm,
            Status = OperationStatus.InDoubt,
            Phase = MigrationPhase.InDoubt,
            UnansweredHostIds = x.UnansweredHostIds,
            InDoubtSince = x.Since,
            Unknown = x.Unknown,
        };

        OperationRecord Ended(OperationEnded x)
        {
            var entered = x.Phases.Count == 0 ? o.Phases : [.. WithTimes(o.Phases, x.Phases)];
            return o with
            {
                Kind = x.Kind,
                Status = x.Status,
                HostId = o.HostId ?? x.HostId,
                DestinationHostId = o.DestinationHostId ?? x.DestinationHostId,
                Phase = x.Kind == OperationKind.MigrateVm ? PhaseOf(x.Status) : o.Phase,
                Phases = x.Kind == OperationKind.MigrateVm ? [.. entered, new(PhaseOf(x.Status), x.At)] : entered,
                Error = x.Error,
                EndedAt = x.At,
                TotalMs = x.TotalMs,
                DowntimeMs = x.DowntimeMs,
                TransferredBytes = x.TransferredBytes,
                LeftOnSource = x.LeftOnSource,
                UnansweredHostIds = [],
                InDoubtSince = null,
                Unknown = null,
            };
        }
    }

    static IEnumerable<PhaseEntry> WithTimes(IReadOnlyList<PhaseEntry> entered, IReadOnlyList<MigrationPhaseTime> times)
    {
        var left = times.ToList();
        foreach (var entry in entered)
        {
            var i = left.FindIndex(t => t.Phase == entry.Phase);
            yield return i < 0 ? entry : entry with { Ms = left[i].Ms };
            if (i >= 0)
            {
                left.RemoveAt(i);
            }
        }
    }

    static MigrationPhase PhaseOf(OperationStatus status) => status switch
    {
        OperationStatus.Succeeded => MigrationPhase.Completed,
        OperationStatus.RolledBack or OperationStatus.Cancelled => MigrationPhase.RolledBack,
        _ => MigrationPhase.Failed,
    };
}
