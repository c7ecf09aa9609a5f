using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Hypervisors.Simulated;

public sealed partial class SimulatedDriver
{
    /// <summary>Moves in one step: there is no time in which it runs and could be found again.</summary>
    sealed class StorageFacet(SimulatedDriver driver) : IStorageDriver
    {
        public Task MoveStorageAsync(VmId vm, VmStorageMove move, CancellationToken cancellationToken) => driver.ChangeAsync(SimulatedOperation.MoveStorage, vm, v =>
        {
            driver.RequireNotMigrating(v);
            driver.Require(v, v.Info.State is VmState.Running or VmState.Paused or VmState.Saved or VmState.Off, "storage is moved while a VM runs, is paused, saved or off");
            var places = Places(v, move);
            if (places.FirstOrDefault(p => driver._host.Files.IsTaken(p.To, vm)) is { To: not null } taken)
            {
                throw driver.Error(ErrorKind.Conflict, "file-exists", $"{taken.To} is there already on {driver._host.Name}.", "Choose another place.");
            }

            var to = places.ToDictionary(p => p.From, p => p.To, StringComparer.Ordinal);
            v.Info = v.Info with { Disks = [.. v.Info.Disks.Select(d => d.Source is { } file && to.TryGetValue(file, out var place) ? Placed(d, place) : d)] };
            driver._host.Files.Keep(driver._host.LocalDisks(v.Info));
            driver._host.Emit(vm, gone: false, "lifecycle:defined/updated");
        }, cancellationToken);

        public Task<bool> ResumeStorageMoveAsync(VmId vm, VmStorageMove move, CancellationToken cancellationToken) =>
            driver.ReadAsync(SimulatedOperation.MoveStorage, vm, v => Places(v, move).Count == 0, cancellationToken);

        IReadOnlyList<(string From, string To)> Places(SimulatedVm v, VmStorageMove move) => StoragePlacement.Of(
            move,
            [.. v.Info.Disks.Where(d => d.Source is not null).Select(d => (d.Target, d.Source!))],
            (directory, file) => $"{directory.TrimEnd('/')}/{file[(file.LastIndexOf('/') + 1)..]}",
            StringComparer.Ordinal,
            (member, wrong) => driver.Error(ErrorKind.Validation, "storage-move-refused", $"{member}: {wrong}", "Correct that member."));

        VmDisk Placed(VmDisk disk, string place)
        {
            var placed = disk with { Source = place };
            return placed with { Shared = driver._host.Reaches(placed) };
        }
    }
}
