using System.Globalization;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Hypervisors.Simulated;

public sealed partial class SimulatedDriver
{
    Task<T> ReadAsync<T>(SimulatedOperation operation, VmId vm, Func<SimulatedVm, T> read, CancellationToken cancellationToken) => CallAsync(
        operation, vm, () => read(_host.Vms.GetValueOrDefault(vm) ?? throw new HypervisorException(SimulatedErrors.NotFound(_host, vm))), cancellationToken);

    sealed class CheckpointsFacet(SimulatedDriver driver) : ICheckpointsDriver
    {
        public Task<VmCheckpoints> ListAsync(VmId vm, CancellationToken cancellationToken) => driver.ReadAsync(SimulatedOperation.Checkpoint, vm, v => new VmCheckpoints
        {
            VmId = vm,
            Checkpoints = [.. v.Belongings.Checkpoints.Select(c => c.Checkpoint with { Current = c.Checkpoint.Id == v.Belongings.CurrentCheckpoint })],
        }, cancellationToken);

        public Task CreateAsync(VmId vm, string name, CancellationToken cancellationToken) => driver.ChangeAsync(SimulatedOperation.Checkpoint, vm, v =>
        {
            driver.RequireNotMigrating(v);
            var own = v.Belongings;
            if (own.Checkpoints.Any(c => c.Checkpoint.Name == name))
            {
                throw driver.Error(ErrorKind.Conflict, "checkpoint-exists", $"VM {v.Info.Name} already has a checkpoint named {name}.", "Choose another name.");
            }

            var id = string.Create(CultureInfo.InvariantCulture, $"checkpoint-{++own.CheckpointsMade}");
            own.Checkpoints.Add((new VmCheckpoint { Id = id, Name = name, ParentId = own.CurrentCheckpoint, CreatedAt = driver._fleet.Time.GetUtcNow(), Kind = "simulated" }, v.Info));
            own.CurrentCheckpoint = id;
        }, cancellationToken);

        public Task ApplyAsync(VmId vm, string checkpointId, CancellationToken cancellationToken) => driver.ChangeAsync(SimulatedOperation.Checkpoint, vm, v =>
        {
            driver.RequireNotMigrating(v);
            driver.Require(v, v.Info.State is VmState.Off or VmState.Saved, "a checkpoint is applied to a VM that is off or saved");
            var (checkpoint, then) = Find(v, checkpointId);
            v.Info = then with { Name = v.Info.Name, Epoch = v.Info.Epoch, Persistent = v.Info.Persistent };
            v.Belongings.CurrentCheckpoint = checkpoint.Id;
            driver._host.SetStateLocked(v, SimulatedHost.HoldsMemory(then.State) ? VmState.Saved : VmState.Off, "lifecycle:stopped/from-snapshot");
        }, cancellationToken);

        public Task DeleteAsync(VmId vm, string checkpointId, bool subtree, CancellationToken cancellationToken) => driver.ChangeAsync(SimulatedOperation.Checkpoint, vm, v =>
        {
            driver.RequireNotMigrating(v);
            var own = v.Belongings;
            var root = Find(v, checkpointId).Checkpoint;
            var gone = new HashSet<string> { root.Id };
            while (subtree && own.Checkpoints.FirstOrDefault(c => c.Checkpoint.ParentId is { } p && gone.Contains(p) && !gone.Contains(c.Checkpoint.Id)).Checkpoint is { } child)
            {
                gone.Add(child.Id);
            }

            own.Checkpoints.RemoveAll(c => gone.Contains(c.Checkpoint.Id));
            for (var i = 0; i < own.Checkpoints.Count; i++)
            {
                if (own.Checkpoints[i].Checkpoint.ParentId == root.Id)
                {
                    own.Checkpoints[i] = (own.Checkpoints[i].Checkpoint with { ParentId = root.ParentId }, own.Checkpoints[i].Info);
                }
            }

            own.CurrentCheckpoint = own.CurrentCheckpoint is { } current && gone.Contains(current) ? root.ParentId : own.CurrentCheckpoint;
        }, cancellationToken);

        (VmCheckpoint Checkpoint, VmInfo Info) Find(SimulatedVm v, string id) => v.Belongings.Checkpoints.FirstOrDefault(c => c.Checkpoint.Id == id) is { Checkpoint: not null } found
            ? found
            : throw driver.Error(ErrorKind.NotFound, "checkpoint-not-found", $"VM {v.Info.Name} has no checkpoint {id}.", "List its checkpoints.");
    }

    sealed class GuestFacet(SimulatedDriver driver) : IGuestDriver
    {
        public Task<VmKvp> ReadKvpAsync(VmId vm, CancellationToken cancellationToken) => driver.ReadAsync(SimulatedOperation.Kvp, vm, v => new VmKvp
        {
            VmId = vm,
            GuestIntrinsic = v.Info.State == VmState.Running
                ? [new VmKvpItem { Key = "FullyQualifiedDomainName", Value = v.Info.Name }, new VmKvpItem { Key = "OSName", Value = "Simulated guest" }]
                : [],
            Host = Items(v.Belongings.Kvp),
            HostOnly = Items(v.Belongings.HostOnlyKvp),
        }, cancellationToken);

        public Task WriteKvpAsync(VmId vm, IReadOnlyList<VmKvpChange> changes, CancellationToken cancellationToken) => driver.ChangeAsync(SimulatedOperation.Kvp, vm, v =>
        {
            foreach (var change in changes)
            {
                var pool = change.HostOnly ? v.Belongings.HostOnlyKvp : v.Belongings.Kvp;
                if (change.Value is null)
                {
                    pool.Remove(change.Key);
                }
                else
                {
                    pool[change.Key] = change.Value;
                }
            }
        }, cancellationToken);

        public Task CopyFileAsync(VmId vm, VmFileCopy file, CancellationToken cancellationToken) => driver.ChangeAsync(SimulatedOperation.CopyFile, vm, v =>
        {
            driver.Require(v, v.Info.State == VmState.Running, "files are copied into a running guest only");
            if (v.Belongings.Integration.GuestServices != true)
            {
                throw driver.Error(ErrorKind.InvalidState, "guest-services-off", $"The guest services of VM {v.Info.Name} are switched off.", "Switch them on: integration.guestServices in the VM's settings.");
            }

            if (!v.Belongings.Files.Add(file.DestinationPath) && !file.Overwrite)
            {
                throw driver.Error(ErrorKind.Conflict, "file-exists", $"{file.DestinationPath} is there already in the guest of VM {v.Info.Name}.", "Choose another path, or overwrite it.");
            }
        }, cancellationToken);

        static List<VmKvpItem> Items(SortedDictionary<string, string> pool) => [.. pool.Select(p => new VmKvpItem { Key = p.Key, Value = p.Value })];
    }

    sealed class ConsoleFacet(SimulatedDriver driver) : IConsoleDriver
    {
        const int Smallest = 16;
        const int Largest = 1920;

        public Task<VmScreenshot> ScreenshotAsync(VmId vm, int widthPixels, int heightPixels, CancellationToken cancellationToken) => driver.ReadAsync(SimulatedOperation.Screenshot, vm, v =>
        {
            driver.Require(v, v.Info.State is VmState.Running or VmState.Paused, "only a running or paused VM has a screen");
            var (width, height) = (Math.Clamp(widthPixels, Smallest, Largest), Math.Clamp(heightPixels, Smallest, Largest));
            var pixels = new byte[width * height * 3];
            for (var i = 0; i < width * height; i++)
            {
                pixels[3 * i] = (byte)(i % width * 255 / width);
                pixels[(3 * i) + 1] = (byte)(i / width * 255 / height);
                pixels[(3 * i) + 2] = v.Info.Id.Value.ToByteArray()[0];
            }

            return new VmScreenshot { VmId = vm, WidthPixels = width, HeightPixels = height, PngBase64 = Convert.ToBase64String(PngImage.FromRgb(pixels, width, height)) };
        }, cancellationToken);
    }

    sealed class SwitchesFacet(SimulatedDriver driver) : ISwitchesDriver
    {
        public Task<HostSwitches> ListAsync(CancellationToken cancellationToken) => driver.CallAsync(
            SimulatedOperation.Switches,
            null,
            () => new HostSwitches
            {
                Switches = [.. driver._host.Vms.Values.SelectMany(v => v.Info.Nics).Select(n => n.Network).OfType<string>().Append("default").Distinct().Order(StringComparer.Ordinal).Select(n => new HostSwitch { Id = n, Name = n })],
            },
            cancellationToken);
    }
}
