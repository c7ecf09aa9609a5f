using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.MigrationSaga.MigrateVm;

namespace HvPlatform.Simulation.Worlds;

/// <summary>
/// A person who is called when a migration stays in doubt, goes to the hosts, and says what is true there: only what cannot change any more (no transfer runs, and
/// none can begin because the other host has no power, or the VM has arrived).
/// </summary>
sealed class Operator(World world, Clients clients)
{
    static readonly TimeSpan s_round = TimeSpan.FromSeconds(20);

    public void Begin() => world.Scheduler.After(s_round, null, "operator", () =>
    {
        foreach (var doubt in world.Saga.Sagas.Values.Where(s => s.Phase == MigrationPhase.InDoubt).ToList())
        {
            if (True(doubt) is { } resolution)
            {
                world.Reach($"operator asserts {resolution}");
                clients.Send(new ResolveMigration { OperationId = doubt.OperationId, Resolution = resolution, Trail = clients.Trail() }, doubt.OperationId.Value);
            }
        }

        Begin();
    });

    MigrationResolution? True(Migration doubt)
    {
        var (source, destination) = (world.Fleet[doubt.SourceHostId], world.Fleet[doubt.DestinationHostId]);
        if (source.Transfers.Count > 0 || destination.Transfers.Count > 0 || doubt.PostCopy)
        {
            return null;
        }

        var runsThere = destination.Vms.TryGetValue(doubt.VmId, out var there) && there is { Incoming: false, Left: false, Info.State: VmState.Running };
        var runsHere = source.Vms.TryGetValue(doubt.VmId, out var here) && here is { Incoming: false, Left: false, Info.State: VmState.Running };
        return (runsHere, runsThere) switch
        {
            (false, true) => MigrationResolution.OnDestination,
            (true, false) when !destination.PoweredOn => MigrationResolution.OnSource,
            _ => null,
        };
    }
}
