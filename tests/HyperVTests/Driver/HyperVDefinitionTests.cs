using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;
using HvPlatform.HyperVSimulator.Model;
using HvPlatform.HyperVSimulator.Model.Network;
using Xunit;

namespace HvPlatform.HyperVTests.Driver;

public sealed class HyperVDefinitionTests : DriverOnModel
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_VM_is_defined_as_specified_renamed_and_deleted(int generation)
    {
        Host.AddSwitch("LAN", SwitchKind.Internal);
        Add(new NewVm("other") { Disks = [new NewVmDisk(@"C:\VMs\given.vhdx")] });
        var id = new VmId(Guid.NewGuid());
        var spec = new VmSpec
        {
            Name = "it's \"new\" <&]]>\u200F",
            Vcpus = 3,
            MemoryMiB = 2048,
            Generation = generation,
            Notes = "notes",
            Disks = [],
            Nics = [new VmNic { MacAddress = "00:15:5d:01:02:03", Network = "LAN" }],
        };
        var defined = await Driver.Definition.DefineAsync(id, spec, default);
        Assert.Equal((id, spec.Name, 3, 2048L), (defined.Id, defined.Name, defined.Vcpus, defined.MemoryMiB));
        var settings = await SettingsAsync(id);
        Assert.Equal((generation, "notes", "LAN"), (settings.Generation, settings.Notes, Assert.Single(settings.Adapters).Switch));

        await FailsAsync(ErrorKind.Conflict, () => Driver.Definition.DefineAsync(new VmId(Guid.NewGuid()), spec, default));
        await FailsAsync(ErrorKind.Conflict, () => Driver.Definition.RenameAsync(id, "other", default));
        await Driver.Definition.RenameAsync(id, "renamed", default);
        Assert.Equal("renamed", (await Driver.GetAsync(id, default))!.Name);
        await Driver.StartAsync(id, default);
        await FailsAsync(ErrorKind.InvalidState, () => Driver.Definition.DeleteAsync(id, default));
        await Driver.ForceOffAsync(id, default);
        await Driver.Definition.DeleteAsync(id, default);
        Assert.Null(await Driver.GetAsync(id, default));
    }

    [Fact]
    public async Task A_definition_that_fails_leaves_no_VM_behind()
    {
        var spec = new VmSpec { Name = "half", Vcpus = 1, MemoryMiB = 512, Disks = [new VmDisk { Target = "a", Source = @"C:\VMs\none.vhdx" }] };
        await Assert.ThrowsAsync<Hypervisors.HypervisorException>(() => Driver.Definition.DefineAsync(new VmId(Guid.NewGuid()), spec, default));
        Assert.Empty((await Driver.ListAsync(default)).Vms);
    }

    [Theory]
    [InlineData("name", "")]
    [InlineData("name", "a/b")]
    [InlineData("name", "a\u0007b")]
    public async Task A_specification_that_cannot_be_is_refused_by_its_member(string field, string name)
    {
        var error = await FailsAsync(ErrorKind.Validation, () => Driver.Definition.DefineAsync(new VmId(Guid.NewGuid()), new VmSpec { Name = name, Vcpus = 1, MemoryMiB = 512 }, default));
        Assert.Equal(field, error.Field);
    }
}
