using HvPlatform.Contracts;
using HvPlatform.Contracts.Packages;
using HvPlatform.Hypervisors;
using Xunit;

namespace HvPlatform.VmTests;

/// <summary>A real VM exported into a directory and made a VM again.</summary>
[Collection(VmCollections.Moves)]
public sealed class LibvirtExportTests(LibvirtPair pair) : LibvirtPairTest(pair)
{
    sealed class NoProgress : IProgress<PackageProgress>
    {
        public double Last { get; private set; }

        public void Report(PackageProgress value) => Last = value.Percent;
    }

    [Fact]
    public async Task Exported_vm_comes_back_under_a_new_id_and_runs_on_from_its_disk()
    {
        var export = Source.Export!;
        var spec = await Hosts.NewSpecAsync("packed", counting: true);
        var id = await StartAsync(spec);
        await CountsOnAsync(1, "packed");
        var out1 = new ExportRequest(OperationId.New(), id, new ExportSettings { Directory = $"{Hosts.SharedFolder}/exports/packed" }, Hosts.SharedFolder);

        // A running VM's disk is not copied under it.
        Assert.Contains(await export.CheckExportAsync(out1, None), f => f is { Check: "vm-state", Passed: false });
        Assert.Equal(ErrorKind.InvalidState, (await Assert.ThrowsAsync<HypervisorException>(() => export.ExportAsync(out1, new NoProgress(), None))).Kind);
        await Source.ForceOffAsync(id, None);
        await Source.Epochs!.SetEpochAsync(id, 7, None);

        Assert.All(await export.CheckExportAsync(out1, None), f => Assert.True(f.Passed, f.ToString()));
        var progress = new NoProgress();
        var manifest = await export.ExportAsync(out1, progress, None);
        Assert.Equal(100, progress.Last);
        Assert.Equal(manifest.Files, (await export.ExportAsync(out1, progress, None)).Files);
        Assert.Equal(PackagePresence.Complete, (await export.InspectExportAsync(out1, None)).Presence);
        Assert.All(manifest.Files, f => Assert.Equal(64, f.Sha256!.Length));
        Assert.Contains(await export.CheckExportAsync(out1 with { Operation = OperationId.New() }, None), f => f is { Check: "directory-free", Passed: false });

        var copy = new VmId(Guid.NewGuid());
        var settings = new ImportSettings { Directory = out1.Settings.Directory, NewName = "unpacked", DiskDirectory = $"{Hosts.SharedFolder}/copies" };
        var back = new ImportRequest(OperationId.New(), copy, settings, Hosts.SharedFolder);
        Assert.All((await export.CheckImportAsync(back, None)).Findings, f => Assert.True(f.Passed, f.ToString()));
        await export.PlanImportAsync(back, progress, None);
        Assert.Equal(PackagePresence.Partial, (await export.InspectImportAsync(back, None)).Presence);

        // Discarded, nothing is left; planned again, it goes on.
        await export.DiscardImportAsync(back, None);
        Assert.Empty(Directory.Exists(settings.DiskDirectory) ? Directory.GetFiles(settings.DiskDirectory!, "*", SearchOption.AllDirectories) : []);
        await export.PlanImportAsync(back, progress, None);
        Assert.All(await export.ValidateImportAsync(back, None), f => Assert.True(f.Passed, f.ToString()));
        var made = await export.RealiseImportAsync(back, None);
        Assert.Equal((copy, "unpacked", VmState.Off, 0L), (made.Id, made.Name, made.State, made.Epoch));
        Assert.Equal(copy, (await export.RealiseImportAsync(back, None)).Id);
        await Source.Epochs.SetEpochAsync(copy, 3, None);
        Assert.Equal(PackagePresence.Complete, (await export.InspectImportAsync(back, None)).Presence);
        Assert.Equal(ErrorKind.InvalidState, (await Assert.ThrowsAsync<HypervisorException>(() => export.DiscardImportAsync(back, None))).Kind);
        Assert.StartsWith(settings.DiskDirectory!, made.Disks[0].Source, StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(settings.DiskDirectory!, "*", SearchOption.AllDirectories));

        await Source.StartAsync(copy, None);
        Assert.Equal(VmState.Running, (await Source.GetAsync(copy, None))!.State);
        await export.DiscardExportAsync(out1, None);
        Assert.False(Directory.Exists(out1.Settings.Directory));
    }

    [Fact]
    public async Task What_was_changed_since_or_leads_elsewhere_is_not_imported()
    {
        var export = Source.Export!;
        var spec = await Hosts.NewSpecAsync("changed");
        var id = new VmId(Guid.NewGuid());
        await Source.Definition!.DefineAsync(id, spec, None);
        var directory = $"{Hosts.SharedFolder}/exports/changed";
        var request = new ExportRequest(OperationId.New(), id, new ExportSettings { Directory = directory }, Hosts.SharedFolder);
        var manifest = await export.ExportAsync(request, new NoProgress(), None);
        var disk = $"{directory}/{manifest.Files[1].Path}";
        using (var stream = File.OpenWrite(disk))
        {
            stream.Seek(100, SeekOrigin.Begin);
            stream.WriteByte(99);
        }

        var back = new ImportRequest(OperationId.New(), new VmId(Guid.NewGuid()), new ImportSettings { Directory = directory, NewName = "no", DiskDirectory = $"{Hosts.SharedFolder}/no" }, Hosts.SharedFolder);
        Assert.Equal("checksum-wrong", (await Assert.ThrowsAsync<HypervisorException>(() => export.PlanImportAsync(back, new NoProgress(), None))).Error.Code);
        await export.DiscardImportAsync(back, None);
        Assert.Empty(Directory.GetFiles($"{Hosts.SharedFolder}/no", "*", SearchOption.AllDirectories));

        File.CreateSymbolicLink($"{Hosts.SharedFolder}/exports/link", "/etc");
        var outside = request with { Operation = OperationId.New(), Settings = new ExportSettings { Directory = $"{Hosts.SharedFolder}/exports/link/x" } };
        Assert.Equal("directory-link", (await Assert.ThrowsAsync<HypervisorException>(() => export.ExportAsync(outside, new NoProgress(), None))).Error.Code);
    }

    [Fact]
    public async Task Disks_and_firmware_of_another_vm_are_not_shared_with_it()
    {
        var export = Source.Export!;
        var id = new VmId(Guid.NewGuid());
        await Source.Definition!.DefineAsync(id, await Hosts.NewSpecAsync("original"), None);
        var directory = $"{Hosts.SharedFolder}/exports/original";
        var request = new ExportRequest(OperationId.New(), id, new ExportSettings { Directory = directory, Mode = ExportMode.ConfigurationOnly }, Hosts.SharedFolder);
        await export.ExportAsync(request, new NoProgress(), None);
        var back = new ImportRequest(OperationId.New(), new VmId(Guid.NewGuid()), new ImportSettings { Directory = directory, NewId = true, NewName = "clone" }, Hosts.SharedFolder);
        Assert.Contains((await export.CheckImportAsync(back, None)).Findings, f => f is { Check: "disk-unshared", Passed: false });
        Assert.Contains(await export.ValidateImportAsync(back, None), f => f is { Check: "disk-unshared", Passed: false });
        Assert.Equal("disk-in-use", (await Assert.ThrowsAsync<HypervisorException>(() => export.RealiseImportAsync(back, None))).Error.Code);

        var own = (await Hosts.NewSpecAsync("clone")).Disks[0].Source!;
        var mapped = back with { Settings = back.Settings with { DiskPaths = [new ImportMapping { From = (await Source.GetAsync(id, None))!.Disks[0].Source!, To = own }] } };
        Assert.All((await export.CheckImportAsync(mapped, None)).Findings, f => Assert.True(f.Passed, f.ToString()));
        Assert.Equal(own, (await export.RealiseImportAsync(mapped, None)).Disks[0].Source);
    }

    [Fact]
    public async Task Raw_disk_that_looks_like_an_image_upon_a_host_file_is_copied_as_it_is()
    {
        var export = Source.Export!;
        var spec = await Hosts.NewSpecAsync("raw");
        var disk = $"{Hosts.SharedFolder}/raw-guest.img";
        var secret = $"{Hosts.SharedFolder}/secret";
        await File.WriteAllTextAsync(secret, new string('s', 1 << 16), None);
        using (var make = System.Diagnostics.Process.Start("qemu-img", ["create", "-q", "-f", "qcow2", "-b", secret, "-F", "raw", disk]))
        {
            await make.WaitForExitAsync(None);
            Assert.Equal(0, make.ExitCode);
        }

        var id = new VmId(Guid.NewGuid());
        await Source.Definition!.DefineAsync(id, spec with { Disks = [spec.Disks[0] with { Source = disk, Format = "raw" }] }, None);
        var directory = $"{Hosts.SharedFolder}/exports/raw";
        var request = new ExportRequest(OperationId.New(), id, new ExportSettings { Directory = directory }, Hosts.SharedFolder);
        var manifest = await export.ExportAsync(request, new NoProgress(), None);
        Assert.Equal(await File.ReadAllBytesAsync(disk, None), await File.ReadAllBytesAsync($"{directory}/{manifest.Files[1].Path}", None));
    }

    [Fact]
    public async Task What_an_import_copied_is_discarded_without_the_export()
    {
        var export = Source.Export!;
        var id = new VmId(Guid.NewGuid());
        await Source.Definition!.DefineAsync(id, await Hosts.NewSpecAsync("gone"), None);
        var directory = $"{Hosts.SharedFolder}/exports/gone";
        var request = new ExportRequest(OperationId.New(), id, new ExportSettings { Directory = directory }, Hosts.SharedFolder);
        var manifest = await export.ExportAsync(request, new NoProgress(), None);
        var back = new ImportRequest(OperationId.New(), new VmId(Guid.NewGuid()), new ImportSettings { Directory = directory, NewName = "gone-2", DiskDirectory = $"{Hosts.SharedFolder}/gone" }, Hosts.SharedFolder);
        await export.PlanImportAsync(back, new NoProgress(), None);
        Directory.Delete(directory, recursive: true);
        Assert.Equal(PackagePresence.Partial, (await export.InspectImportAsync(back, None)).Presence);
        await export.DiscardImportAsync(back, None);
        Assert.Equal(PackageSeen.Nothing, await export.InspectImportAsync(back, None));
        Assert.Empty(Directory.GetFileSystemEntries($"{Hosts.SharedFolder}/gone"));
        Assert.NotEmpty(manifest.Files);
    }
}
