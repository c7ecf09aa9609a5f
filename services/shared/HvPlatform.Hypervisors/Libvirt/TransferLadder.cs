using HvPlatform.Contracts.Migrations;
using HvPlatform.Hypervisors.Libvirt.Native;

namespace HvPlatform.Hypervisors.Libvirt;

/// <summary>
/// The rungs of one transfer. A rung libvirt does not take yet (the job is just beginning) stays due; once the next one is due as well it is left out.
/// Taking a rung again does no harm, so an agent that restarted climbs from the bottom.
/// </summary>
internal sealed class TransferLadder(IReadOnlyList<ConvergenceStep> steps)
{
    readonly IReadOnlyList<ConvergenceStep> steps = [.. steps.OrderBy(s => s.AfterSeconds)];
    int next;
    volatile int climbed;
    volatile bool postCopy;

    /// <summary>Rungs taken so far.</summary>
    public int Climbed => climbed;

    /// <summary>The guest runs on the destination already.</summary>
    public bool PostCopy => postCopy;

    public bool Due(long elapsedMs) => IsDue(next, elapsedMs);

    /// <summary>Takes what is due. True if that is to give up.</summary>
    public bool Climb(LibvirtSession session, DomainHandle domain, long elapsedMs)
    {
        for (; Due(elapsedMs); next++)
        {
            if (steps[next].Action == ConvergenceAction.Abort)
            {
                next++;
                climbed++;
                return !postCopy;
            }

            if (Take(session, domain, steps[next]))
            {
                climbed++;
            }
            else if (!IsDue(next + 1, elapsedMs))
            {
                return false;
            }
        }

        return false;
    }

    bool IsDue(int step, long elapsedMs) => step < steps.Count && steps[step].AfterSeconds * 1000L <= elapsedMs;

    bool Take(LibvirtSession session, DomainHandle domain, ConvergenceStep step)
    {
        var (state, reason) = session.State(domain);
        postCopy |= DomainState.IsPostCopy(state, reason);
        switch (step.Action)
        {
            case ConvergenceAction.RaiseDowntime:
                return postCopy || step.MaxDowntimeMs is not { } limit || Vir.virDomainMigrateSetMaxDowntime(domain, (ulong)limit, 0) == 0;
            case ConvergenceAction.PostCopy:
                return postCopy = postCopy || Vir.virDomainMigrateStartPostCopy(domain, 0) == 0;
            case ConvergenceAction.Suspend:
                // libvirt notes that it is for the migration: the guest runs on where it ends up, here or there.
                return postCopy || state == VirConst.StatePaused || Vir.virDomainSuspend(domain) == 0;
            default:
                return true;
        }
    }
}
