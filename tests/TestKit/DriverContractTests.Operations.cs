using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;
using Xunit;

namespace HvPlatform.TestKit;

public abstract partial class DriverContractTests
{
    async Task RequireFacetAsync(string facet)
    {
        if (!(await Source.GetCapabilitiesAsync(None)).Facets.Contains(facet))
        {
            Assert.Skip($"this host does not offer {facet}");
        }
    }

    [Fact]
    public async Task A_saved_VM_is_off_the_processors_and_starts_again()
    {
        await RequireFacetAsync("power-save");
        var id = await StartNewAsync("saved");
        await Source.Power!.SaveAsync(id, None);
        await Eventually.Until(async () => await StateAsync(id) == VmState.Saved, "saved");
        await FailsAsync(ErrorKind.InvalidState, () => Source.Power!.SaveAsync(id, None));
        await Source.StartAsync(id, None);
        await Eventually.Until(async () => await StateAsync(id) == VmState.Running, "running again");
    }

    [Fact]
    public async Task A_reset_VM_runs_on_and_one_that_is_off_cannot_be_reset()
    {
        await RequireFacetAsync("power-reset");
        var id = await StartNewAsync("reset");
        await Source.Power!.ResetAsync(id, None);
        await Eventually.Until(async () => await StateAsync(id) == VmState.Running, "running");
        await Source.ForceOffAsync(id, None);
        await FailsAsync(ErrorKind.InvalidState, () => Source.Power!.ResetAsync(id, None));
    }

    [Fact]
    public async Task A_renamed_VM_is_the_same_VM()
    {
        await RequireFacetAsync("definition-rename");
        var id = await DefineAsync("before");
        await DefineAsync("taken");
        await FailsAsync(ErrorKind.Conflict, () => Source.Definition!.RenameAsync(id, "taken", None));
        await Source.Definition!.RenameAsync(id, "after", None);
        Assert.Equal("after", (await Source.GetAsync(id, None))!.Name);
        await Source.Definition!.RenameAsync(id, "after", None);
        await FailsAsync(ErrorKind.NotFound, () => Source.Definition!.RenameAsync(new VmId(Guid.NewGuid()), "else", None));
    }

    [Fact]
    public async Task Settings_that_differ_are_changed_and_the_others_stay()
    {
        await RequireFacetAsync("settings");
        var id = await DefineAsync("settings");
        var before = await Source.Settings!.ReadAsync(id, None);
        var notes = "it's \"quoted\" <&]]> \u200F\u05D0 – two\nlines";
        var change = new VmSettings { Notes = notes, Processor = new VmProcessorSettings { Count = 2, Weight = 300 } };
        await Source.Settings.ChangeAsync(id, change, None);
        await Source.Settings.ChangeAsync(id, change, None);
        var after = await Source.Settings.ReadAsync(id, None);
        Assert.Equal(notes, after.Notes);
        Assert.Equal((2, 300), (after.Processor.Count, after.Processor.Weight));
        Assert.Equal(before.Memory, after.Memory);
        Assert.Equal(before.Adapters.Count, after.Adapters.Count);
        Assert.Equal(2, (await Source.GetAsync(id, None))!.Vcpus);
        await FailsAsync(ErrorKind.NotFound, () => Source.Settings.ReadAsync(new VmId(Guid.NewGuid()), None));
    }

    [Fact]
    public async Task Checkpoints_are_a_tree_that_can_be_gone_back_in()
    {
        await RequireFacetAsync("checkpoints");
        var id = await DefineAsync("checkpoints");
        var checkpoints = Source.Checkpoints!;
        await checkpoints.CreateAsync(id, "root", None);
        await checkpoints.CreateAsync(id, "child", None);
        await FailsAsync(ErrorKind.Conflict, () => checkpoints.CreateAsync(id, "child", None));
        var root = (await checkpoints.ListAsync(id, None)).Checkpoints.Single(c => c.Name == "root");
        await checkpoints.ApplyAsync(id, root.Id, None);
        await checkpoints.CreateAsync(id, "sibling", None);

        var list = (await checkpoints.ListAsync(id, None)).Checkpoints;
        Assert.Equal(["root"], list.Where(c => c.ParentId is null).Select(c => c.Name));
        Assert.Equal(["child", "sibling"], list.Where(c => c.ParentId == root.Id).Select(c => c.Name).Order());
        Assert.Equal("sibling", Assert.Single(list, c => c.Current).Name);

        await checkpoints.DeleteAsync(id, list.Single(c => c.Name == "child").Id, subtree: false, None);
        Assert.Equal(2, (await checkpoints.ListAsync(id, None)).Checkpoints.Count);
        await checkpoints.DeleteAsync(id, root.Id, subtree: true, None);
        Assert.Empty((await checkpoints.ListAsync(id, None)).Checkpoints);
        await FailsAsync(ErrorKind.NotFound, () => checkpoints.DeleteAsync(id, root.Id, subtree: true, None));
    }

    [Fact]
    public async Task Pairs_of_the_host_are_added_changed_and_removed()
    {
        await RequireFacetAsync("guest");
        var id = await DefineAsync("kvp");
        var guest = Source.Guest!;
        await guest.WriteKvpAsync(id, [new VmKvpChange { Key = "a", Value = "1" }, new VmKvpChange { Key = "it's", Value = "<\"]]>\u200F" }, new VmKvpChange { Key = "a", Value = "host", HostOnly = true }], None);
        await guest.WriteKvpAsync(id, [new VmKvpChange { Key = "a", Value = "2" }, new VmKvpChange { Key = "not there" }], None);
        var kvp = await guest.ReadKvpAsync(id, None);
        Assert.Equal([("a", "2"), ("it's", "<\"]]>\u200F")], kvp.Host.Select(i => (i.Key, i.Value)).Order());
        Assert.Equal([("a", "host")], kvp.HostOnly.Select(i => (i.Key, i.Value)));
        await guest.WriteKvpAsync(id, [new VmKvpChange { Key = "a" }, new VmKvpChange { Key = "a", HostOnly = true }], None);
        kvp = await guest.ReadKvpAsync(id, None);
        Assert.Equal(["it's"], kvp.Host.Select(i => i.Key));
        Assert.Empty(kvp.HostOnly);
    }

    [Fact]
    public async Task Storage_goes_to_another_place_of_the_host_and_a_disk_that_is_none_is_refused()
    {
        await RequireFacetAsync("storage");
        var id = await DefineAsync("storage");
        var disk = (await Source.GetAsync(id, None))!.Disks[0];
        var place = disk.Source + ".moved";
        await FailsAsync(ErrorKind.Validation, () => Source.Storage!.MoveStorageAsync(id, new VmStorageMove { Disks = [new VmDiskMove { Source = "no such disk", Destination = place }] }, None));
        var move = new VmStorageMove { Disks = [new VmDiskMove { Source = disk.Source!, Destination = place }] };
        Assert.False(await Source.Storage!.ResumeStorageMoveAsync(id, move, None));
        await Source.Storage!.MoveStorageAsync(id, move, None);
        Assert.Equal(place, (await Source.GetAsync(id, None))!.Disks[0].Source);
        Assert.True(await Source.Storage!.ResumeStorageMoveAsync(id, move, None));
        await FailsAsync(ErrorKind.NotFound, () => Source.Storage!.MoveStorageAsync(new VmId(Guid.NewGuid()), move, None));
    }

    [Fact]
    public async Task A_running_VM_has_a_screen_and_a_stopped_one_none()
    {
        await RequireFacetAsync("console");
        var id = await DefineAsync("screen");
        await FailsAsync(ErrorKind.InvalidState, () => Source.Console!.ScreenshotAsync(id, 320, 240, None));
        await Source.StartAsync(id, None);
        var picture = await Source.Console!.ScreenshotAsync(id, 320, 240, None);
        var bytes = Convert.FromBase64String(picture.PngBase64);
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], bytes[..4]);
        Assert.Equal((picture.WidthPixels, picture.HeightPixels), (BigEndian(bytes, 16), BigEndian(bytes, 20)));

        static int BigEndian(byte[] bytes, int at) => System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(at));
    }

    [Fact]
    public async Task Switches_are_listed_by_name()
    {
        await RequireFacetAsync("switches");
        var names = (await Source.Switches!.ListAsync(None)).Switches.Select(s => s.Name).ToList();
        Assert.Equal(names.Order(StringComparer.Ordinal), names);
    }
}
