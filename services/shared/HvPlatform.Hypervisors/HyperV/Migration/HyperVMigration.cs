using System.Collections.Concurrent;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>
/// Migration as Hyper-V does it between two hosts: the source's migration service connects to the destination's and runs the whole handshake in a job of its own, so that
/// neither agent's death stops it and neither agent decides who runs the VM. Until the switch-over the destination has a planned VM at most, which cannot be started; after
/// it the source has none: Hyper-V removes it by itself.
/// </summary>
/// <param name="connector">The host.</param>
/// <param name="find">Reads a VM as the driver does.</param>
/// <param name="freeMemory">What memory is not in use, MiB.</param>
internal sealed class HyperVMigration(HyperVConnector connector, Func<VmId, CancellationToken, Task<VmInfo?>> find, Func<CancellationToken, Task<long?>> freeMemory) : IMigrationDriver
{
    private const string Job = "Msvm_MigrationJob";

    private readonly ConcurrentDictionary<VmId, HyperVTransfer> running = new();

    /// <inheritdoc/>
    public async Task<(IReadOnlyList<MigrationFinding> Findings, MigrationSourceFacts? Facts)> CheckSourceAsync(VmId vm, MigrationPolicy policy, CancellationToken cancellationToken) =>
        await find(vm, cancellationToken) is { } info
            ? await connector.RunAsync($"Cannot check VM {info.Name}", session => new HyperVSourceChecks(connector).RunAsync(session, info, policy, cancellationToken), cancellationToken)
            : ([HyperVSourceChecks.Finding("vm-exists", false, $"Host {connector.Where} has no VM {vm}.")], null);

    /// <inheritdoc/>
    public Task<IReadOnlyList<MigrationFinding>> CheckDestinationAsync(MigrationSourceFacts facts, MigrationPolicy policy, CancellationToken cancellationToken) => connector.RunAsync(
        $"Cannot check whether VM {facts.Vm.Name} can come", session => new HyperVDestinationChecks(connector, freeMemory).RunAsync(session, facts, policy, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<string> PrepareDestinationAsync(MigrationSourceFacts facts, MigrationPolicy policy, CancellationToken cancellationToken) => connector.RunAsync(
        $"Cannot prepare for VM {facts.Vm.Name}",
        async session =>
        {
            // The source's service makes what is needed here when the transfer begins. What is left is to be sure that it can, and to say where to.
            if (await session.GetAsync(VmPaths.Of(facts.Vm.Id), cancellationToken) is not null)
            {
                throw Error(ErrorCategory.MigrationFailed, ErrorKind.Conflict, "vm-exists", $"VM {facts.Vm.Name} is on host {connector.Where} already.", "Find out which copy is right.");
            }

            // Whoever made it: the transfer would come into it, and a clean-up would take it away.
            if (await session.GetAsync(HyperVParts.Planned(facts.Vm.Id), cancellationToken) is not null)
            {
                throw Error(ErrorCategory.MigrationFailed, ErrorKind.Conflict, "planned-vm-exists", $"Host {connector.Where} has a planned VM {facts.Vm.Id} already.", "Realize it or delete it.");
            }

            var service = await HyperVMigrationService.ReadAsync(session, cancellationToken);
            return service is { Enabled: true }
                ? new HyperVMigrationAddress(connector.Options.MigrationHost ?? connector.Where, service.Addresses).ToString()
                : throw Error(ErrorCategory.MigrationFailed, ErrorKind.Unsupported, "migration-disabled", $"Live migration is not enabled on host {connector.Where}.", "Enable it in the host's Hyper-V settings (Enable-VMMigration).");
        },
        cancellationToken);

    /// <inheritdoc/>
    public async Task<TransferResult> TransferAsync(TransferRequest request, IProgress<MigrationProgress> progress, CancellationToken cancellationToken)
    {
        var mine = new HyperVTransfer(connector, request, token => find(request.Vm, token));
        var transfer = running.GetOrAdd(request.Vm, mine);
        using var reporting = transfer.Report(progress);
        await using var aborting = cancellationToken.Register(transfer.Abort);
        if (transfer == mine)
        {
            transfer.Start(() => running.TryRemove(request.Vm, out _));
        }

        return await transfer.Completion;
    }

    /// <inheritdoc/>
    public Task<VmPresence> InspectAsync(VmId vm, CancellationToken cancellationToken) => connector.RunAsync(
        $"Cannot inspect VM {vm}",
        async session =>
        {
            // The job first: a VM that leaves in between is then missing, and not found staying with a job that has ended.
            var outgoing = await connector.Jobs.FindRunningAsync(session, VmPaths.Of(vm), Job, cancellationToken) is not null;
            if (await ReadAsync(session, vm, cancellationToken) is { } there)
            {
                return new VmPresence(true, there.State, outgoing, there.Epoch) { Incoming = there.Migrating && !outgoing };
            }

            // A planned VM cannot run: it is what a migration, or an import, is still to come into.
            return await session.GetAsync(HyperVParts.Planned(vm), cancellationToken) is null
                ? new VmPresence(false, VmState.Unknown, outgoing, 0)
                : new VmPresence(true, VmState.Off, outgoing, 0) { Incoming = true };
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task<VmState> FinishDestinationAsync(VmId vm, MigrationSourceFacts? facts, CancellationToken cancellationToken) => connector.RunAsync(
        $"Cannot finish the migration of VM {vm}",
        async session =>
        {
            var there = await ReadAsync(session, vm, cancellationToken) ?? throw HyperVErrors.VmNotFound(vm, connector.Where);
            if (facts is not null && HyperVSourceChecks.MovesCold(facts) && HyperVSourceChecks.IsCold(there.State))
            {
                return there.Epoch >= facts.Vm.Epoch
                    ? there.State
                    : throw Error(ErrorCategory.InvalidState, ErrorKind.InvalidState, "not-arrived", $"VM {there.Name} on host {connector.Where} is an old one (epoch {there.Epoch}, not {facts.Vm.Epoch}).", "Find out which copy is right.");
            }

            return there.State is VmState.Running or VmState.Paused && !there.Migrating
                ? there.State
                : throw HyperVErrors.InvalidState("take over", there.Name, there.State.ToString(), connector.Where, nameof(VmState.Running), nameof(VmState.Paused));
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task ConfirmSourceAsync(VmId vm, CancellationToken cancellationToken) => connector.RunAsync(
        $"Cannot remove what is left of VM {vm}",
        async session =>
        {
            // Hyper-V has removed it by itself, unless the host failed in that very moment. Its disk files stay, except for what checkpoints are made of: see below.
            if (await ReadAsync(session, vm, cancellationToken) is not { } there)
            {
                return;
            }

            if (!HyperVSourceChecks.IsCold(there.State) || await connector.Jobs.FindRunningAsync(session, VmPaths.Of(vm), Job, cancellationToken) is not null)
            {
                throw Error(ErrorCategory.InvalidState, ErrorKind.InvalidState, "vm-active-here", $"VM {there.Name} is {there.State} on this host, in use, and is not removed.", "Ask both hosts which copy is right.");
            }

            await RefuseMergeAsync(session, vm, there.Name, cancellationToken);
            await DestroyAsync(session, VmPaths.Of(vm), $"remove what is left of VM {there.Name}", cancellationToken);
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task<VmState> RestoreSourceAsync(VmId vm, bool wasRunning, CancellationToken cancellationToken) => connector.RunAsync(
        $"Cannot restore VM {vm}",
        async session =>
        {
            var there = await ReadAsync(session, vm, cancellationToken) ?? throw HyperVErrors.VmNotFound(vm, connector.Where);

            if (await connector.Jobs.FindRunningAsync(session, VmPaths.Of(vm), Job, cancellationToken) is not null)
            {
                throw Error(ErrorCategory.InvalidState, ErrorKind.InvalidState, "job-active", $"A migration of VM {there.Name} is active.", "Abort it first.");
            }

            // Hyper-V lets a guest that was moved live run on by itself when its job fails. One that was saved to be moved is started here, where it is known that nobody
            // else has it; one that was paused before that stays saved, since starting it would let it run.
            if (!wasRunning || there.State != VmState.Saved)
            {
                return there.State;
            }

            var start = new CimInstance("RequestStateChange") { ["RequestedState"] = (ushort)2 };
            await connector.Jobs.RunAsync(session, VmPaths.Of(vm), "RequestStateChange", start, $"start VM {there.Name} again", new HyperVJobOptions(), cancellationToken);
            return (await ReadAsync(session, vm, cancellationToken) ?? throw HyperVErrors.VmNotFound(vm, connector.Where)).State;
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task CleanUpDestinationAsync(VmId vm, MigrationSourceFacts? facts, CancellationToken cancellationToken) => connector.RunAsync(
        $"Cannot clean up after VM {vm}",
        async session =>
        {
            if (await ReadAsync(session, vm, cancellationToken) is { } there)
            {
                throw HyperVSourceChecks.IsCold(there.State)
                    ? Error(ErrorCategory.InvalidState, ErrorKind.InvalidState, "vm-defined-here", $"VM {there.Name} is defined on this host, so it may have arrived: nothing was removed.", "Find out which copy is right.")
                    : Error(ErrorCategory.InvalidState, ErrorKind.InvalidState, "vm-active-here", $"VM {there.Name} is {there.State} on this host: nothing was removed.", "Ask both hosts which copy is right.");
            }

            // None was here when this host was prepared. One that bears the mark of an import has come since, and is not the migration's.
            if (await session.GetAsync(HyperVParts.Planned(vm), cancellationToken) is not null
                && (await session.GetAsync(VmPaths.SettingsOf(vm), cancellationToken))?.Array<string>("Notes").Any(n => n.Contains(HyperVExport.Mark, StringComparison.Ordinal)) != true)
            {
                await DestroyAsync(session, HyperVParts.Planned(vm), $"remove the planned VM {vm}", cancellationToken);
            }
        },
        cancellationToken);

    /// <summary>What there is to know of a VM without its devices; null if the host does not have it.</summary>
    private static async Task<(string Name, VmState State, long Epoch, bool Migrating)?> ReadAsync(ICimSession session, VmId vm, CancellationToken cancellationToken)
    {
        const ushort Migrating = 32774;
        if (await HyperVInventory.FindAsync(session, vm, cancellationToken) is not { } system)
        {
            return null;
        }

        var settings = await session.GetAsync(VmPaths.SettingsOf(vm), cancellationToken);
        return (
            system.String("ElementName") ?? vm.ToString(),
            HyperVState.Map((int)(system.Number("EnabledState") ?? 0)),
            EpochNote.Read(settings?.Array<string>("Notes") is [var notes, ..] ? notes : null).Epoch,
            system.Array<ushort>("OperationalStatus").Contains(Migrating));
    }

    /// <summary>
    /// With its checkpoints a VM's differencing disks are merged when it is removed. On shared storage they may be the very files that the VM runs from on the destination, so
    /// that is left to a person; what is not shared was copied, and may go.
    /// </summary>
    private async Task RefuseMergeAsync(ICimSession session, VmId vm, string name, CancellationToken cancellationToken)
    {
        var checkpoints = 0;
        await foreach (var checkpoint in session.AssociatorsAsync(VmPaths.Of(vm), "Msvm_SnapshotOfVirtualSystem", "Msvm_VirtualSystemSettingData", cancellationToken))
        {
            checkpoints++;
        }

        if (checkpoints == 0 || await HyperVParts.ReadAsync(session, vm, cancellationToken) is not { } parts)
        {
            return;
        }

        var shared = parts.Disks.Select(d => HyperVParts.FileOf(d)!).Where(f => HyperVSourceChecks.IsShared(f, connector.Options)).ToList();
        if (shared.Count > 0)
        {
            throw Error(
                ErrorCategory.InvalidState, ErrorKind.InvalidState, "vm-left-with-checkpoints",
                $"What is left of VM {name} has {checkpoints} checkpoint(s), and removing it would merge disks that the destination may use: {string.Join(", ", shared)}.",
                "Make sure that the VM is whole on the destination, then take the disks off the VM that is left here and delete it.");
        }
    }

    private async Task DestroyAsync(ICimSession session, CimPath system, string operation, CancellationToken cancellationToken)
    {
        try
        {
            await connector.Jobs.RunAsync(session, await new HyperVServices(connector).PathAsync(session, HyperVServices.Management, cancellationToken), "DestroySystem", new CimInstance("DestroySystem") { ["AffectedSystem"] = system }, operation, new HyperVJobOptions(), cancellationToken);
        }
        catch (HypervisorException error) when (error.Kind == ErrorKind.NotFound)
        {
            // It went between two questions.
        }
    }

    private HypervisorException Error(ErrorCategory category, ErrorKind kind, string code, string message, string advice) =>
        new(HyperVErrors.Info(category, message, connector.Where) with { Kind = kind, Code = code, Advice = advice });
}
