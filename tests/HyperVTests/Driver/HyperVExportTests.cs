using HvPlatform.Contracts;
using HvPlatform.Contracts.Packages;
using HvPlatform.Hypervisors;
using HvPlatform.Hypervisors.HyperV;
using HvPlatform.HyperVSimulator.Model;
using HvPlatform.HyperVSimulator.Model.Network;
using HvPlatform.HyperVSimulator.Repository;
using Xunit;

namespace HvPlatform.HyperVTests.Driver;

/// <summary>The driver's exports and imports against a simulated host.</summary>
public sealed class HyperVExportTests : IAsyncLifetime
{
    private const string Directory = @"C:\Exports\web";
    private const string Disk = @"C:\VMs\web.vhdx";
    private static readonly CancellationToken None = CancellationToken.None;
    private SimulatedHyperVHost host = null!;
    private SimulatedVm vm = null!;
    private HyperVDriver driver = null!;

    private IExportDriver Export => driver.Export!;

    public async ValueTask InitializeAsync()
    {
        host = SimulatedHyperVHost.Create("HV1", new SimulatedHostOptions { JobDuration = TimeSpan.FromMilliseconds(30), DiskBytesPerSecond = 1UL << 40 }, TimeProvider.System);
        host.AddSwitch("LAN", SwitchKind.External);
        host.AddSwitch("DMZ", SwitchKind.External);
        vm = host.AddVm(new NewVm("web") { Disks = [new NewVmDisk(Disk)], Switches = ["LAN"] });
        driver = await HyperVDriver.ConnectAsync(new HyperVOptions(), _ => new InProcessCimSession(host.Catalogue));
    }

    public ValueTask DisposeAsync() => driver.DisposeAsync();

    [Fact]
    public async Task A_VM_is_exported_and_imported_in_place_under_a_new_id_name_and_switch()
    {
        var request = Out();
        Assert.All(await Export.CheckExportAsync(request, None), f => Assert.True(f.Passed, f.ToString()));
        Assert.Equal(PackagePresence.None, (await Export.InspectExportAsync(request, None)).Presence);
        var progress = new Told();
        var manifest = await Export.ExportAsync(request, progress, None);
        Assert.Equal(100, progress.Percent);
        Assert.Equal((new VmId(vm.Id), "web"), (manifest.VmId, manifest.VmName));
        Assert.Equal(["definition", "disk"], manifest.Files.Select(f => f.Kind));
        Assert.Equal(PackagePresence.Complete, (await Export.InspectExportAsync(request, None)).Presence);
        Assert.Contains(await Export.CheckExportAsync(request, None), f => f is { Check: "directory-free", Passed: false });

        // Asked again after a crash it is what it is; and it is not removed behind anyone's back.
        Assert.Equal(manifest.VmId, (await Export.ExportAsync(request, progress, None)).VmId);
        Assert.Equal("export-not-removable", (await Assert.ThrowsAsync<HypervisorException>(() => Export.DiscardExportAsync(request, None))).Error.Code);

        var back = In(manifest, new ImportSettings { Directory = Directory, DefinitionFile = manifest.Files[0].Path, NewName = "copy", Copy = false, Networks = [new ImportMapping { From = "LAN", To = "DMZ" }] });
        Assert.All((await Export.CheckImportAsync(back, None)).Findings, f => Assert.True(f.Passed, f.ToString()));
        await Export.PlanImportAsync(back, progress, None);
        Assert.Equal(PackagePresence.Partial, (await Export.InspectImportAsync(back, None)).Presence);
        await Export.PlanImportAsync(back, progress, None);
        Assert.Single(host.PlannedVms);
        Assert.All(await Export.ValidateImportAsync(back, None), f => Assert.True(f.Passed, f.ToString()));
        var made = await Export.RealiseImportAsync(back, None);
        Assert.Equal(("copy", Contracts.VmState.Off), (made.Name, made.State));
        Assert.NotEqual(new VmId(vm.Id), made.Id);
        Assert.Equal("DMZ", made.Nics[0].Network);
        Assert.StartsWith(Directory, made.Disks[0].Source, StringComparison.OrdinalIgnoreCase);
        Assert.Empty(host.PlannedVms);

        // Realized once, whoever asks again.
        Assert.Equal(made.Id, (await Export.RealiseImportAsync(back, None)).Id);
        Assert.Equal((PackagePresence.Complete, made.Id), ((await Export.InspectImportAsync(back, None)).Presence, (await Export.InspectImportAsync(back, None)).Vm!.Id));
        Assert.Equal("vm-realised", (await Assert.ThrowsAsync<HypervisorException>(() => Export.DiscardImportAsync(back, None))).Error.Code);
        Assert.Equal(2, host.Vms.Count);
    }

    [Fact]
    public async Task A_planned_VM_that_lacks_its_switch_does_not_pass_and_is_discarded()
    {
        var manifest = await Export.ExportAsync(Out(), new Told(), None);
        await driver.Definition!.DeleteAsync(new VmId(vm.Id), None);
        var other = SimulatedHyperVHost.Create("HV2", new SimulatedHostOptions { JobDuration = TimeSpan.FromMilliseconds(30) }, TimeProvider.System);
        foreach (var file in host.Files.List(Directory))
        {
            other.Files.WriteWithDirectory(file.Path, file.SizeBytes, file.Content);
        }

        await using var elsewhere = await HyperVDriver.ConnectAsync(new HyperVOptions(), _ => new InProcessCimSession(other.Catalogue));
        var export = elsewhere.Export!;
        var back = In(manifest, new ImportSettings { Directory = Directory, NewId = false, Copy = false });
        Assert.All((await export.CheckImportAsync(back, None)).Findings, f => Assert.True(f.Passed, f.ToString()));
        await export.PlanImportAsync(back, new Told(), None);
        var finding = Assert.Single(await export.ValidateImportAsync(back, None));
        Assert.False(finding.Passed);
        Assert.Contains("LAN", finding.Detail, StringComparison.Ordinal);
        await export.DiscardImportAsync(back, None);
        Assert.Empty(other.PlannedVms);
        Assert.Equal(PackagePresence.None, (await export.InspectImportAsync(back, None)).Presence);

        // Left unconnected it passes, and keeps its identity.
        back = back with { Operation = OperationId.New(), Settings = back.Settings with { Networks = [new ImportMapping { From = "LAN", To = "" }] } };
        await export.PlanImportAsync(back, new Told(), None);
        Assert.All(await export.ValidateImportAsync(back, None), f => Assert.True(f.Passed, f.ToString()));
        Assert.Equal(manifest.VmId, (await export.RealiseImportAsync(back, None)).Id);
    }

    [Fact]
    public async Task An_export_whose_end_nobody_saw_is_not_taken_for_whole()
    {
        await Export.ExportAsync(Out(), new Told(), None);

        // The agent is restarted; the host still knows how the job ended.
        await using var restarted = await HyperVDriver.ConnectAsync(new HyperVOptions(), _ => new InProcessCimSession(host.Catalogue));
        Assert.Equal(PackagePresence.Complete, (await restarted.Export!.InspectExportAsync(Out(), None)).Presence);

        // It forgets it, as after five minutes or a restart of its own.
        host.Jobs.Forget();
        Assert.Equal(PackagePresence.Partial, (await restarted.Export.InspectExportAsync(Out(), None)).Presence);
        Assert.Equal("export-unproven", (await Assert.ThrowsAsync<HypervisorException>(() => restarted.Export.ExportAsync(Out(), new Told(), None))).Error.Code);
    }

    [Fact]
    public async Task A_cancelled_export_leaves_nothing_and_ends_as_cancelled()
    {
        using var cancel = new CancellationTokenSource();
        var slow = SimulatedHyperVHost.Create("HV3", new SimulatedHostOptions { JobDuration = TimeSpan.FromSeconds(30) }, TimeProvider.System);
        var big = slow.AddVm(new NewVm("web") { Disks = [new NewVmDisk(Disk)] });
        await using var there = await HyperVDriver.ConnectAsync(new HyperVOptions(), _ => new InProcessCimSession(slow.Catalogue));
        var request = Out() with { Vm = new VmId(big.Id) };
        var export = there.Export!.ExportAsync(request, new Told(), cancel.Token);
        while ((await there.Export.InspectExportAsync(request, None)).Presence != PackagePresence.Running)
        {
            Assert.False(export.IsCompleted);
            await Task.Yield();
        }

        cancel.Cancel();
        Assert.Equal(ErrorKind.Cancelled, (await Assert.ThrowsAsync<HypervisorException>(() => export)).Kind);
        await there.Export.DiscardExportAsync(request, None);
        Assert.Equal(PackagePresence.None, (await there.Export.InspectExportAsync(request, None)).Presence);
    }

    [Fact]
    public async Task What_Hyper_V_cannot_do_is_a_finding()
    {
        vm.State = HyperVSimulator.Model.VmState.Running;
        Assert.Contains(await Export.CheckExportAsync(Out(), None), f => f is { Check: "vm-state", Passed: false });
        vm.State = HyperVSimulator.Model.VmState.Off;
        var manifest = await Export.ExportAsync(Out(), new Told(), None);
        Assert.Contains((await Export.CheckImportAsync(In(manifest, new ImportSettings { Directory = Directory, Copy = false }), None)).Findings, f => f is { Check: "definition-file", Passed: false });
        var copy = await Export.CheckImportAsync(In(manifest, new ImportSettings { Directory = Directory, NewId = false }), None);
        Assert.Equal(["copy", "id-free", "name-free"], copy.Findings.Where(f => !f.Passed).Select(f => f.Check));
        Assert.Contains((await Export.CheckImportAsync(In(manifest, new ImportSettings { Directory = @"C:\Exports\none", NewId = false, Copy = false }), None)).Findings, f => f is { Check: "export-whole", Passed: false });
    }

    private ExportRequest Out() => new(OperationId.New(), new VmId(vm.Id), new ExportSettings { Directory = Directory }, @"C:\Exports");

    private static ImportRequest In(PackageManifest manifest, ImportSettings settings) =>
        new(OperationId.New(), settings.NewId ? new VmId(Guid.NewGuid()) : manifest.VmId, settings, @"C:\Exports");

    private sealed class Told : IProgress<PackageProgress>
    {
        public double Percent { get; private set; }

        public void Report(PackageProgress value) => Percent = value.Percent;
    }
}
