using HvPlatform.Contracts;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>
/// Finds what changed since the last look with one query of one class: <c>Msvm_ComputerSystem</c> tells the state of a VM and when its configuration was last changed. Each VM has a
/// generation, made of just those members and its health; what a VM's guest, replica and load do is not in it, the full report brings that.
/// </summary>
internal sealed class ChangePoll
{
    private const string Members = "Name, EnabledState, HealthState, TimeOfLastConfigurationChange";

    private readonly ClassReader classes = new();
    private Dictionary<VmId, (int State, int Config)>? known;

    /// <summary>Looks once. The first look finds nothing: it is what later ones are compared with. Throws <see cref="CimException"/>.</summary>
    public async Task<IReadOnlyList<DriverEvent>> LookAsync(ICimSession session, CancellationToken cancellationToken)
    {
        var now = new Dictionary<VmId, (int State, int Config)>(known?.Count ?? 64);
        var events = new List<DriverEvent>();
        foreach (var system in await classes.ReadAsync(session, VmPaths.System, Members, cancellationToken))
        {
            if (VmPaths.OfName(system.String("Name")) is not { } id)
            {
                continue;
            }

            var generation = (State: (int)(system.Number("EnabledState") ?? 0), Config: ConfigurationOf(system));
            now[id] = generation;
            if (known is null)
            {
                continue;
            }

            if (!known.Remove(id, out var before))
            {
                events.Add(new DriverEvent(id, false, "added"));
            }
            else if (before.State != generation.State)
            {
                events.Add(new DriverEvent(id, false, $"state:{HyperVState.Name(before.State)}/{HyperVState.Name(generation.State)}"));
            }
            else if (before.Config != generation.Config)
            {
                events.Add(new DriverEvent(id, false, "configuration"));
            }
        }

        if (known is not null)
        {
            events.AddRange(known.Keys.Select(gone => new DriverEvent(gone, true, "gone")));
        }

        known = now;
        return events;
    }

    private static int ConfigurationOf(CimInstance system) => HashCode.Combine(system["TimeOfLastConfigurationChange"], system["HealthState"]);
}
