using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Packages;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.Packages;

namespace HvPlatform.Hypervisors.Simulated;

public sealed partial class SimulatedDriver
{
    sealed partial class ExportFacet
    {
        const string DefaultDiskDirectory = "/simulated/imported";

        public Task<(IReadOnlyList<MigrationFinding> Findings, PackageManifest? Manifest)> CheckImportAsync(ImportRequest request, CancellationToken cancellationToken) =>
            driver.CallAsync<(IReadOnlyList<MigrationFinding>, PackageManifest?)>(SimulatedOperation.CheckPackage, request.Vm, () => Check(request), cancellationToken);

        public async Task PlanImportAsync(ImportRequest request, IProgress<PackageProgress> progress, CancellationToken cancellationToken)
        {
            var (plan, bytes) = await driver.CallAsync(SimulatedOperation.PlanImport, request.Vm, () => Plan(request), cancellationToken);
            await CopyAsync(bytes, progress, () => Host.Plans.GetValueOrDefault(request.Operation) == plan, cancellationToken);
            await driver.CallAsync(
                SimulatedOperation.FinishPlan,
                request.Vm,
                () => Host.Plans.GetValueOrDefault(request.Operation) == plan ? plan.Ready = true : throw Cancelled(),
                CancellationToken.None);
        }

        public Task<IReadOnlyList<MigrationFinding>> ValidateImportAsync(ImportRequest request, CancellationToken cancellationToken) => driver.CallAsync<IReadOnlyList<MigrationFinding>>(
            SimulatedOperation.ValidateImport,
            request.Vm,
            () => Host.Vms.GetValueOrDefault(request.Vm)?.ImportedBy == request.Operation
                ? [PackageRules.Finding("planned", true, "The VM exists already.")]
                : Host.Plans.GetValueOrDefault(request.Operation) is { Ready: true } plan
                    ? [PackageRules.Finding("planned", true, "The VM is planned."), .. Free(request, plan.Vm.Name)]
                    : [PackageRules.Finding("planned", false, $"{Host.Name} has no such planned VM.")],
            cancellationToken);

        public Task<VmInfo> RealiseImportAsync(ImportRequest request, CancellationToken cancellationToken) => driver.CallAsync(
            SimulatedOperation.RealiseImport,
            request.Vm,
            () =>
            {
                if (Host.Vms.GetValueOrDefault(request.Vm) is { } made && made.ImportedBy == request.Operation)
                {
                    return made.Info;
                }

                if (Host.Plans.GetValueOrDefault(request.Operation) is not { Ready: true } plan)
                {
                    throw driver.Error(ErrorKind.NotFound, "not-planned", $"{Host.Name} has no planned VM of operation {request.Operation}.", "Import it again.");
                }

                if (Free(request, plan.Vm.Name).FirstOrDefault(f => !f.Passed) is { } taken)
                {
                    throw driver.Error(ErrorKind.Conflict, "vm-exists", taken.Detail, "Choose another name or id.");
                }

                Host.Plans.Remove(request.Operation);
                Host.Vms.Add(plan.Vm.Id, new SimulatedVm(plan.Vm, plan.Guest) { ImportedBy = request.Operation });
                Host.Files.KeepMarked(plan.Vm.Id);
                Host.Emit(plan.Vm.Id, gone: false, "lifecycle:defined/imported");
                return plan.Vm;
            },
            cancellationToken);

        public Task<PackageSeen> InspectImportAsync(ImportRequest request, CancellationToken cancellationToken) => driver.CallAsync(
            SimulatedOperation.InspectPackage,
            request.Vm,
            () => Host.Vms.GetValueOrDefault(request.Vm) is { } vm && vm.ImportedBy == request.Operation
                ? new PackageSeen(PackagePresence.Complete, null, vm.Info)
                : Host.Plans.ContainsKey(request.Operation) ? new PackageSeen(PackagePresence.Partial) : PackageSeen.Nothing,
            cancellationToken);

        public Task DiscardImportAsync(ImportRequest request, CancellationToken cancellationToken) => driver.CallAsync(
            SimulatedOperation.DiscardPackage,
            request.Vm,
            () =>
            {
                if (Host.Vms.GetValueOrDefault(request.Vm)?.ImportedBy == request.Operation)
                {
                    throw driver.Error(ErrorKind.InvalidState, "vm-realised", $"VM {request.Vm} exists on {Host.Name}; it is not discarded.", "Delete it if it is not wanted.");
                }

                if (Host.Plans.Remove(request.Operation))
                {
                    Host.Files.RemoveMarked(request.Vm);
                    foreach (var package in Packages(request.Settings.Directory).Values.Where(p => p.UsedBy == request.Operation))
                    {
                        package.UsedBy = null;
                    }
                }

                return true;
            },
            cancellationToken);

        (IReadOnlyList<MigrationFinding> Findings, PackageManifest? Manifest) Check(ImportRequest request)
        {
            var settings = request.Settings;
            if (Packages(settings.Directory).GetValueOrDefault(settings.Directory) is not { Manifest: { Vm: { } exported } manifest } package)
            {
                return ([PackageRules.Finding("export-whole", false, $"{settings.Directory} on {Host.Name} holds no whole export.")], null);
            }

            var used = !settings.Copy && package.UsedBy is { } by && by != request.Operation;
            var plan = Planned(request, manifest, exported);
            var taken = Copies(request, manifest, plan).FirstOrDefault(p => Host.Files.IsTaken(p, request.Vm));
            return (
            [
                PackageRules.Finding("export-whole", true, $"It holds VM {manifest.VmName}."),
                PackageRules.Finding("mode", manifest.Mode != ExportMode.ForLiveMigration, manifest.Mode == ExportMode.ForLiveMigration ? "It was exported for live migration and has neither disks nor memory." : $"It was exported as {manifest.Mode}."),
                PackageRules.Finding("id", settings.NewId || request.Vm == manifest.VmId, settings.NewId || request.Vm == manifest.VmId ? "The id is as wanted." : $"The export holds VM {manifest.VmId}, not {request.Vm}. Name that, or give it a new id."),
                PackageRules.Finding("in-place", !used, used ? "Another VM was registered in place with these files. Copy them instead." : "The files are free."),
                PackageRules.Finding("disk-exists", taken is null, taken is null ? "The copies' paths are free." : $"{taken} exists on {Host.Name}; nothing is written over."),
                .. Free(request, plan.Name),
            ], manifest);
        }

        IEnumerable<MigrationFinding> Free(ImportRequest request, string name)
        {
            var id = Host.Vms.ContainsKey(request.Vm);
            var named = Host.Vms.Values.Any(v => v.Info.Name == name);
            yield return PackageRules.Finding("id-free", !id, id ? $"{Host.Name} already has a VM {request.Vm}." : "The id is free.");
            yield return PackageRules.Finding("name-free", !named, named ? $"{Host.Name} already has a VM named {name}. Give the import a new name." : "The name is free.");
        }

        (SimulatedPlan Plan, long Bytes) Plan(ImportRequest request)
        {
            if (Host.Vms.GetValueOrDefault(request.Vm) is { } made && made.ImportedBy == request.Operation)
            {
                throw driver.Error(ErrorKind.InvalidState, "vm-realised", $"VM {request.Vm} exists on {Host.Name} already.");
            }

            if (Host.Plans.Remove(request.Operation))
            {
                Host.Files.RemoveMarked(request.Vm);
            }

            var (findings, manifest) = Check(request);
            if (findings.FirstOrDefault(f => !f.Passed) is { } wrong)
            {
                throw driver.Error(ErrorKind.Conflict, "import-not-possible", wrong.Detail, "Mend that and import again.");
            }

            var package = Packages(request.Settings.Directory)[request.Settings.Directory];
            var vm = Planned(request, manifest!, manifest!.Vm!);
            var plan = new SimulatedPlan(vm, package.Guest) { Files = [.. Copies(request, manifest, vm)] };
            if (!request.Settings.Copy)
            {
                package.UsedBy = request.Operation;
            }

            foreach (var file in plan.Files)
            {
                Host.Files.Make(file, vm.Id);
            }

            Host.Plans[request.Operation] = plan;
            return (plan, request.Settings.Copy ? manifest.Files.Sum(f => f.Bytes ?? 0) : 0);
        }

        static VmInfo Planned(ImportRequest request, PackageManifest manifest, VmInfo exported)
        {
            var settings = request.Settings;
            return exported with
            {
                Id = request.Vm,
                Name = settings.NewName ?? exported.Name,
                State = exported.State == VmState.Saved && manifest.Files.Any(f => f.Kind == "state") ? VmState.Saved : VmState.Off,
                StateReason = "imported",
                Epoch = 0,
                Disks = [.. exported.Disks.Select(d => d with { Source = Path(d) })],
                Nics = [.. exported.Nics.Select(n => n.Network is null ? n : n with { Network = PackageRules.Mapped(settings.Networks, n.Network) is { } to ? to.Length == 0 ? null : to : n.Network })],
            };

            string? Path(VmDisk disk) => disk.Source is null ? null
                : PackageRules.Mapped(settings.DiskPaths, disk.Source) is { } mapped ? mapped
                : manifest.Files.FirstOrDefault(f => f.Target == disk.Target) is not { } file ? disk.Source
                : settings.Copy ? $"{settings.DiskDirectory ?? DefaultDiskDirectory}/{request.Vm}/{PackageRules.FileName(file.Path)}"
                : $"{settings.Directory}/{file.Path}";
        }

        static IEnumerable<string> Copies(ImportRequest request, PackageManifest manifest, VmInfo vm) => request.Settings.Copy
            ? vm.Disks.Where(d => d.Source is not null && manifest.Files.Any(f => f.Target == d.Target)).Select(d => d.Source!)
            : [];
    }
}
