using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.HyperV.Cim;
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

    [Fact]
    public async Task What_the_job_says_it_worked_on_is_never_destroyed()
    {
        var other = Add(new NewVm("other"));
        Session.Read = instance =>
        {
            if (instance.ClassName == "Msvm_AffectedJobElement")
            {
                instance["AffectedElement"] = new CimPath("Msvm_ComputerSystem", ("CreationClassName", "Msvm_ComputerSystem"), ("Name", other.Value.ToString("D").ToUpperInvariant()));
            }
        };
        var id = new VmId(Guid.NewGuid());
        await Driver.Definition.DefineAsync(id, Spec("new"), default);
        Assert.Equal(2, (await Driver.ListAsync(default)).Vms.Count);
    }

    [Fact]
    public async Task A_VM_with_another_id_is_removed_again()
    {
        var other = Add(new NewVm("other"));
        Session.Before = (method, arguments) =>
        {
            if (method == "DefineSystem")
            {
                arguments["SystemSettings"] = WithoutId(arguments.String("SystemSettings")!);
            }
        };
        var error = await FailsAsync(ErrorKind.Unsupported, () => Driver.Definition.DefineAsync(new VmId(Guid.NewGuid()), Spec("new"), default));
        Assert.Equal("id-not-taken", error.Code);
        Assert.Equal(other, Assert.Single((await Driver.ListAsync(default)).Vms).Id);
    }

    [Theory]
    [InlineData("DefineSystem")]
    [InlineData("ModifyResourceSettings")]
    public async Task A_definition_whose_answer_is_lost_leaves_no_VM_and_can_be_asked_for_again(string lost)
    {
        var id = new VmId(Guid.NewGuid());
        Session.After = (method, _) => Lose(method == lost);
        Assert.Equal("reply-lost", (await FailsAsync(ErrorKind.Transient, () => Driver.Definition.DefineAsync(id, Spec("cut"), default))).Code);
        Session.After = null;
        Assert.Null(await Driver.GetAsync(id, default));
        Assert.Equal(3, (await Driver.Definition.DefineAsync(id, Spec("cut"), default)).Vcpus);
    }

    [Fact]
    public async Task A_definition_that_was_cut_off_with_its_agent_is_begun_anew()
    {
        var id = new VmId(Guid.NewGuid());
        Session.After = (method, _) => Lose(method == "DefineSystem");
        Session.Before = (method, _) => Lose(method == "DestroySystem");
        var error = await FailsAsync(ErrorKind.Transient, () => Driver.Definition.DefineAsync(id, Spec("cut"), default));
        Assert.Equal(("reply-lost", "reply-lost"), (error.Code, error.Cause?.Code));
        Session.After = null;
        Session.Before = null;
        Assert.NotNull(await Driver.GetAsync(id, default));
        await FailsAsync(ErrorKind.Conflict, () => Driver.Definition.DefineAsync(id, Spec("another"), default));
        Assert.Equal(3, (await Driver.Definition.DefineAsync(id, Spec("cut"), default)).Vcpus);
        Assert.Equal("notes", (await SettingsAsync(id)).Notes);
        await FailsAsync(ErrorKind.Conflict, () => Driver.Definition.DefineAsync(id, Spec("cut"), default));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_disk_of_which_only_the_answer_is_lost_stays_attached(bool arrives)
    {
        Add(new NewVm("other") { Disks = [new NewVmDisk(@"C:\VMs\given.vhdx")] });
        var vm = new VmId(Guid.NewGuid());
        await Driver.Definition.DefineAsync(vm, Spec("disks") with { Generation = 1 }, default);
        var added = 0;
        Action<string, CimInstance> lose = (method, _) => Lose(method == "AddResourceSettings" && ++added == 2);
        Session.Before = arrives ? null : lose;
        Session.After = arrives ? lose : null;
        var change = () => ChangeAsync(vm, new VmSettings { Disks = [new VmDiskChange { Action = VmDeviceAction.Add, Path = @"C:\VMs\given.vhdx" }] });
        if (!arrives)
        {
            Assert.Equal("reply-lost", (await FailsAsync(ErrorKind.Transient, change)).Code);
            Assert.DoesNotContain((await SettingsAsync(vm)).Disks, disk => disk.Kind == "disk");
            return;
        }

        await change();
        Assert.Equal(@"C:\VMs\given.vhdx", Assert.Single((await SettingsAsync(vm)).Disks, disk => disk.Kind == "disk").Path);
    }

    [Fact]
    public async Task A_cancelled_definition_leaves_no_VM()
    {
        using var stop = new CancellationTokenSource();
        Session.Before = (method, _) =>
        {
            if (method == "ModifyResourceSettings")
            {
                stop.Cancel();
                stop.Token.ThrowIfCancellationRequested();
            }
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Driver.Definition.DefineAsync(new VmId(Guid.NewGuid()), Spec("cut"), stop.Token));
        Assert.Empty((await Driver.ListAsync(default)).Vms);
    }

    [Fact]
    public async Task A_finished_definition_whose_last_answer_is_lost_stays()
    {
        var id = new VmId(Guid.NewGuid());
        var modified = 0;
        Session.After = (method, _) => Lose(method == "ModifySystemSettings" && ++modified == 2);
        Assert.Equal(id, (await Driver.Definition.DefineAsync(id, Spec("whole"), default)).Id);
        Assert.Equal((2, "notes"), (modified, (await SettingsAsync(id)).Notes));
    }

    [Fact]
    public async Task A_VM_in_a_state_that_nobody_knows_is_not_deleted()
    {
        var vm = Add(new NewVm("opaque"));
        Session.Read = instance =>
        {
            if (instance.ClassName == "Msvm_ComputerSystem" && instance.String("ElementName") == "opaque")
            {
                instance["EnabledState"] = (ushort)32783;
            }
        };
        Assert.Equal("32783", (await FailsAsync(ErrorKind.InvalidState, () => Driver.Definition.DeleteAsync(vm, default))).CurrentState);
        await FailsAsync(ErrorKind.InvalidState, () => Driver.Power.ResetAsync(vm, default));
        await Driver.StartAsync(vm, default);
    }

    [Fact]
    public async Task Notes_cannot_hold_a_line_of_the_platform()
    {
        const string forged = "mine\n#hvplatform-epoch#:9223372036854775807";
        Assert.Equal("notes", (await FailsAsync(ErrorKind.Validation, () => Driver.Definition.DefineAsync(new VmId(Guid.NewGuid()), Spec("forged") with { Notes = forged }, default))).Field);
        var vm = Add(new NewVm("other"));
        Assert.Equal("notes", (await FailsAsync(ErrorKind.Validation, () => ChangeAsync(vm, new VmSettings { Notes = forged }))).Field);
    }

    private static VmSpec Spec(string name) => new() { Name = name, Vcpus = 3, MemoryMiB = 512, Notes = "notes" };

    private static string WithoutId(string text)
    {
        var settings = CimXml.Read(text);
        settings["VirtualSystemIdentifier"] = null;
        return CimXml.Write(settings);
    }

    private static void Lose(bool lost)
    {
        if (lost)
        {
            throw new CimException(CimErrorKind.ReplyLost, "The connection broke.");
        }
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
