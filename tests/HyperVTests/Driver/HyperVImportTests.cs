using HvPlatform.Contracts;
using HvPlatform.Contracts.Packages;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors;
using HvPlatform.Hypervisors.HyperV;
using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator.Model;
using HvPlatform.HyperVSimulator.Repository;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.HyperVTests.Driver;

/// <summary>Whose a planned VM or an export job is, and the checkpoints of an export.</summary>
public sealed class HyperVImportTests : IAsyncLifetime
{
    private const string Directory = @"C:\Exports\web";
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly SimulatedHyperVHost host = NewHost("HV1");
    private SimulatedVm vm = null!;
    private VmId id;
    private HyperVDriver driver = null!;

    private IExportDriver Export => driver.Export!;

    public async ValueTask InitializeAsync()
    {
        vm = host.AddVm(new NewVm("web") { Disks = [new NewVmDisk(@"C:\VMs\web.vhdx")] });
        id = new VmId(vm.Id);
        driver = await DriverOf(host);
    }

    public ValueTask DisposeAsync() => driver.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_export_brings_its_checkpoints_as_the_tree_they_were(bool beside)
    {
        await TreeAsync();
        var request = In(await ExportAsync());
        var there = beside ? host : Elsewhere();
        await using var elsewhere = await DriverOf(there);
        var import = elsewhere.Export!;
        Assert.All((await import.CheckImportAsync(request, None)).Findings, f => Assert.True(f.Passed, f.ToString()));
        await import.PlanImportAsync(request, Nobody, None);

        // Asked again, and by a driver that knows of nothing: the checkpoints do not come twice.
        await using var restarted = await DriverOf(there);
        await restarted.Export!.PlanImportAsync(request, Nobody, None);
        Assert.All(await import.ValidateImportAsync(request, None), f => Assert.True(f.Passed, f.ToString()));
        var made = await import.RealiseImportAsync(request, None);

        var was = (await driver.Checkpoints!.ListAsync(id, None)).Checkpoints;
        var tree = (await elsewhere.Checkpoints!.ListAsync(made.Id, None)).Checkpoints;
        Assert.Equal(3, tree.Count);
        Assert.Equal(Shape(was), Shape(tree));
        Assert.Equal(beside ? 0 : 3, tree.IntersectBy(was.Select(c => c.Id), c => c.Id).Count());
        await elsewhere.Checkpoints.ApplyAsync(made.Id, tree.Single(c => c.Name == "child").Id, None);
    }

    [Fact]
    public async Task Checkpoints_that_the_definition_names_and_the_export_lacks_are_no_silent_loss()
    {
        await TreeAsync();
        var request = In(await ExportAsync());
        foreach (var file in host.Files.List(Directory + @"\Snapshots").ToList())
        {
            host.Files.TryDelete(file.Path);
        }

        var error = (await Assert.ThrowsAsync<HypervisorException>(() => Export.PlanImportAsync(request, Nobody, None))).Error;
        Assert.Equal("checkpoints-not-imported", error.Code);
        Assert.Contains(Directory + @"\Snapshots", error.Message, StringComparison.Ordinal);
        await Export.DiscardImportAsync(request, None);
        Assert.Empty(host.PlannedVms);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_planned_VM_of_the_same_name_or_id_that_is_anothers_is_never_taken(bool newId)
    {
        var manifest = await ExportAsync();
        var there = newId ? host : Elsewhere();
        await using var other = await DriverOf(there);
        var first = In(manifest, newId);
        await other.Export!.PlanImportAsync(first, Nobody, None);
        var foreign = Assert.Single(there.PlannedVms.Values);
        var unmarked = foreign.Configuration.Settings.Copy();
        (unmarked["Notes"], unmarked["ElementName"]) = (Array.Empty<string>(), "web");
        foreign.Configuration.Settings = unmarked;

        var request = In(manifest, newId);
        await using var ours = await DriverOf(there);
        var check = Assert.Single((await ours.Export!.CheckImportAsync(request, None)).Findings, f => !f.Passed);
        Assert.Equal(newId ? "planned-free" : "id-free", check.Check);
        var error = (await Assert.ThrowsAsync<HypervisorException>(() => ours.Export.PlanImportAsync(request, Nobody, None))).Error;
        Assert.Equal("planned-vm-not-ours", error.Code);
        Assert.Contains(new VmId(foreign.Id).ToString(), error.Message, StringComparison.Ordinal);
        Assert.Equal(PackagePresence.None, (await ours.Export.InspectImportAsync(request, None)).Presence);

        // It has made nothing and knows it; one that comes after a restart does not know, and says so.
        await ours.Export.DiscardImportAsync(request, None);
        await using var restarted = await DriverOf(there);
        Assert.Equal("planned-vm-not-ours", (await Assert.ThrowsAsync<HypervisorException>(() => restarted.Export!.DiscardImportAsync(request, None))).Error.Code);
        Assert.Same(foreign, Assert.Single(there.PlannedVms.Values));
    }

    [Fact]
    public async Task A_planned_VM_that_could_not_be_marked_is_known_by_its_job_until_a_restart()
    {
        var request = In(await ExportAsync());
        var session = new Unmarking(new InProcessCimSession(host.Catalogue)) { Fails = true };
        await using var there = await HyperVDriver.ConnectAsync(new HyperVOptions(), _ => session);
        await Assert.ThrowsAsync<HypervisorException>(() => there.Export!.PlanImportAsync(request, Nobody, None));
        var planned = Assert.Single(host.PlannedVms.Values);
        Assert.Equal(PackagePresence.Partial, (await there.Export!.InspectImportAsync(request, None)).Presence);
        Assert.Equal(PackagePresence.None, (await Export.InspectImportAsync(request, None)).Presence);
        Assert.Equal("planned-vm-not-ours", (await Assert.ThrowsAsync<HypervisorException>(() => Export.PlanImportAsync(request, Nobody, None))).Error.Code);

        session.Fails = false;
        await there.Export.PlanImportAsync(request, Nobody, None);
        Assert.Same(planned, Assert.Single(host.PlannedVms.Values));
        await Export.DiscardImportAsync(request, None);
        Assert.Empty(host.PlannedVms);
    }

    [Fact]
    public async Task Only_an_export_job_is_taken_for_the_export_and_a_restarted_driver_ends_it()
    {
        var request = Out();
        host.Jobs.Slowness = 1000;
        var other = driver.Checkpoints!.CreateAsync(id, "slow", None);
        await Eventually.Until(() => Running(JobType.TakeSnapshot) is not null, "a job runs on the VM");
        Assert.Equal(PackagePresence.None, (await Export.InspectExportAsync(request, None)).Presence);
        Finish(JobType.TakeSnapshot);
        await other;

        var export = Export.ExportAsync(request, Nobody, None);
        await Eventually.Until(() => Running(JobType.ExportVm) is not null, "the export runs");
        await using var restarted = await DriverOf(host);
        Assert.Equal(PackagePresence.Running, (await restarted.Export!.InspectExportAsync(request, None)).Presence);
        var again = restarted.Export.ExportAsync(request, Nobody, None);
        await restarted.Export.DiscardExportAsync(request, None);
        Assert.Equal(ErrorKind.Cancelled, (await Assert.ThrowsAsync<HypervisorException>(() => export)).Kind);
        Assert.Equal(ErrorKind.Cancelled, (await Assert.ThrowsAsync<HypervisorException>(() => again)).Kind);
        Assert.Equal(PackagePresence.None, (await restarted.Export.InspectExportAsync(request, None)).Presence);
    }

    [Fact]
    public async Task A_saved_VM_is_imported_saved_with_a_disk_from_another_place()
    {
        vm.State = HyperVSimulator.Model.VmState.Saved;
        var manifest = await Export.ExportAsync(Out() with { Settings = new ExportSettings { Directory = Directory, RuntimeState = true } }, Nobody, None);
        const string Moved = @"C:\Other\moved.vhdx";
        var disk = host.Files.List(Directory + @"\Virtual Hard Disks").Single();
        host.Files.WriteWithDirectory(Moved, disk.SizeBytes, disk.Content);
        var request = In(manifest);
        request = request with { Settings = request.Settings with { DiskPaths = [new ImportMapping { From = disk.Path, To = Moved }] } };
        await Export.PlanImportAsync(request, Nobody, None);
        Assert.All(await Export.ValidateImportAsync(request, None), f => Assert.True(f.Passed, f.ToString()));
        var made = await Export.RealiseImportAsync(request, None);
        Assert.Equal((Contracts.VmState.Saved, Moved), (made.State, made.Disks[0].Source));
    }

    [Theory]
    [InlineData(ExportMode.ConfigurationOnly)]
    [InlineData(ExportMode.ForLiveMigration)]
    public async Task A_running_VM_is_exported_without_its_disks(ExportMode mode)
    {
        vm.State = HyperVSimulator.Model.VmState.Running;
        await Export.ExportAsync(Out() with { Settings = new ExportSettings { Directory = Directory, Mode = mode } }, Nobody, None);
        Assert.Equal($@"{Directory}\Virtual Machines\{vm.Key}.vmcx", Assert.Single(host.Files.List(Directory)).Path);
    }

    private static IProgress<PackageProgress> Nobody { get; } = new Unheard();

    private static SimulatedHyperVHost NewHost(string name) =>
        SimulatedHyperVHost.Create(name, new SimulatedHostOptions { JobDuration = TimeSpan.FromMilliseconds(10), DiskBytesPerSecond = 1UL << 40 }, TimeProvider.System);

    private static Task<HyperVDriver> DriverOf(SimulatedHyperVHost host) => HyperVDriver.ConnectAsync(new HyperVOptions(), _ => new InProcessCimSession(host.Catalogue));

    private static IEnumerable<(string Name, string? Parent, bool Current)> Shape(IReadOnlyList<VmCheckpoint> tree) =>
        tree.Select(c => (c.Name, tree.FirstOrDefault(p => p.Id == c.ParentId)?.Name, c.Current)).Order();

    private async Task TreeAsync()
    {
        var checkpoints = driver.Checkpoints!;
        await checkpoints.CreateAsync(id, "root", None);
        await checkpoints.CreateAsync(id, "child", None);
        await checkpoints.ApplyAsync(id, (await checkpoints.ListAsync(id, None)).Checkpoints[0].Id, None);
        await checkpoints.CreateAsync(id, "sibling", None);
    }

    /// <summary>Another host that has the export.</summary>
    private SimulatedHyperVHost Elsewhere()
    {
        var other = NewHost("HV2");
        foreach (var file in host.Files.List(Directory))
        {
            other.Files.WriteWithDirectory(file.Path, file.SizeBytes, file.Content);
        }

        return other;
    }

    private HostJob? Running(JobType type)
    {
        lock (host.Gate)
        {
            return host.Jobs.All.SingleOrDefault(job => job.Type == type && job.IsActive);
        }
    }

    private void Finish(JobType type)
    {
        lock (host.Gate)
        {
            host.Jobs.Finish(host.Jobs.All.Single(job => job.Type == type && job.IsActive));
        }
    }

    private ExportRequest Out() => new(OperationId.New(), id, new ExportSettings { Directory = Directory }, @"C:\Exports");

    private Task<PackageManifest> ExportAsync() => Export.ExportAsync(Out(), Nobody, None);

    private static ImportRequest In(PackageManifest manifest, bool newId = true) => new(
        OperationId.New(), newId ? new VmId(Guid.NewGuid()) : manifest.VmId,
        new ImportSettings { Directory = Directory, DefinitionFile = manifest.Files[0].Path, NewId = newId, NewName = newId ? "copy" : null, Copy = false }, @"C:\Exports");

    private sealed class Unheard : IProgress<PackageProgress>
    {
        public void Report(PackageProgress value)
        {
        }
    }

    /// <summary>A host that is lost just before the planned VM would be marked.</summary>
    private sealed class Unmarking(ICimSession inner) : ICimSession
    {
        public bool Fails { get; set; }

        public Task<CimInstance?> GetAsync(CimPath path, CancellationToken cancellationToken) => inner.GetAsync(path, cancellationToken);

        public IAsyncEnumerable<CimInstance> EnumerateAsync(string nameSpace, string className, CancellationToken cancellationToken) => inner.EnumerateAsync(nameSpace, className, cancellationToken);

        public IAsyncEnumerable<CimInstance> QueryAsync(string nameSpace, string wql, CancellationToken cancellationToken) => inner.QueryAsync(nameSpace, wql, cancellationToken);

        public IAsyncEnumerable<CimInstance> AssociatorsAsync(CimPath source, string? associationClass, string? resultClass, CancellationToken cancellationToken) =>
            inner.AssociatorsAsync(source, associationClass, resultClass, cancellationToken);

        public IAsyncEnumerable<CimInstance> ReferencesAsync(CimPath source, string? associationClass, CancellationToken cancellationToken) => inner.ReferencesAsync(source, associationClass, cancellationToken);

        public Task<CimInstance> InvokeAsync(CimPath target, string method, CimInstance arguments, CancellationToken cancellationToken) =>
            Fails && method == "ModifySystemSettings" ? throw new CimException(CimErrorKind.Unreachable, "The host does not answer.") : inner.InvokeAsync(target, method, arguments, cancellationToken);

        public Task ModifyAsync(CimPath path, CimInstance instance, CancellationToken cancellationToken) => inner.ModifyAsync(path, instance, cancellationToken);

        public IAsyncEnumerable<CimInstance>? Watch(string nameSpace, string wql, CancellationToken cancellationToken) => inner.Watch(nameSpace, wql, cancellationToken);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
