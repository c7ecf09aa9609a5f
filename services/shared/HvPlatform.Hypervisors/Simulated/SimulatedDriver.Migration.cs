using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;

namespace HvPlatform.Hypervisors.Simulated;

public sealed partial class SimulatedDriver
{
    static readonly TimeSpan s_measuring = TimeSpan.FromSeconds(1);

    sealed class MigrationFacet(SimulatedDriver driver) : IMigrationDriver
    {
        SimulatedHost Host => driver._host;

        public async Task<(IReadOnlyList<MigrationFinding> Findings, MigrationSourceFacts? Facts)> CheckSourceAsync(VmId vm, MigrationPolicy policy, CancellationToken cancellationToken)
        {
            var (findings, facts) = await driver.CallAsync(SimulatedOperation.CheckSource, vm, () => SimulatedChecks.Source(Host, vm, policy), cancellationToken);
            if (facts is not { Vm.State: VmState.Running } || !(policy.Forecast || policy.RequireConvergence))
            {
                return (findings, facts);
            }

            await Task.Delay(s_measuring, driver._fleet.Time, cancellationToken);
            return (findings, facts with { DirtyRateMiBps = await driver.CallAsync(SimulatedOperation.CheckSource, vm, () => DirtyRate(vm), cancellationToken) });
        }

        public Task<IReadOnlyList<MigrationFinding>> CheckDestinationAsync(MigrationSourceFacts facts, MigrationPolicy policy, CancellationToken cancellationToken) =>
            driver.CallAsync(SimulatedOperation.CheckDestination, facts.Vm.Id, () => SimulatedChecks.Destination(Host, facts), cancellationToken);

        public Task<string> PrepareDestinationAsync(MigrationSourceFacts facts, MigrationPolicy policy, CancellationToken cancellationToken) => driver.CallAsync(
            SimulatedOperation.PrepareDestination,
            facts.Vm.Id,
            () =>
            {
                if (SimulatedChecks.Destination(Host, facts).FirstOrDefault(f => !f.Passed) is { } failed && !Host.Vms.ContainsKey(facts.Vm.Id))
                {
                    throw driver.Error(ErrorKind.Resource, "destination-not-ready", $"{Host.Name} cannot take {facts.Vm.Name}: {failed.Check}: {failed.Detail}", "Choose another destination.");
                }

                if (!Host.Vms.ContainsKey(facts.Vm.Id) && Host.Prepared.Add(facts.Vm.Id))
                {
                    foreach (var disk in facts.Vm.Disks.Where(d => facts.CopyDisks.Contains(d.Target)))
                    {
                        Host.Files.Make(disk.Source!, facts.Vm.Id);
                    }

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
                    request.AttachOnly ? CancellationToken.None : cancellationToken);
                if (transfer is null)
                {
                    return Ended(refusal!.Kind == ErrorKind.NotFound || request.AttachOnly ? VmTransferOutcome.Indeterminate : VmTransferOutcome.Failed, refusal);
                }
            }
            catch (OperationCanceledException) when (transfer is null)
            {
                return Ended(VmTransferOutcome.Aborted, SimulatedErrors.Make(Host, ErrorKind.Cancelled, "transfer-aborted", "The transfer was aborted before it began.", "simulated:78"));
            }
            catch (OperationCanceledException)
            {
                // It has begun: below it is aborted, and its end waited for.
            }
            catch (HypervisorException e)
            {
                return Ended(e.Kind is ErrorKind.Transient or ErrorKind.Timeout or ErrorKind.Unknown ? VmTransferOutcome.Indeterminate : VmTransferOutcome.Failed, e.Error);
            }

            transfer!.Report();
            using var abort = cancellationToken.UnsafeRegister(_ => Abort(transfer), null);
            using var lost = CancellationTokenSource.CreateLinkedTokenSource(connection, driver._disposed.Token);
            return await transfer.EndAsync(lost.Token) ?? Ended(VmTransferOutcome.Indeterminate, SimulatedErrors.ConnectionLost(Host));
        }

        public Task<VmPresence> InspectAsync(VmId vm, CancellationToken cancellationToken) => driver.CallAsync(
            SimulatedOperation.Inspect,
            vm,
            () => Host.Vms.GetValueOrDefault(vm) is { } v
                ? new VmPresence(true, v.Info.State, v.Outgoing is not null || Host.Transfers.Any(t => t.Vm.Info.Id == vm), v.Info.Epoch)
                {
                    Incoming = v.Incoming,
                    PausedByMigration = v.PausedByMigration,
                    PostCopy = v.PostCopy,
                }
                : new VmPresence(false, VmState.Unknown, false, 0),
            cancellationToken);

        public Task<VmState> FinishDestinationAsync(VmId vm, MigrationSourceFacts? facts, CancellationToken cancellationToken) => driver.CallAsync(
            SimulatedOperation.FinishDestination,
            vm,
            () =>
            {
                var v = Host.Vms.GetValueOrDefault(vm) ?? throw new HypervisorException(SimulatedErrors.NotFound(Host, vm));
                var cold = facts is { Vm.State: VmState.Off } && v.Info.State == VmState.Off && v.Info.Epoch >= facts.Vm.Epoch;
                driver.Require(v, v is { Incoming: false, Left: false, Parked: false, PostCopy: false, Info.Persistent: true } && (cold || v.Info.State is VmState.Running or VmState.Paused), "the VM has not arrived");
                Host.Files.KeepMarked(vm);
                return v.Info.State;
            },
            cancellationToken);

        public Task ConfirmSourceAsync(VmId vm, CancellationToken cancellationToken) => driver.CallAsync(SimulatedOperation.ConfirmSource, vm, () =>
        {
            if (Host.Vms.GetValueOrDefault(vm) is { } v)
            {
                driver.Require(v, v.Outgoing is null && (v.Left || v.Parked || !SimulatedHost.HoldsMemory(v.Info.State)), "it is in use here and is not removed");
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
            if (v.PostCopy)
            {
                throw driver.Error(ErrorKind.InvalidState, "post-copy-began", $"VM {v.Info.Name} has switched over: what it wrote since is on the destination only.", "Resume the transfer; if the destination is lost, turn this side off and start the VM anew.");
            }

            if (v.Left || v.Parked)
            {
                // As with QEMU's postmigrate state: nothing but the caller's knowledge keeps this copy from running beside the other one.
                (v.Left, v.Parked) = (false, false);
                driver._fleet.TellLocked(Host, vm, SimulatedOperation.RestoreSource);
                if (wasRunning && v.Info.State == VmState.Paused)
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

            if (Host.Files.IsMarked(vm))
            {
                if (Host.Vms.ContainsKey(vm))
                {
                    throw driver.Error(ErrorKind.InvalidState, "vm-defined-here", $"VM {vm} is defined on {Host.Name}, so it may have arrived: its disks were not removed.", "Find out which copy is right.");
                }

                Host.Files.RemoveMarked(vm);
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

            if (v is { Outgoing: null, Resumable: not null })
            {
                if (SimulatedTransfer.ResumeLocked(v, request, out transfer) is { } cannot)
                {
                    return cannot;
                }

                driver._fleet.TellLocked(Host, request.Vm, SimulatedOperation.Transfer);
            }
            else if (v.Outgoing is null)
            {
                if (request.AttachOnly)
                {
                    return SimulatedErrors.Make(Host, ErrorKind.Transient, "no-transfer", $"{Host.Name} has no active transfer of {v.Info.Name}.", advice: "Look at the VM: it has ended, or never began.");
                }

                var destination = driver._fleet.Find(request.MigrationUri);
                if (Refusal(v, destination, request) is { } refusal)
                {
                    return refusal;
                }

                // Its disks are its own, also where nobody noted that it had arrived: what it leaves behind is no copy that did not arrive.
                Host.Files.KeepMarked(request.Vm);
                SimulatedTransfer.BeginLocked(driver._fleet, Host, v, destination!, request);
                driver._fleet.TellLocked(Host, request.Vm, SimulatedOperation.Transfer);
            }

            transfer = v.Outgoing!;
            transfer.ObserveLocked(progress);
            return null;
        }

        ErrorInfo? Refusal(SimulatedVm v, SimulatedHost? destination, TransferRequest request)
        {
            ErrorInfo Make(ErrorKind kind, string code, string message, string advice) => SimulatedErrors.Make(Host, kind, code, message, advice: advice);
            var (policy, facts, uri) = (request.Policy, request.Source, request.MigrationUri);

            // Cold only if that was checked or asked for: a VM that stopped since it was found running is not moved behind anyone's back.
            var cold = v.Info.State == VmState.Off && (policy.Mode == MigrationMode.Cold || (policy.Mode == MigrationMode.Auto && facts?.Vm.State == VmState.Off));
            if (v.Incoming || v.Left || v.PostCopy || (!cold && v.Info.State is not (VmState.Running or VmState.Paused)))
            {
                return SimulatedErrors.WrongState(Host, v, "only a running or paused VM can be moved live");
            }

            if (policy.Mode == MigrationMode.Cold && !cold)
            {
                return SimulatedErrors.WrongState(Host, v, "only a VM that is off migrates cold");
            }

            var copied = facts?.CopyDisks ?? [];
            return destination switch
            {
                null => Make(ErrorKind.Validation, "migration-uri-unknown", $"No simulated host listens at {uri}.", "Use the address the destination gave."),
                _ when destination == Host => Make(ErrorKind.Validation, "same-host", $"VM {v.Info.Name} is on {Host.Name} already.", "Choose another destination."),
                { PoweredOn: false } => SimulatedErrors.Unreachable(destination),
                _ when driver._fleet.IsCutLocked(Host, destination) => SimulatedErrors.Unreachable(destination),
                _ when destination.Vms.ContainsKey(v.Info.Id) =>
                    Make(ErrorKind.Conflict, "vm-exists", $"{destination.Name} already has a VM {v.Info.Id}.", "Find out which of the two is the true one."),
                _ when !cold && destination.FreeMemoryMiB < v.Info.MemoryMiB =>
                    Make(ErrorKind.Resource, "memory-short", $"{destination.Name} has {destination.FreeMemoryMiB} MiB free; {v.Info.Name} needs {v.Info.MemoryMiB} MiB.", "Choose another destination."),
                _ when v.Info.Disks.FirstOrDefault(d => !destination.Reaches(d) && !copied.Contains(d.Target)) is { } far =>
                    Make(ErrorKind.InvalidState, "disk-not-reachable", $"{destination.Name} does not reach {far.Source}, and it is not to be copied.", "Move it to shared storage, or have it copied."),
                _ when v.Info.Disks.FirstOrDefault(d => copied.Contains(d.Target) && !destination.Files.IsMade(d.Source!, v.Info.Id)) is { } unmade =>
                    Make(ErrorKind.InvalidState, "disk-not-made", $"{destination.Name} has no file {unmade.Source} made for {v.Info.Name}.", "Prepare the destination first."),
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

        /// <summary>What the guest has written in the time it was watched; null if it stopped meanwhile.</summary>
        long? DirtyRate(VmId vm) => Host.Vms.GetValueOrDefault(vm) is { Info.State: VmState.Running } v
            ? (long)Math.Ceiling(Math.Min(v.Guest.DirtyMiBps * s_measuring.TotalSeconds, v.Guest.WorkingSetOf(v.Info.MemoryMiB)) / s_measuring.TotalSeconds)
            : null;
    }
}
