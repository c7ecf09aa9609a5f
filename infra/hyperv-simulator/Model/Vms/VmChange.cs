using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Model.Vms;

/// <summary>A change of configurations, tried on drafts: nothing is changed before <see cref="Commit"/>, so a call with several settings takes all of them or none.</summary>
internal sealed class VmChange(SimulatedHyperVHost host)
{
    private readonly List<(SimulatedVm Vm, VmConfiguration Configuration, VmConfiguration Draft)> drafts = [];

    /// <summary>What the call made or changed, for its out parameter.</summary>
    public List<CimPath> Results { get; } = [];

    /// <summary>The machine, a draft of the configuration and whose it is; <see cref="MethodRefused"/> if there is none with such an id.</summary>
    public (SimulatedVm Vm, VmConfiguration Draft, ConfigurationKind Kind) Of(string? instanceId)
    {
        var (vm, configuration) = host.FindConfiguration(instanceId) ?? throw VmResources.Invalid($"There is no configuration with {instanceId}.");
        var known = drafts.Find(one => one.Configuration == configuration);
        if (known.Draft is null)
        {
            known = (vm, configuration, configuration.Draft());
            drafts.Add(known);
        }

        return (vm, known.Draft, configuration != vm.Configuration ? ConfigurationKind.Snapshot : vm.IsPlanned ? ConfigurationKind.Planned : ConfigurationKind.Realized);
    }

    /// <summary>The machines that are changed.</summary>
    public IEnumerable<SimulatedVm> Vms => drafts.Select(one => one.Vm).Distinct();

    /// <summary>Makes the change.</summary>
    public void Commit()
    {
        foreach (var (vm, configuration, draft) in drafts)
        {
            configuration.Take(draft);
            vm.ConfiguredAt = host.Timeline.Now;
        }
    }

    /// <summary>
    /// Carries a change out: at once while every machine is off, by a job otherwise, as a real host mostly does. What is wrong is said at once in either case; a job can still fail
    /// if the machine has changed meanwhile.
    /// </summary>
    /// <param name="host">The host.</param>
    /// <param name="type">The job's kind.</param>
    /// <param name="caption">The job's caption.</param>
    /// <param name="result">The out parameter for <see cref="Results"/>; null for none.</param>
    /// <param name="made">Whether the results are new, rather than changed.</param>
    /// <param name="make">Makes the change on drafts.</param>
    public static CimInstance Carry(SimulatedHyperVHost host, JobType type, string caption, string? result, bool made, Action<VmChange> make)
    {
        VmChange Try()
        {
            var change = new VmChange(host);
            make(change);
            return change;
        }

        var first = Try();
        if (first.Vms.FirstOrDefault(vm => host.Jobs.OperationOn(vm.Path) is not null) is { } busy)
        {
            throw new MethodRefused(ReturnCode.InvalidState, $"Something is being done with {busy.Name}.");
        }

        if (!host.Options.SettingsByJob && !first.Vms.Any(vm => vm.IsActive))
        {
            first.Commit();
            return result is null ? CimBlank.Result(0) : CimBlank.Result(0, (result, first.Results.ToArray()));
        }

        return HostJobs.Started(host.Jobs.Start(
            "Msvm_ConcreteJob",
            caption,
            host.Options.JobDuration,
            job =>
            {
                try
                {
                    var change = Try();
                    change.Commit();
                    foreach (var path in change.Results)
                    {
                        job.Affects(path, made ? (ushort)5 : (ushort)0);
                    }
                }
                catch (MethodRefused refused)
                {
                    throw new JobFailed((ushort)refused.ReturnValue, refused.Message);
                }
            },
            first.Vms.Select(vm => vm.Path),
            type: type,
            owner: first.Vms.FirstOrDefault()?.Path));
    }
}
