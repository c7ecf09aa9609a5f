using HvPlatform.Contracts;
using HvPlatform.Contracts.History;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Operations;

namespace HvPlatform.Inventory.Vms;

/// <summary>What the course of an operation or a migration means for its VM. Pure. The caller has made sure that the operation had not ended before.</summary>
internal static class VmOperationRules
{
    public static VmChange Accepted(VmRecord vm, OperationAccepted m, DateTimeOffset now) => Only(vm, now, new VmOperationAccepted
    {
        VmId = vm.Id,
        OperationId = m.OperationId,
        Kind = m.Kind,
        HostId = m.HostId,
        DestinationHostId = m.DestinationHostId,
        Epoch = m.Epoch,
        Trail = m.Trail,
    });

    /// <summary>A delete that succeeded is the host's word too that the VM is gone.</summary>
    public static VmChange Succeeded(VmRecord vm, OperationSucceeded m, DateTimeOffset now)
    {
        var change = new VmChange(vm, now);
        if (m.Kind == OperationKind.DeleteVm)
        {
            VmRules.RemoveDeleted(change, m.HostId, m.At);
        }

        change.Add(new VmOperationSucceeded
        {
            VmId = vm.Id,
            OperationId = m.OperationId,
            Kind = m.Kind,
            HostId = m.HostId,
            At = m.At,
            Trail = TrailOf(vm, m.OperationId),
        });
        return change;
    }

    public static VmChange Failed(VmRecord vm, OperationFailed m, DateTimeOffset now) => Only(vm, now, new VmOperationFailed
    {
        VmId = vm.Id,
        OperationId = m.OperationId,
        Kind = m.Kind,
        HostId = m.HostId,
        At = m.At,
        Error = m.Error,
        Trail = TrailOf(vm, m.OperationId),
    });

    public static VmChange MigrationStarted(VmRecord vm, MigrationStarted m, DateTimeOffset now) => Only(vm, now, new VmMigrationStarted
    {
        VmId = vm.Id,
        OperationId = m.OperationId,
        SourceHostId = m.SourceHostId,
        DestinationHostId = m.DestinationHostId,
        Epoch = m.Epoch,
        Policy = m.Policy,
        Trail = m.Trail,
        At = m.At,
    });

    public static VmChange PhaseChanged(VmRecord vm, MigrationPhaseChanged m, DateTimeOffset now) => Only(vm, now, new VmMigrationPhaseChanged
    {
        VmId = vm.Id,
        OperationId = m.OperationId,
        From = m.From,
        To = m.To,
        Reason = m.Reason,
        Error = m.Error,
        At = m.At,
    });

    public static VmChange InDoubt(VmRecord vm, MigrationInDoubt m, DateTimeOffset now) => Only(vm, now, new VmMigrationInDoubt
    {
        VmId = vm.Id,
        OperationId = m.OperationId,
        UnansweredHostIds = m.UnansweredHostIds,
        Since = m.Since,
        Unknown = m.Unknown,
    });

    /// <summary>The VM lives on the destination from here on, even if that host's agent has not been heard yet.</summary>
    public static VmChange Completed(VmRecord vm, MigrationCompleted m, DateTimeOffset now)
    {
        var change = Only(vm, now, new VmMigrationCompleted
        {
            VmId = vm.Id,
            OperationId = m.OperationId,
            SourceHostId = m.SourceHostId,
            DestinationHostId = m.DestinationHostId,
            At = m.At,
            TotalMs = m.TotalMs,
            Phases = m.Phases,
            DowntimeMs = m.DowntimeMs,
            TransferredBytes = m.TransferredBytes,
            State = m.State,
            LeftOnSource = m.LeftOnSource,
            Trail = TrailOf(vm, m.OperationId),
        });
        if (change.After!.HostId != m.DestinationHostId)
        {
            change.Add(new VmMoved
            {
                VmId = vm.Id,
                FromHostId = vm.HostId,
                ToHostId = m.DestinationHostId,
                MigrationId = m.OperationId,
                At = m.At,
                Trail = TrailOf(vm, m.OperationId),
            });
        }

        VmRules.Settle(change, Absence.ByReport);
        return change;
    }

    public static VmChange RolledBack(VmRecord vm, MigrationRolledBack m, DateTimeOffset now)
    {
        var change = Only(vm, now, new VmMigrationRolledBack
        {
            VmId = vm.Id,
            OperationId = m.OperationId,
            SourceHostId = m.SourceHostId,
            DestinationHostId = m.DestinationHostId,
            At = m.At,
            TotalMs = m.TotalMs,
            Phases = m.Phases,
            Cancelled = m.Cancelled,
            Error = m.Error,
            Trail = TrailOf(vm, m.OperationId),
        });
        VmRules.Settle(change, Absence.ByReport);
        return change;
    }

    public static VmChange Failed(VmRecord vm, MigrationFailed m, DateTimeOffset now)
    {
        var change = Only(vm, now, new VmMigrationFailed
        {
            VmId = vm.Id,
            OperationId = m.OperationId,
            SourceHostId = m.SourceHostId,
            DestinationHostId = m.DestinationHostId,
            At = m.At,
            TotalMs = m.TotalMs,
            Phases = m.Phases,
            Error = m.Error,
            Trail = TrailOf(vm, m.OperationId),
        });
        VmRules.Settle(change, Absence.ByReport);
        return change;
    }

    /// <summary>A host turned a command away that belongs to an operation from before the one that owns the VM now. The operation may long have ended.</summary>
    public static VmChange Fenced(VmRecord vm, HostCommandRefused m, DateTimeOffset now) => Only(vm, now, new VmCommandFenced
    {
        VmId = vm.Id,
        OperationId = m.OperationId,
        Command = m.Command,
        HostId = m.HostId,
        Epoch = m.Epoch,
        HighestEpoch = m.HighestEpoch,
        At = m.At,
    });

    static VmChange Only(VmRecord vm, DateTimeOffset now, object e)
    {
        var change = new VmChange(vm, now);
        change.Add(e);
        return change;
    }

    static Trail? TrailOf(VmRecord vm, OperationId operation) => vm.OperationId == operation ? vm.OperationTrail : null;
}
