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
            if (await session.GetAsync(HyperVParts.Vm(facts.Vm.Id), cancellationToken) is not null)
            {
                throw Error(ErrorCategory.MigrationFailed, ErrorKind.Conflict, "vm-exists", $"VM {facts.Vm.Name} is on host {connector.Where} already.", "Find out which copy is right.");
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
    public async Task<VmPresence> InspectAsync(VmId vm, CancellationToken cancellationToken)
    {
        var (job, planned, incoming) = await connector.RunAsync(
            $"Cannot inspect VM {vm}",
            async session => (
                await connector.Jobs.FindRunningAsync(session, HyperVParts.Vm(vm), "Msvm_MigrationJob", cancellationToken),
                await session.GetAsync(HyperVParts.Planned(vm), cancellationToken),
                IsArriving(await session.GetAsync(HyperVParts.Vm(vm), cancellationToken))),
            cancellationToken);

        // After the job: a VM that left in between is then missing, and not found with a job that has ended.
        var info = await find(vm, cancellationToken);
        return info is not null
            ? new VmPresence(true, info.State, job is not null, info.Epoch) { Incoming = job is null && incoming }
            : planned is not null ? new VmPresence(true, VmState.Off, false, 0) { Incoming = true } : new VmPresence(false, VmState.Unknown, job is not null, 0);
    }

    /// <inheritdoc/>
    public async Task<VmState> FinishDestinationAsync(VmId vm, MigrationSourceFacts? facts, CancellationToken cancellationToken)
    {
        var info = await find(vm, cancellationToken) ?? throw HyperVErrors.VmNotFound(vm, connector.Where);
        if (facts is not null && HyperVSourceChecks.IsCold(facts.Vm.State) && HyperVSourceChecks.IsCold(info.State))
        {
            return info.Epoch >= facts.Vm.Epoch
                ? info.State
                : throw Error(ErrorCategory.InvalidState, ErrorKind.InvalidState, "not-arrived", $"The VM {info.Name} on host {connector.Where} is an old one (epoch {info.Epoch}, not {facts.Vm.Epoch}).", "Find out which copy is right.");
        }

        return info.State is VmState.Running or VmState.Paused
            ? info.State
            : throw HyperVErrors.InvalidState("take over", info.Name, info.State.ToString(), connector.Where, nameof(VmState.Running), nameof(VmState.Paused));
    }

    /// <inheritdoc/>
    public async Task ConfirmSourceAsync(VmId vm, CancellationToken cancellationToken)
    {
        // Hyper-V has removed it by itself, unless the host failed in the very moment.
        if (await find(vm, cancellationToken) is { } info)
        {
            await RequireIdleAsync(vm, info, cancellationToken);
            await DestroyAsync(HyperVParts.Vm(vm), $"remove what is left of VM {info.Name}", cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async Task<VmState> RestoreSourceAsync(VmId vm, bool wasRunning, CancellationToken cancellationToken)
    {
        var info = await find(vm, cancellationToken) ?? throw HyperVErrors.VmNotFound(vm, connector.Where);

        // Hyper-V lets the guest run on by itself when its job fails; there is no state "paused by a migration" to be ended.
        return await JobAsync(vm, cancellationToken) is null
            ? info.State
            : throw Error(ErrorCategory.InvalidState, ErrorKind.InvalidState, "job-active", $"A migration of VM {info.Name} is active.", "Abort it first.");
    }

    /// <inheritdoc/>
    public async Task CleanUpDestinationAsync(VmId vm, MigrationSourceFacts? facts, CancellationToken cancellationToken)
    {
        if (await find(vm, cancellationToken) is { } info && !HyperVSourceChecks.IsCold(info.State))
        {
            throw Error(ErrorCategory.InvalidState, ErrorKind.InvalidState, "vm-active-here", $"VM {info.Name} is {info.State} on this host: nothing was removed.", "Ask both hosts which copy is right.");
        }

        if (await connector.RunAsync($"Cannot look for a planned VM {vm}", session => session.GetAsync(HyperVParts.Planned(vm), cancellationToken), cancellationToken) is not null)
        {
            await DestroyAsync(HyperVParts.Planned(vm), $"remove the planned VM {vm}", cancellationToken);
        }
    }

    private static bool IsArriving(CimInstance? vm)
    {
        const ushort Migrating = 32774;
        return vm is not null && vm.Array<ushort>("OperationalStatus").Contains(Migrating);
    }

    private Task<HyperVJob?> JobAsync(VmId vm, CancellationToken cancellationToken) =>
        connector.RunAsync($"Cannot look for a migration of VM {vm}", session => connector.Jobs.FindRunningAsync(session, HyperVParts.Vm(vm), "Msvm_MigrationJob", cancellationToken), cancellationToken);

    private async Task RequireIdleAsync(VmId vm, VmInfo info, CancellationToken cancellationToken)
    {
        if (!HyperVSourceChecks.IsCold(info.State) || await JobAsync(vm, cancellationToken) is not null)
        {
            throw Error(ErrorCategory.InvalidState, ErrorKind.InvalidState, "vm-active-here", $"VM {info.Name} is {info.State} on this host, in use, and is not removed.", "Ask both hosts which copy is right.");
        }
    }

    private Task DestroyAsync(CimPath system, string operation, CancellationToken cancellationToken) => connector.RunAsync(
        $"Cannot {operation}",
        async session =>
        {
            var service = await HyperVParts.FirstAsync(session, "Msvm_VirtualSystemManagementService", cancellationToken)
                ?? throw Error(ErrorCategory.Query, ErrorKind.Unsupported, "class-missing", $"Host {connector.Where} has no Hyper-V management service.", "Install the Hyper-V role.");
            try
            {
                await connector.Jobs.RunAsync(session, HyperVParts.PathOf(service), "DestroySystem", new CimInstance("DestroySystem") { ["AffectedSystem"] = system }, operation, new HyperVJobOptions(), cancellationToken);
            }
            catch (HypervisorException error) when (error.Kind == ErrorKind.NotFound)
            {
                // It went between two questions.
            }
        },
        cancellationToken);

    private HypervisorException Error(ErrorCategory category, ErrorKind kind, string code, string message, string advice) =>
        new(HyperVErrors.Info(category, message, connector.Where) with { Kind = kind, Code = code, Advice = advice });
}
