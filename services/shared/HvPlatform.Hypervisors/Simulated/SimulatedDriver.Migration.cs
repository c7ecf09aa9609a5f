using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;

namespace HvPlatform.Hypervisors.Simulated;

public sealed partial class SimulatedDriver
{
    const string MachineType = "simulated-v1";

    sealed class MigrationFacet(SimulatedDriver driver) : IMigrationDriver
    {
        SimulatedHost Host => driver._host;

        public Task<(IReadOnlyList<MigrationFinding> Findings, MigrationSourceFacts? Facts)> CheckSourceAsync(VmId vm, MigrationPolicy policy, CancellationToken cancellationToken) =>
            driver.CallAsync(SimulatedOperation.CheckSource, vm, () => CheckSource(vm), cancellationToken);

        public Task<IReadOnlyList<MigrationFinding>> CheckDestinationAsync(MigrationSourceFacts facts, MigrationPolicy policy, CancellationToken cancellationToken) =>
            driver.CallAsync(SimulatedOperation.CheckDestination, facts.Vm.Id, () => CheckDestination(facts), cancellationToken);

        public Task<string> PrepareDestinationAsync(MigrationSourceFacts facts, MigrationPolicy policy, CancellationToken cancellationToken) => driver.CallAsync(
            SimulatedOperation.PrepareDestination,
            facts.Vm.Id,
            () =>
            {
                if (CheckDestination(facts).FirstOrDefault(f => !f.Passed) is { } failed && !Host.Vms.ContainsKey(facts.Vm.Id))
                {
                    throw driver.Error(ErrorKind.Resource, "destination-not-ready", $"{Host.Name} cannot take {facts.Vm.Name}: {failed.Check}: {failed.Detail}", "Choose another destination.");
                }

                if (!Host.Vms.ContainsKey(facts.Vm.Id) && Host.Prepared.Add(facts.Vm.Id))
                {
                    driver._fleet.TellLocked(Host, facts.Vm.Id, SimulatedOperation.PrepareDestination);
                }

                return Host.MigrationUri;
            },
            cancellationToken);

        public async Task<TransferResult> TransferAsync(TransferRequest request, IProgress<MigrationProgress> progress, CancellationToken cancellationToken)
        {
            var connection = CancellationToken.None;
            SimulatedTransfer? transfer = null;
            try
            {
                var refusal = await driver.CallAsync(
                    SimulatedOperation.Transfer,
                    request.Vm,
                    () =>
                    {
                        connection = Host.Connection.Token;
                        return Begin(request, progress, out transfer);
                    },
                    cancellationToken);
                if (transfer is null)
                {
                    return Ended(refusal!.Kind == ErrorKind.NotFound ? VmTransferOutcome.Indeterminate : VmTransferOutcome.Failed, refusal);
                }
            }
            catch (HypervisorException e)
            {
                return Ended(e.Kind is ErrorKind.Transient or ErrorKind.Timeout or ErrorKind.Unknown ? VmTransferOutcome.Indeterminate : VmTransferOutcome.Failed, e.Error);
            }

            transfer.Report();
            using var abort = cancellationToken.UnsafeRegister(_ => Abort(transfer), null);
            using var lost = CancellationTokenSource.CreateLinkedTokenSource(connection, driver._disposed.Token);
            return await transfer.EndAsync(lost.Token) ?? Ended(VmTransferOutcome.Indeterminate, SimulatedErrors.ConnectionLost(Host));
        }

        public Task<VmPresence> InspectAsync(VmId vm, CancellationToken cancellationToken) => driver.CallAsync(
            SimulatedOperation.Inspect,
            vm,
            () => Host.Vms.GetValueOrDefault(vm) is { } v
                ? new VmPresence(true, v.Info.State, v.Incoming || v.Outgoing is not null, v.Info.Epoch) { Incoming = v.Incoming, PausedByMigration = v.Incoming || v.Left }
                : new VmPresence(false, VmState.Unknown, false, 0),
            cancellationToken);

        public Task<VmState> FinishDestinationAsync(VmId vm, MigrationSourceFacts? facts, CancellationToken cancellationToken) => driver.CallAsync(
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
                driver._fleet.TellLocked(Host, vm, SimulatedOperation.ConfirmSource);
            }

            return true;
        }, cancellationToken);

        public Task<VmState> RestoreSourceAsync(VmId vm, bool wasRunning, CancellationToken cancellationToken) => driver.CallAsync(SimulatedOperation.RestoreSource, vm, () =>
        {
            var v = Host.Vms.GetValueOrDefault(vm) ?? throw driver.Error(ErrorKind.NotFound, "vm-not-found", $"{Host.Name} has no VM {vm}.", "Ask the other host.");
            driver.Require(v, !v.Incoming && v.Outgoing is null, "a transfer holds it");
            if (v.Left)
            {
                // As with QEMU's postmigrate state: nothing but the caller's knowledge keeps this copy from running beside the other one.
                v.Left = false;
                driver._fleet.TellLocked(Host, vm, SimulatedOperation.RestoreSource);
                if (wasRunning)
                {
                    Host.SetStateLocked(v, VmState.Running, "lifecycle:resumed/migration-failed");
                }
            }

            return v.Info.State;
        }, cancellationToken);

        public Task CleanUpDestinationAsync(VmId vm, MigrationSourceFacts? facts, CancellationToken cancellationToken) => driver.CallAsync(SimulatedOperation.CleanUpDestination, vm, () =>
        {
            if (Host.Vms.GetValueOrDefault(vm) is { } v)
            {
                driver.Require(v, !SimulatedHost.HoldsMemory(v.Info.State), "it is in use here and is not removed");
            }

            if (Host.Prepared.Remove(vm))
            {
                driver._fleet.TellLocked(Host, vm, SimulatedOperation.CleanUpDestination);
            }

            return true;
        }, cancellationToken);

        static TransferResult Ended(VmTransferOutcome outcome, ErrorInfo error) => new(outcome, null, null, null, null, error);

        ErrorInfo? Begin(TransferRequest request, IProgress<MigrationProgress> progress, out SimulatedTransfer? transfer)
        {
            transfer = null;
            if (Host.Vms.GetValueOrDefault(request.Vm) is not { } v)
            {
                return SimulatedErrors.NotFound(Host, request.Vm);
            }

            if (v.Outgoing is null)
            {
                var destination = driver._fleet.Find(request.MigrationUri);
                if (Refusal(v, destination, request.MigrationUri) is { } refusal)
                {
                    return refusal;
                }

                SimulatedTransfer.BeginLocked(driver._fleet, Host, v, destination!, request.Policy);
                driver._fleet.TellLocked(Host, request.Vm, SimulatedOperation.Transfer);
            }

            transfer = v.Outgoing!;
            transfer.ObserveLocked(progress);
            return null;
        }

        ErrorInfo? Refusal(SimulatedVm v, SimulatedHost? destination, string uri)
        {
            ErrorInfo Make(ErrorKind kind, string code, string message, string advice) => SimulatedErrors.Make(Host, kind, code, message, advice: advice);
            if (v.Incoming || v.Left || v.Info.State is not (VmState.Running or VmState.Paused))
            {
                return SimulatedErrors.WrongState(Host, v, "only a running or paused VM can be moved live");
            }

            return destination switch
            {
                null => Make(ErrorKind.Validation, "migration-uri-unknown", $"No simulated host listens at {uri}.", "Use the address the destination gave."),
                _ when destination == Host => Make(ErrorKind.Validation, "same-host", $"VM {v.Info.Name} is on {Host.Name} already.", "Choose another destination."),
                { PoweredOn: false } => SimulatedErrors.Unreachable(destination),
                _ when destination.Vms.ContainsKey(v.Info.Id) =>
                    Make(ErrorKind.Conflict, "vm-exists", $"{destination.Name} already has a VM {v.Info.Id}.", "Find out which of the two is the true one."),
                _ when destination.FreeMemoryMiB < v.Info.MemoryMiB =>
                    Make(ErrorKind.Resource, "memory-short", $"{destination.Name} has {destination.FreeMemoryMiB} MiB free; {v.Info.Name} needs {v.Info.MemoryMiB} MiB.", "Choose another destination."),
                _ when Host.Transfers.Count >= Host.Options.MaxConcurrentMigrations || destination.Transfers.Count >= destination.Options.MaxConcurrentMigrations =>
                    Make(ErrorKind.Resource, "too-many-migrations", $"{Host.Name} or {destination.Name} is at its limit of concurrent migrations.", "Wait for one to end."),
                _ => null,
            };
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
            var unshared = v.Info.Disks.FirstOrDefault(d => !Host.Reaches(d));
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
                Finding("disks-reachable", vm.Disks.All(Host.Reaches), vm.Disks.FirstOrDefault(d => !Host.Reaches(d)) is { } far ? $"{Host.Name} does not reach {far.Source}. Move it to shared storage." : "All disks are reachable."),
                Finding("memory-fits", fits, $"The VM needs {vm.MemoryMiB} MiB, {Host.Name} has {Host.FreeMemoryMiB} MiB free.{(fits ? "" : " Stop another VM or choose another host.")}"),
            ];
        }

        static MigrationFinding Finding(string check, bool passed, string detail) => new() { Check = check, Passed = passed, Detail = detail };
    }
}
