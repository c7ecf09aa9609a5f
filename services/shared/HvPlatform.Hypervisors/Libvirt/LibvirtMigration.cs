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

    public async Task<(IReadOnlyList<MigrationFinding> Findings, MigrationSourceFacts? Facts)> CheckSourceAsync(VmId vm, MigrationPolicy policy, CancellationToken cancellationToken)
    {
        var (findings, facts) = await connector.RunAsync(s => SourceChecks.Run(s, vm, policy), cancellationToken);
        return facts is { Vm.State: VmState.Running } && (policy.Forecast || policy.RequireConvergence)
            ? (findings, facts with { DirtyRateMiBps = await DirtyRate.MeasureAsync(connector, vm, time, cancellationToken) })
            : (findings, facts);
    }

    public Task<IReadOnlyList<MigrationFinding>> CheckDestinationAsync(MigrationSourceFacts facts, MigrationPolicy policy, CancellationToken cancellationToken) =>
        connector.RunAsync(s => MigrationChecks.Destination(s, facts, policy, host), cancellationToken);

    public Task<string> PrepareDestinationAsync(MigrationSourceFacts facts, MigrationPolicy policy, CancellationToken cancellationToken) => connector.RunAsync(
        s =>
        {
            // libvirt makes the incoming domain itself when the transfer begins. What is left to do here is to be sure that it can, and to make the
            // files that receive copied disks.
            using var domain = s.TryLookup(facts.Vm.Id);
            if (domain is not null && DomainState.IsActive(s.State(domain).State))
            {
                throw LibvirtErrors.Own(ErrorKind.Conflict, "vm-active-here", $"VM {facts.Vm.Name} is active on the destination.", s.Where, "Find out which copy is right.");
            }

            if (domain is not null && facts.CopyImages.Count > 0)
            {
                throw LibvirtErrors.Own(ErrorKind.Conflict, "id-in-use", $"VM {facts.Vm.Name} is defined on the destination.", s.Where, "Find out which copy is right and delete the other's definition.");
            }

            DiskCopies.Prepare(s, facts);
            return HostFacts.MigrationUri(s);
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
                    return Presence(s, domain);
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
            if (facts is not null && SourceChecks.IsOff(facts.Vm) && !DomainState.IsActive(state))
            {
                return FinishCold(s, domain, facts);
            }

            if (DomainState.IsPostCopy(state, reason))
            {
                throw LibvirtErrors.Own(
                    ErrorKind.InvalidState, "post-copy-unfinished", $"VM {name} runs on the destination, but part of its memory is on the source still.", s.Where, "Wait for the transfer to end, or resume it.");
            }

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

            DiskCopies.Keep(s, vm, facts);
            return ours;
        },
        cancellationToken);

    public Task ConfirmSourceAsync(VmId vm, CancellationToken cancellationToken) => connector.RunAsync(
        s =>
        {
            using var domain = s.TryLookup(vm);
            if (domain is null)
            {
                return;
            }

            // A libvirtd that died at the switch-over leaves the source's process paused for the migration; the VM was seen elsewhere since. A VM that is
            // being received here, by a later migration, is paused for the same reason: no job of any kind may be active.
            var persistent = s.Ok(Vir.virDomainIsPersistent(domain.DangerousGetHandle())) == 1;
            if (s.State(domain) is (VirConst.StatePaused, VirConst.PausedMigration) && !TransferJob.AnyActive(s, domain))
            {
                s.Ok(Vir.virDomainDestroy(domain), $"Cannot remove the leftover process of VM {LibvirtSession.NameOf(domain)}");
                if (!persistent)
                {
                    return;
                }
            }

            LibvirtDefinition.Remove(s, domain, "remove the leftover of", keepNvram: true);
        },
        cancellationToken);

    public Task<VmState> RestoreSourceAsync(VmId vm, bool wasRunning, CancellationToken cancellationToken) => connector.RunAsync(
        s =>
        {
            using var domain = s.Lookup(vm);
            var name = LibvirtSession.NameOf(domain);
            var (state, reason) = s.State(domain);
            if (DomainState.IsPostCopy(state, reason))
            {
                throw LibvirtErrors.Own(
                    ErrorKind.InvalidState, "post-copy-began", $"VM {name} has switched over: what it wrote since is on the destination only.", s.Where, "Resume the transfer; if the destination is lost, turn this side off and start the VM anew.");
            }

            if (TransferJob.Active(s, domain))
            {
                throw LibvirtErrors.Own(ErrorKind.InvalidState, "job-active", $"A transfer of VM {name} is active.", s.Where, "Abort it first.");
            }

            if (wasRunning && (state, reason) is (VirConst.StatePaused, VirConst.PausedMigration))
            {
                // QEMU takes the disks' locks again before it runs the guest: a copy that runs elsewhere on shared disks makes this fail as disk-in-use.
                try
                {
                    s.Ok(Vir.virDomainResume(domain), $"Cannot resume VM {name} after its migration failed");
                }
                catch (HypervisorException e) when (e.Error.NativeCode == VirConst.ErrOperationInvalid && s.State(domain).State == VirConst.StateRunning)
                {
                    // libvirt, after its own restart, was faster.
                }

                (state, _) = s.State(domain);
            }

            return DomainState.Map(state, managedSave: false);
        },
        cancellationToken);

    public Task CleanUpDestinationAsync(VmId vm, MigrationSourceFacts? facts, CancellationToken cancellationToken) => connector.RunAsync(
        s =>
        {
            using (var domain = s.TryLookup(vm))
            {
                try
                {
                    if (domain is not null)
                    {
                        RemoveIncoming(s, domain);
                    }
                }
                catch (HypervisorException e) when (e.Kind == ErrorKind.NotFound)
                {
                    // libvirt removed it by itself between two questions.
                }
            }

            if (!DiskCopies.Any(s, vm, facts))
            {
                return;
            }

            using var left = s.TryLookup(vm);
            if (left is not null)
            {
                throw LibvirtErrors.Own(
                    ErrorKind.InvalidState, "vm-defined-here", $"VM {LibvirtSession.NameOf(left)} is defined on this host, so it may have arrived: its disks were not removed.", s.Where, "Find out which copy is right.");
            }

            DiskCopies.Remove(s, vm, facts);
        },
        cancellationToken);

    static VmPresence Presence(LibvirtSession s, DomainHandle domain)
    {
        var info = DomainScan.One(s, domain);
        var (state, reason) = s.State(domain);
        var (outgoing, incoming) = TransferJob.Direction(s, domain);
        var waits = state == VirConst.StatePaused && IsIncoming(reason);
        return new VmPresence(true, info.State, outgoing, info.Epoch)
        {
            PausedByMigration = waits || (state == VirConst.StatePaused && DomainState.IsPostCopy(state, reason)),
            Incoming = waits && !outgoing && (incoming || !info.Persistent),
            PostCopy = DomainState.IsPostCopy(state, reason),
        };
    }

    static VmState FinishCold(LibvirtSession s, DomainHandle domain, MigrationSourceFacts facts)
    {
        var found = DomainScan.One(s, domain);
        return found.Epoch >= facts.Vm.Epoch
            ? found.State
            : throw LibvirtErrors.Own(
                ErrorKind.InvalidState, "not-arrived", $"The definition of VM {found.Name} on the destination is an old one (epoch {found.Epoch}, not {facts.Vm.Epoch}).", s.Where);
    }

    static void RemoveIncoming(LibvirtSession s, DomainHandle domain)
    {
        var name = LibvirtSession.NameOf(domain);
        var (state, reason) = s.State(domain);
        if (!DomainState.IsActive(state))
        {
            return;
        }

        // A source in its switch-over is paused for the same reason.
        var (outgoing, incoming) = TransferJob.Direction(s, domain);
        if (incoming && state == VirConst.StatePaused)
        {
            // It may begin to run at any moment, so it must not be destroyed; libvirt removes it by itself once its source has given up.
            throw LibvirtErrors.Own(
                ErrorKind.Transient, "incoming-active", $"VM {name} is being received by this host: nothing was removed.", s.Where, "Stop the transfer on its source, or wait until its libvirtd is given up.");
        }

        if (state != VirConst.StatePaused || !IsIncoming(reason) || outgoing)
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
    }

    static bool IsIncoming(int pausedReason) => pausedReason is VirConst.PausedMigration or VirConst.PausedStartingUp;
}
