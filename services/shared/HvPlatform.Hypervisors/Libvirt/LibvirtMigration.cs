using System.Collections.Concurrent;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Hypervisors.Libvirt.Native;

namespace HvPlatform.Hypervisors.Libvirt;

/// <summary>
/// Live migration as libvirt does it between two daemons (peer to peer): the source's libvirtd connects to the destination's and runs the whole
/// handshake, so that neither agent's death stops it and neither agent decides who runs the VM.
///
/// What can be true afterwards, and how it is told. The call returned 0: the destination runs the VM and the source's definition is gone
/// (Completed). The call failed and the source has the VM active with no job: it stayed (Failed, or Aborted if it was asked to stop). Everything
/// else (connection lost, domain gone, domain paused "migrating") is Indeterminate: this side does not know, and both hosts must be asked.
/// PERSIST_DEST happens only after success, so a transfer that did not succeed leaves no definition on the destination; a definition found there
/// in the off state was there before and is not ours to remove.
/// </summary>
internal sealed class LibvirtMigration(LibvirtConnector connector, HostFacts host, TimeProvider time) : IMigrationDriver
{
    readonly ConcurrentDictionary<VmId, TransferJob> running = new();

    public Task<(IReadOnlyList<MigrationFinding> Findings, MigrationSourceFacts? Facts)> CheckSourceAsync(VmId vm, MigrationPolicy policy, CancellationToken cancellationToken) =>
        connector.RunAsync(s => MigrationChecks.Source(s, vm), cancellationToken);

    public Task<IReadOnlyList<MigrationFinding>> CheckDestinationAsync(MigrationSourceFacts facts, MigrationPolicy policy, CancellationToken cancellationToken) =>
        connector.RunAsync(s => MigrationChecks.Destination(s, facts, host), cancellationToken);

    public Task<string> PrepareDestinationAsync(MigrationSourceFacts facts, MigrationPolicy policy, CancellationToken cancellationToken) => connector.RunAsync(
        s =>
        {
            // libvirt makes the incoming domain itself when the transfer begins. What is left to do here is to be sure that it can.
            using var domain = s.TryLookup(facts.Vm.Id);
            return domain is not null && DomainState.IsActive(s.State(domain).State)
                ? throw LibvirtErrors.Own(ErrorKind.Conflict, "vm-active-here", $"VM {facts.Vm.Name} is active on the destination.", s.Where, "Find out which copy is right.")
                : HostFacts.MigrationUri(s);
        },
        cancellationToken);

    public async Task<TransferResult> TransferAsync(TransferRequest request, IProgress<MigrationProgress> progress, CancellationToken cancellationToken)
    {
        var mine = new TransferJob(connector, request, time);
        var job = running.GetOrAdd(request.Vm, mine);
        if (job == mine)
        {
            job.Start(() => running.TryRemove(request.Vm, out _));
        }

        using var reporting = job.Report(progress);
        await using var aborting = cancellationToken.Register(job.Abort);
        return await job.Completion;
    }

    public Task<VmPresence> InspectAsync(VmId vm, CancellationToken cancellationToken) => connector.RunAsync(
        s =>
        {
            using var domain = s.TryLookup(vm);
            try
            {
                if (domain is not null)
                {
                    var info = DomainScan.One(s, domain);
                    return new VmPresence(true, info.State, TransferJob.Active(s, domain), info.Epoch);
                }
            }
            catch (HypervisorException e) when (e.Kind == ErrorKind.NotFound)
            {
                // It went between two questions.
            }

            return new VmPresence(false, VmState.Unknown, false, 0);
        },
        cancellationToken);

    public Task<VmState> FinishDestinationAsync(VmId vm, MigrationSourceFacts? facts, CancellationToken cancellationToken) => connector.RunAsync(
        s =>
        {
            using var domain = s.Lookup(vm);
            var name = LibvirtSession.NameOf(domain);
            var (state, reason) = s.State(domain);
            var ours = DomainState.Map(state, managedSave: false);
            if (ours is not (VmState.Running or VmState.Paused) || (state == VirConst.StatePaused && IsIncoming(reason)))
            {
                var why = DomainState.Reason(state, reason) is { } r ? $" ({r})" : "";
                throw LibvirtErrors.Own(ErrorKind.InvalidState, "not-arrived", $"VM {name} is {ours}{why} on the destination, not running.", s.Where);
            }

            if (s.Ok(Vir.virDomainIsPersistent(domain.DangerousGetHandle())) == 0)
            {
                // The copy runs but the destination could not store its definition: store it now, or the VM vanishes when it stops.
                var xml = s.Text(Vir.virDomainGetXMLDesc(domain, VirConst.XmlMigratable));
                s.Ok(Vir.virDomainDefineXML(s.Connection, xml), $"VM {name} runs but cannot be made persistent").Dispose();
                s.Details.Forget(vm);
            }

            return ours;
        },
        cancellationToken);

    public Task ConfirmSourceAsync(VmId vm, CancellationToken cancellationToken) => connector.RunAsync(
        s =>
        {
            using var domain = s.TryLookup(vm);
            if (domain is not null)
            {
                LibvirtDefinition.Remove(s, domain, "remove the leftover of", keepNvram: true);
            }
        },
        cancellationToken);

    public Task<VmState> RestoreSourceAsync(VmId vm, bool wasRunning, CancellationToken cancellationToken) => connector.RunAsync(
        s =>
        {
            using var domain = s.Lookup(vm);
            var (state, reason) = s.State(domain);
            if (TransferJob.Active(s, domain))
            {
                throw LibvirtErrors.Own(ErrorKind.InvalidState, "job-active", $"A transfer of VM {LibvirtSession.NameOf(domain)} is active.", s.Where, "Abort it first.");
            }

            if (wasRunning && state == VirConst.StatePaused && reason == VirConst.PausedMigration)
            {
                s.Ok(Vir.virDomainResume(domain), $"Cannot resume VM {LibvirtSession.NameOf(domain)} after its migration failed");
                (state, _) = s.State(domain);
            }

            return DomainState.Map(state, managedSave: false);
        },
        cancellationToken);

    public Task CleanUpDestinationAsync(VmId vm, MigrationSourceFacts? facts, CancellationToken cancellationToken) => connector.RunAsync(
        s =>
        {
            using var domain = s.TryLookup(vm);
            if (domain is null)
            {
                return;
            }

            var name = LibvirtSession.NameOf(domain);
            var (state, reason) = s.State(domain);
            if (!DomainState.IsActive(state))
            {
                return;
            }

            // A source in its switch-over is paused for the same reason.
            if (state != VirConst.StatePaused || !IsIncoming(reason) || TransferJob.Active(s, domain))
            {
                throw LibvirtErrors.Own(
                    ErrorKind.InvalidState,
                    "vm-active-here",
                    $"VM {name} is {DomainState.Map(state, managedSave: false)} on this host: nothing was removed.",
                    s.Where,
                    "Ask both hosts which copy is right.");
            }

            // An incoming domain that never ran, left over by a source that died.
            s.Ok(Vir.virDomainDestroy(domain), $"Cannot remove the incomplete copy of VM {name}");
        },
        cancellationToken);

    static bool IsIncoming(int pausedReason) => pausedReason is VirConst.PausedMigration or VirConst.PausedStartingUp;
}
