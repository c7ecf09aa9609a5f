using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Packages;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.Packages;

namespace HvPlatform.Hypervisors.Simulated;

public sealed partial class SimulatedDriver
{
    static readonly TimeSpan s_copyTick = TimeSpan.FromMilliseconds(100);

    /// <summary>Exports in directories that exist only in the fleet's memory. Copying takes the time that the host's bandwidth gives it.</summary>
    sealed partial class ExportFacet(SimulatedDriver driver) : IExportDriver
    {
        SimulatedHost Host => driver._host;

        public Task<IReadOnlyList<MigrationFinding>> CheckExportAsync(ExportRequest request, CancellationToken cancellationToken) => driver.CallAsync<IReadOnlyList<MigrationFinding>>(
            SimulatedOperation.CheckPackage,
            request.Vm,
            () =>
            {
                if (Host.Vms.GetValueOrDefault(request.Vm) is not { } v)
                {
                    return [PackageRules.Finding("vm-exists", false, $"{Host.Name} has no VM {request.Vm}.")];
                }

                var other = Packages(request.Settings.Directory).GetValueOrDefault(request.Settings.Directory) is { } there && there.Operation != request.Operation;
                return
                [
                    PackageRules.Finding("vm-exists", true, $"{v.Info.Name} is on {Host.Name}."),
                    State(v, request.Settings),
                    PackageRules.Finding("snapshots", request.Settings.Snapshots != ExportSnapshots.One, "Simulated VMs have no snapshots."),
                    PackageRules.Finding("directory-free", !other, other ? $"{request.Settings.Directory} holds an export already; nothing is written over." : "The directory is free."),
                ];
            },
            cancellationToken);

        public async Task<PackageManifest> ExportAsync(ExportRequest request, IProgress<PackageProgress> progress, CancellationToken cancellationToken)
        {
            var directory = request.Settings.Directory;
            var (package, vm) = await driver.CallAsync(SimulatedOperation.Export, request.Vm, () => Begin(request), cancellationToken);
            if (package.Manifest is { } whole)
            {
                return whole;
            }

            var files = Files(vm, request.Settings).ToList();
            await CopyAsync(files.Sum(f => f.Bytes ?? 0), progress, () => Packages(directory).GetValueOrDefault(directory) == package, cancellationToken);
            return await driver.CallAsync(
                SimulatedOperation.FinishExport,
                request.Vm,
                () =>
                {
                    if (Packages(directory).GetValueOrDefault(directory) != package)
                    {
                        throw Cancelled();
                    }

                    return package.Manifest ??= new PackageManifest
                    {
                        OperationId = request.Operation,
                        Hypervisor = HypervisorKind.Simulated,
                        HypervisorVersion = "1",
                        VmId = vm.Id,
                        VmName = vm.Name,
                        Mode = request.Settings.Mode,
                        ExportedAt = driver._fleet.Time.GetUtcNow(),
                        Files = files,
                        Vm = vm,
                    };
                },
                CancellationToken.None);
        }

        public Task<PackageSeen> InspectExportAsync(ExportRequest request, CancellationToken cancellationToken) => driver.CallAsync(
            SimulatedOperation.InspectPackage,
            request.Vm,
            () => Packages(request.Settings.Directory).GetValueOrDefault(request.Settings.Directory) is { } p && p.Operation == request.Operation
                ? new PackageSeen(p.Manifest is null ? PackagePresence.Partial : PackagePresence.Complete, p.Manifest)
                : PackageSeen.Nothing,
            cancellationToken);

        public Task DiscardExportAsync(ExportRequest request, CancellationToken cancellationToken) => driver.CallAsync(
            SimulatedOperation.DiscardPackage,
            request.Vm,
            () =>
            {
                var packages = Packages(request.Settings.Directory);
                if (packages.GetValueOrDefault(request.Settings.Directory) is { } package && package.Operation == request.Operation)
                {
                    if (package.UsedBy is { } by)
                    {
                        throw driver.Error(
                            ErrorKind.InvalidState, "export-in-use", $"{request.Settings.Directory} on {Host.Name} holds the disks of a VM that import {by} registered in place; it is not removed.", "Delete that VM first.");
                    }

                    packages.Remove(request.Settings.Directory);
                }

                return true;
            },
            cancellationToken);

        Dictionary<string, SimulatedPackage> Packages(string directory) =>
            Host.Options.SharedPaths.Any(p => directory.StartsWith(p, StringComparison.Ordinal)) ? driver._fleet.SharedPackages : Host.Packages;

        (SimulatedPackage Package, VmInfo Vm) Begin(ExportRequest request)
        {
            var packages = Packages(request.Settings.Directory);
            var there = packages.GetValueOrDefault(request.Settings.Directory);
            if (there is not null && there.Operation != request.Operation)
            {
                throw driver.Error(ErrorKind.Conflict, "directory-in-use", $"{request.Settings.Directory} on {Host.Name} holds another export.", "Choose another directory.");
            }

            if (there is { Manifest.Vm: { } exported })
            {
                return (there, exported);
            }

            var vm = Host.Vms.GetValueOrDefault(request.Vm) ?? throw new HypervisorException(SimulatedErrors.NotFound(Host, request.Vm));
            if (State(vm, request.Settings) is { Passed: false } wrong)
            {
                throw driver.Error(ErrorKind.InvalidState, "vm-wrong-state", wrong.Detail, "Shut the VM down first.");
            }

            // Whoever wrote here before, for the same operation, is overtaken.
            var package = new SimulatedPackage(request.Operation) { Guest = vm.Guest };
            packages[request.Settings.Directory] = package;
            return (package, vm.Info);
        }

        static MigrationFinding State(SimulatedVm v, ExportSettings settings)
        {
            var free = v.Outgoing is null && v is { Incoming: false, Left: false, Parked: false, PostCopy: false };
            var fits = settings.Mode switch
            {
                ExportMode.ConfigurationOnly => true,
                ExportMode.ForLiveMigration => v.Info.State is VmState.Running or VmState.Paused,
                _ => v.Info.State == VmState.Off || (v.Info.State == VmState.Saved && settings.RuntimeState),
            };
            return PackageRules.Finding(
                "vm-state", free && fits, free && fits ? $"It is {v.Info.State}." : $"{v.Info.Name} is {v.Info.State}{(free ? "" : " and a migration has part of it")}; {Wanted(settings)}");
        }

        static string Wanted(ExportSettings settings) => settings.Mode == ExportMode.ForLiveMigration
            ? "only a running VM is exported for live migration."
            : $"its disks change while it runs: shut it down{(settings.RuntimeState ? " or save it" : "")}, or export the configuration only.";

        static IEnumerable<PackageFile> Files(VmInfo vm, ExportSettings settings)
        {
            yield return File("definition.json", "definition", 4096, null, null);
            if (settings.Mode != ExportMode.Full)
            {
                yield break;
            }

            foreach (var disk in vm.Disks.Where(d => d.Source is not null))
            {
                yield return File($"disks/{disk.Target}-{PackageRules.FileName(disk.Source!)}", "disk", disk.AllocatedBytes ?? disk.CapacityBytes ?? 1 << 20, disk.Source, disk.Target);
            }

            if (vm.State == VmState.Saved)
            {
                yield return File("state.bin", "state", vm.MemoryMiB << 20, null, null);
            }

            PackageFile File(string path, string kind, long bytes, string? source, string? target) => new()
            {
                Path = path,
                Kind = kind,
                Bytes = bytes,
                Sha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{vm.Id}/{path}/{bytes}")))),
                Source = source,
                Target = target,
            };
        }

        async Task CopyAsync(long bytes, IProgress<PackageProgress> progress, Func<bool> current, CancellationToken cancellationToken)
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, driver._disposed.Token);
            var perTick = Math.Max(1, Host.Options.BandwidthMiBps * (long)(1 << 20) / 10);
            for (long done = 0; done < bytes;)
            {
                await Task.Delay(s_copyTick, driver._fleet.Time, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
                lock (driver._fleet.Gate)
                {
                    driver.ReachableLocked();
                    if (cancellationToken.IsCancellationRequested || !current())
                    {
                        throw Cancelled();
                    }
                }

                done = Math.Min(bytes, done + perTick);
                progress.Report(new PackageProgress { Percent = Math.Round(100.0 * done / bytes, 1), TotalBytes = bytes, DoneBytes = done });
            }
        }

        HypervisorException Cancelled() => driver.Error(ErrorKind.Cancelled, "copy-cancelled", $"Copying on {Host.Name} was stopped.");
    }
}
