using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;

namespace HvPlatform.Hypervisors.Simulated;

public sealed partial class SimulatedDriver
{
    const string MachineType = "simulated-v1";

    sealed class MigrationFacet(SimulatedDriver driver) : IMigrationDriver
    {
        SimulatedHost Host => driver._host;

        public Task<(IReadOnlyList<MigrationFinding> Findings, MigrationSourceFacts? Facts)> CheckSourceAsync(VmId vm, CancellationToken cancellationToken) =>
            driver.CallAsync(SimulatedOperation.CheckSource, vm, () => CheckSource(vm), cancellationToken);

        public Task<IReadOnlyList<MigrationFinding>> CheckDestinationAsync(MigrationSourceFacts facts, CancellationToken cancellationToken) =>
            driver.CallAsync(SimulatedOperation.CheckDestination, facts.Vm.Id, () => CheckDestination(facts), cancellationToken);

        public Task<string> PrepareDestinationAsync(MigrationSourceFacts facts, CancellationToken cancellationToken) => driver.CallAsync(
            SimulatedOperation.PrepareDestination,
            facts.Vm.Id,
            () =>
            {
                if (CheckDestination(facts).FirstOrDefault(f => !f.Passed) is { } failed && !Host.Vms.ContainsKey(facts.Vm.Id))
                {
                    throw driver.Error(ErrorKind.Resource, "destination-not-ready", $"{Host.Name} cannot take {facts.Vm.Name}: {failed.Check}: {failed.Detail}", "Choose another destination.");
                }

                if (!Host.Vms.ContainsKey(facts.Vm.Id))
                {
                    Host.Prepared.Add(facts.Vm.Id);
                }

                return Host.MigrationUri;
            },
            cancellationToken);

        public async Task<TransferResult> TransferAsync(TransferRequest request, IProgress<MigrationProgress> progress, CancellationToken cancellationToken)
        {
            var connection = CancellationToken.None;
            var transfer = await driver.CallAsync(
                SimulatedOperation.Transfer,
                request.Vm,
                () =>
                {
                    connection = Host.Connection.Token;
                    var t = Begin(request);
                    t.ObserveLocked(progress);
                    return t;
                },
                cancellationToken).ConfigureAwait(false);
            using var abort = cancellationToken.UnsafeRegister(_ => Abort(transfer), null);
            using var lost = CancellationTokenSource.CreateLinkedTokenSource(connection, driver._disposed.Token);
            try
            {
                return await transfer.Ended.WaitAsync(lost.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return transfer.Ended.IsCompletedSuccessfully
                    ? await transfer.Ended.ConfigureAwait(false)
                    : new TransferResult(VmTransferOutcome.Indeterminate, null, null, null, null, SimulatedErrors.ConnectionLost(Host));
            }
        }

        public Task<VmPresence> InspectAsync(VmId vm, CancellationToken cancellationToken) => driver.CallAsync(
            SimulatedOperation.Inspect,
            vm,
            () => Host.Vms.GetValueOrDefault(vm) is { } v
                ? new VmPresence(true, v.Info.State, v.Incoming || v.Outgoing is not null, v.Info.Epoch)
                : new VmPresence(false, VmState.Unknown, false, 0),
            cancellationToken);

        public Task<VmState> FinishDestinationAsync(VmId vm, CancellationToken cancellationToken) => driver.CallAsync(
            SimulatedOperation.FinishDestination,
            vm,
            () =>
            {
                var v = Host.Vms.GetValueOrDefault(vm) ?? throw new HypervisorException(SimulatedErrors.NotFound(Host, vm));
                driver.Require(v, !v.Incoming && !v.Left && v.Info.State is VmState.Running or VmState.Paused && v.Info.Persistent, "the VM has not arrived");
                return v.Info.State;
            },
            cancellationToken);

        public Task ConfirmSourceAsync(VmId vm, CancellationToken cancellationToken) => driver.CallAsync(SimulatedOperation.ConfirmSource, vm, () =>
        {
            if (Host.Vms.GetValueOrDefault(vm) is { } v)
            {
                driver.Require(v, v.Left || !SimulatedHost.HoldsMemory(v.Info.State), "it is in use here and is not removed");
                Host.Vms.Remove(vm);
                Host.Emit(vm, gone: true, "lifecycle:undefined/migrated");
            }

            return true;
        }, cancellationToken);

        public Task CleanUpDestinationAsync(VmId vm, CancellationToken cancellationToken) => driver.CallAsync(SimulatedOperation.CleanUpDestination, vm, () =>
        {
            if (Host.Vms.GetValueOrDefault(vm) is { } v)
            {
                driver.Require(v, !SimulatedHost.HoldsMemory(v.Info.State), "it is in use here and is not removed");
            }

            Host.Prepared.Remove(vm);
            return true;
        }, cancellationToken);

        SimulatedTransfer Begin(TransferRequest request)
        {
            var v = Host.Vms.GetValueOrDefault(request.Vm) ?? throw new HypervisorException(SimulatedErrors.NotFound(Host, request.Vm));
            if (v.Outgoing is { } active)
            {
                return active;
            }

            driver.Require(v, !v.Incoming && !v.Left && v.Info.State is VmState.Running or VmState.Paused, "only a running or paused VM can be moved live");
            var destination = driver._fleet.Find(request.MigrationUri)
                ?? throw driver.Error(ErrorKind.Validation, "migration-uri-unknown", $"No simulated host listens at {request.MigrationUri}.", "Use the address the destination gave.");
            if (destination == Host)
            {
                throw driver.Error(ErrorKind.Validation, "same-host", $"VM {v.Info.Name} is on {Host.Name} already.", "Choose another destination.");
            }

            if (!destination.PoweredOn)
            {
                throw new HypervisorException(SimulatedErrors.Unreachable(destination));
            }

            if (destination.Vms.ContainsKey(request.Vm))
            {
                throw driver.Error(ErrorKind.Conflict, "vm-exists", $"{destination.Name} already has a VM {request.Vm}.", "Find out which of the two is the true one.");
            }

            if (destination.FreeMemoryMiB < v.Info.MemoryMiB)
            {
                throw driver.Error(ErrorKind.Resource, "memory-short", $"{destination.Name} has {destination.FreeMemoryMiB} MiB free; {v.Info.Name} needs {v.Info.MemoryMiB} MiB.", "Choose another destination.");
            }

            if (Host.Transfers.Count >= Host.Options.MaxConcurrentMigrations || destination.Transfers.Count >= destination.Options.MaxConcurrentMigrations)
            {
                throw driver.Error(ErrorKind.Resource, "too-many-migrations", $"{Host.Name} or {destination.Name} is at its limit of concurrent migrations.", "Wait for one to end.");
            }

            return SimulatedTransfer.BeginLocked(driver._fleet, Host, v, destination, request.Policy);
        }

        void Abort(SimulatedTransfer transfer)
        {
            lock (driver._fleet.Gate)
            {
                transfer.AbortLocked();
            }
        }

        (IReadOnlyList<MigrationFinding> Findings, MigrationSourceFacts? Facts) CheckSource(VmId vm)
        {
            if (Host.Vms.GetValueOrDefault(vm) is not { } v)
            {
                return ([Finding("vm-exists", false, $"{Host.Name} has no VM {vm}. Look it up in the inventory.")], null);
            }

            var running = v.Info.State is VmState.Running or VmState.Paused && !v.Incoming && !v.Left;
            var free = v.Outgoing is null;
            var unshared = v.Info.Disks.FirstOrDefault(d => d.Source is not null && !d.Shared);
            MigrationFinding[] findings =
            [
                Finding("vm-exists", true, $"{v.Info.Name} is on {Host.Name}."),
                Finding("vm-running", running && free, free ? $"It is {v.Info.State}." : "It has an active migration. Wait for it to end."),
                Finding("disks-reachable", unshared is null, unshared is null ? "All disks are on shared storage." : $"{unshared.Source} is on this host only. Move it to shared storage."),
            ];
            return findings.All(f => f.Passed)
                ? (findings, new MigrationSourceFacts
                {
                    Vm = v.Info,
                    SourceHostName = Host.Name,
                    Hypervisor = HypervisorKind.Simulated,
                    CpuRequirement = Host.Options.CpuModel,
                    MachineType = MachineType,
                    DirtyRateMiBps = (long)Math.Ceiling(v.Guest.DirtyMiBps),
                })
                : (findings, null);
        }

        IReadOnlyList<MigrationFinding> CheckDestination(MigrationSourceFacts facts)
        {
            var vm = facts.Vm;
            var fits = Host.FreeMemoryMiB >= vm.MemoryMiB;
            return
            [
                Finding("facet", facts.Hypervisor == HypervisorKind.Simulated, $"The source is {facts.Hypervisor}, this host is {HypervisorKind.Simulated}."),
                Finding("uuid-free", !Host.Vms.ContainsKey(vm.Id), Host.Vms.ContainsKey(vm.Id) ? $"{Host.Name} already has a VM {vm.Id}. Remove it or find out which is the true one." : "The id is free."),
                Finding("name-free", Host.Vms.Values.All(v => v.Info.Name != vm.Name || v.Info.Id == vm.Id), $"The name {vm.Name} must not be in use on {Host.Name}."),
                Finding("cpu-model", facts.CpuRequirement is null || facts.CpuRequirement == Host.Options.CpuModel, $"The VM needs {facts.CpuRequirement ?? "any CPU"}, {Host.Name} has {Host.Options.CpuModel}."),
                Finding("machine-type", facts.MachineType is null or MachineType, $"The VM needs {facts.MachineType ?? MachineType}, {Host.Name} offers {MachineType}."),
                Finding("disks-reachable", vm.Disks.All(d => d.Source is null || d.Shared), "Every disk must be on shared storage."),
                Finding("memory-fits", fits, $"The VM needs {vm.MemoryMiB} MiB, {Host.Name} has {Host.FreeMemoryMiB} MiB free.{(fits ? "" : " Stop another VM or choose another host.")}"),
            ];
        }

        static MigrationFinding Finding(string check, bool passed, string detail) => new() { Check = check, Passed = passed, Detail = detail };
    }
}
