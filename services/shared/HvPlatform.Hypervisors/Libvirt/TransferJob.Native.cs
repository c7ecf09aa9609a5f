using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Hypervisors.Libvirt.Native;

namespace HvPlatform.Hypervisors.Libvirt;

/// <summary>The native half of a transfer.</summary>
internal sealed partial class TransferJob
{
    volatile bool cold;

    IReadOnlyList<string> CopyDisks => request.Source?.CopyDisks ?? [];

    unsafe ErrorInfo? Migrate(LibvirtSession session, DomainHandle domain)
    {
        VirTypedParameter* parameters = null;
        int count = 0, capacity = 0;
        try
        {
            var name = LibvirtSession.NameOf(domain);
            var policy = request.Policy;
            cold = IsCold(session, domain);
            if (cold)
            {
                const uint offline = VirConst.MigrateOffline | VirConst.MigratePeerToPeer | VirConst.MigratePersistDestination | VirConst.MigrateUndefineSource;
                session.Ok(Vir.virDomainMigrateToURI3(domain, request.MigrationUri, null, 0, offline), $"VM {name} did not move to {request.MigrationUri}");
                return null;
            }

            var resume = IsBrokenPostCopy(session.State(domain));
            if (!resume)
            {
                DiskCopies.Own(session, domain);
            }

            if (!resume && policy.MaxDowntimeMs is { } downtime)
            {
                session.Ok(Vir.virDomainMigrateSetMaxDowntime(domain, (ulong)downtime, 0), "Cannot set the downtime limit");
            }

            var flags = Flags(session, domain) | (resume ? VirConst.MigratePostCopyResume : 0);
            if (policy.BandwidthMiBps is { } bandwidth)
            {
                session.Ok(Vir.virTypedParamsAddULLong(&parameters, &count, &capacity, "bandwidth", (ulong)bandwidth));
                if ((flags & VirConst.MigratePostCopy) != 0)
                {
                    session.Ok(Vir.virTypedParamsAddULLong(&parameters, &count, &capacity, "bandwidth.postcopy", (ulong)bandwidth));
                }
            }

            foreach (var disk in CopyDisks)
            {
                session.Ok(Vir.virTypedParamsAddString(&parameters, &count, &capacity, "migrate_disks", disk));
            }

            session.Ok(
                Vir.virDomainMigrateToURI3(domain, request.MigrationUri, parameters, (uint)count, flags),
                $"VM {name} did not migrate to {request.MigrationUri}");
            return null;
        }
        catch (HypervisorException e)
        {
            return e.Error;
        }
        catch (ObjectDisposedException)
        {
            return ConnectionLost(session);
        }
        finally
        {
            Vir.virTypedParamsFree(parameters, count);
        }
    }

    uint Flags(LibvirtSession session, DomainHandle domain)
    {
        var policy = request.Policy;
        var flags = VirConst.MigrateLive | VirConst.MigratePeerToPeer | VirConst.MigratePersistDestination | VirConst.MigrateUndefineSource;
        flags |= policy.AutoConverge ? VirConst.MigrateAutoConverge : 0;
        flags |= MigrationChecks.OthersAreShared(session, domain, CopyDisks) ? VirConst.MigrateUnsafe : 0;
        flags |= policy.Ladder.Any(s => s.Action == ConvergenceAction.PostCopy) && HostFacts.WhyNoPostCopy(session) is null ? VirConst.MigratePostCopy : 0;
        return flags | (CopyDisks.Count == 0
            ? 0
            : policy.Storage == MigrationStorage.CopyIncremental ? VirConst.MigrateNonSharedIncremental : VirConst.MigrateNonSharedDisk);
    }

    /// <summary>Cold only if that was checked or asked for: a VM that stopped since it was found running is not moved behind anyone's back.</summary>
    bool IsCold(LibvirtSession session, DomainHandle domain)
    {
        var isOff = !DomainState.IsActive(session.State(domain).State);
        if (request.Policy.Mode == MigrationMode.Cold && !isOff)
        {
            throw LibvirtErrors.Own(ErrorKind.InvalidState, "vm-runs", $"VM {LibvirtSession.NameOf(domain)} runs; only a VM that is off migrates cold.", session.Where, "Shut it down, or use mode Live.");
        }

        return isOff && (request.Policy.Mode == MigrationMode.Cold || (request.Policy.Mode == MigrationMode.Auto && request.Source is { } source && SourceChecks.IsOff(source.Vm)));
    }

    static bool IsBrokenPostCopy((int State, int Reason) now) => now is (VirConst.StatePaused, VirConst.PausedPostCopyFailed);

    static (int State, int Reason, bool Active, bool Gone) StateNow(LibvirtSession session, DomainHandle domain)
    {
        try
        {
            var (state, reason) = session.State(domain);
            return (state, reason, Active(session, domain), false);
        }
        catch (HypervisorException e) when (e.Kind == ErrorKind.NotFound)
        {
            return (0, 0, false, true);
        }
    }

    /// <summary>The job as libvirt sees it. At the end of a migration "no domain" and "not running" are answers, not errors.</summary>
    static unsafe JobPoll Poll(LibvirtSession session, DomainHandle domain)
    {
        // Set anew before each call: libvirt may answer success without writing them.
        var type = VirConst.JobNone;
        VirTypedParameter* parameters = null;
        var count = 0;
        if (Vir.virDomainGetJobStats(domain, &type, &parameters, &count, 0) < 0)
        {
            var failure = session.Failure("Cannot read the job");
            return failure.Error.NativeCode switch
            {
                VirConst.ErrNoDomain or VirConst.ErrOperationInvalid => new JobPoll(false, false, null),

                // "migration statistics are available only on the source host": this is the other one.
                VirConst.ErrOperationUnsupported => new JobPoll(true, false, null, Incoming: true),
                _ => throw failure,
            };
        }

        try
        {
            var active = type is VirConst.JobBounded or VirConst.JobUnbounded;
            var figures = parameters is null ? null : VirParameters.Copy(parameters, count);
            var operation = figures?.Number("operation");
            return new JobPoll(active, active && operation is null or VirConst.JobOperationMigrationOut, active ? figures : null, active && operation == VirConst.JobOperationMigrationIn);
        }
        finally
        {
            Vir.virTypedParamsFree(parameters, count);
        }
    }

    sealed record JobPoll(bool Active, bool Outgoing, VirParameters? Figures, bool Incoming = false);
}
