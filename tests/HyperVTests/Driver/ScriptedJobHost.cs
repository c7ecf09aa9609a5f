using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator.Model;
using HvPlatform.HyperVSimulator.Repository;

namespace HvPlatform.HyperVTests.Driver;

/// <summary>A host of one VM and one job, whose states follow each other each time somebody looks: for what a whole simulated host does not do on demand.</summary>
internal sealed class ScriptedJobHost
{
    public static readonly CimPath Vm = new("Msvm_ComputerSystem", ("CreationClassName", "Msvm_ComputerSystem"), ("Name", "11111111-0000-0000-0000-000000000001"));
    private readonly Queue<Action<CimInstance>> script = new();
    private readonly CimInstance job;
    private readonly CimInstance vm = CimBlank.Of("Msvm_ComputerSystem");

    public ScriptedJobHost(string jobClass = "Msvm_ConcreteJob")
    {
        job = CimBlank.Of(jobClass);
        job["InstanceID"] = "AAAA";
        job["JobState"] = (ushort)4;
        job["PercentComplete"] = (ushort)0;
        job["ErrorCode"] = (ushort)0;
        vm["CreationClassName"] = "Msvm_ComputerSystem";
        vm["Name"] = Vm["Name"];
        JobPath = new CimPath(jobClass, ("InstanceID", "AAAA"));
        Catalogue.Add("Msvm_ComputerSystem", () => [vm], _ => vm);
        Catalogue.Add(jobClass, () => Forgotten ? [] : [job], _ => Look());
        Catalogue.Method("Msvm_ComputerSystem", "RequestStateChange", (_, _) => CimBlank.Result(ReturnValue, ("Job", ReturnValue == 4096 ? JobPath : null)));
        Catalogue.Method(jobClass, "GetErrorEx", (_, _) => CimBlank.Result(0, ("Errors", Errors)));
        Catalogue.Method(jobClass, "RequestStateChange", (_, arguments) =>
        {
            var asked = (ushort)arguments.Number("RequestedState")!;
            Asked.Add(asked);
            if (Refuses.Contains(asked))
            {
                return CimBlank.Result(4);
            }

            job["JobState"] = (ushort)(asked == 4 ? 8 : 9);
            return CimBlank.Result(0);
        });
        Catalogue.Associate("Msvm_AffectedJobElement", "AffectedElement", "AffectingElement", from => from.Equals(Vm) ? [JobPath] : [], to => to.ClassName == jobClass ? [Vm] : [], (_, _, link) => link["ElementEffects"] = Effects);
    }

    public CimCatalogue Catalogue { get; } = new("HV1");

    public CimPath JobPath { get; }

    public uint ReturnValue { get; set; } = 4096;

    public string[]? Errors { get; set; }

    public ushort[] Effects { get; set; } = [5];

    public HashSet<ushort> Refuses { get; } = [];

    public List<ushort> Asked { get; } = [];

    public bool Forgotten { get; set; }

    /// <summary>Throws instead of answering while it is above 0; each look takes one.</summary>
    public int Outages { get; set; }

    public InProcessCimSession Session() => new(Catalogue);

    /// <summary>What the next look sees.</summary>
    public ScriptedJobHost Then(ushort state, ushort percent, Action<CimInstance>? also = null)
    {
        script.Enqueue(one =>
        {
            one["JobState"] = state;
            one["PercentComplete"] = percent;
            also?.Invoke(one);
        });
        return this;
    }

    private CimInstance? Look()
    {
        if (Forgotten)
        {
            return null;
        }

        if (Outages > 0)
        {
            Outages--;
            throw new CimException(CimErrorKind.Unreachable, "The host does not answer.");
        }

        if (script.TryDequeue(out var step))
        {
            step(job);
        }

        return job.Copy();
    }
}
