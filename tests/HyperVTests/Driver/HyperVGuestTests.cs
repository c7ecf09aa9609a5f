using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;
using HvPlatform.HyperVSimulator.Model;
using Xunit;
using State = HvPlatform.HyperVSimulator.Model.VmState;

namespace HvPlatform.HyperVTests.Driver;

public sealed class HyperVGuestTests : DriverOnModel
{
    const string Hostile = "it's \"quoted\" <&]]> \u200F\u05D0";

    [Fact]
    public async Task Pairs_of_the_host_are_added_changed_and_removed()
    {
        var vm = Add(new NewVm("kvp") { State = State.Running });
        var longest = new string('x', 1023);
        await Driver.Guest.WriteKvpAsync(vm, [new VmKvpChange { Key = Hostile, Value = Hostile }, new VmKvpChange { Key = "long", Value = longest }, new VmKvpChange { Key = "own", Value = "1", HostOnly = true }], default);
        await Driver.Guest.WriteKvpAsync(vm, [new VmKvpChange { Key = "long", Value = "short" }, new VmKvpChange { Key = "not there" }], default);
        var kvp = await Driver.Guest.ReadKvpAsync(vm, default);
        Assert.Equal([(Hostile, Hostile), ("long", "short")], kvp.Host.Select(i => (i.Key, i.Value)));
        Assert.Equal([("own", "1")], kvp.HostOnly.Select(i => (i.Key, i.Value)));
        Assert.Contains(kvp.GuestIntrinsic, i => i.Key == "OSName");
        await Driver.Guest.WriteKvpAsync(vm, [new VmKvpChange { Key = "own", HostOnly = true }, new VmKvpChange { Key = "long" }], default);
        kvp = await Driver.Guest.ReadKvpAsync(vm, default);
        Assert.Equal([Hostile], kvp.Host.Select(i => i.Key));
        Assert.Empty(kvp.HostOnly);
    }

    [Theory]
    [InlineData("changes[0].key", 0, 1)]
    [InlineData("changes[0].key", 256, 1)]
    [InlineData("changes[0].value", 1, 65536)]
    public async Task A_pair_that_does_not_fit_is_refused_by_its_member(string field, int key, int value)
    {
        var vm = Add(new NewVm("big"));
        var error = await FailsAsync(ErrorKind.Validation, () => Driver.Guest.WriteKvpAsync(vm, [new VmKvpChange { Key = new string('k', key), Value = new string('v', value) }], default));
        Assert.Equal(field, error.Field);
    }

    [Fact]
    public async Task The_screen_of_a_running_VM_is_a_PNG_and_a_stopped_one_has_none()
    {
        var vm = Add(new NewVm("screen") { State = State.Running });
        var picture = await Driver.Console.ScreenshotAsync(vm, 320, 200, default);
        var bytes = Convert.FromBase64String(picture.PngBase64);
        Assert.Equal("PNG"u8.ToArray(), bytes[1..4]);
        Assert.Equal((320, 200), (picture.WidthPixels, picture.HeightPixels));
        var large = await Driver.Console.ScreenshotAsync(vm, 1024, 768, default);
        Assert.Equal((480, 360), (large.WidthPixels, large.HeightPixels));
        var off = Add(new NewVm("dark"));
        await FailsAsync(ErrorKind.InvalidState, () => Driver.Console.ScreenshotAsync(off, 320, 200, default));
    }

    [Fact]
    public async Task A_file_is_copied_when_guest_services_are_on()
    {
        var vm = Add(new NewVm("files") { State = State.Running });
        var file = new VmFileCopy { SourcePath = @"C:\VMs\it's.txt", DestinationPath = "/tmp/it's.txt", CreateDirectories = true };
        await FailsAsync(ErrorKind.InvalidState, () => Driver.Guest.CopyFileAsync(vm, file, default));
        var off = Add(new NewVm("off"));
        await FailsAsync(ErrorKind.InvalidState, () => Driver.Guest.CopyFileAsync(off, file, default));
        await ChangeAsync(vm, new VmSettings { Integration = new VmIntegrationSettings { GuestServices = true } });
        await Assert.ThrowsAsync<Hypervisors.HypervisorException>(() => Driver.Guest.CopyFileAsync(vm, file with { SourcePath = @"C:\VMs\none.txt" }, default));
    }
}
