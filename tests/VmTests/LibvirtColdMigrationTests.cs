using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Hypervisors;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.VmTests;

/// <summary>VMs that are off move by their definition alone, with the epoch in it, and arrive off.</summary>
[Collection(VmCollections.Moves)]
public sealed class LibvirtColdMigrationTests(LibvirtPair pair) : LibvirtPairTest(pair)
{
    [Fact]
    public async Task Stopped_vm_moves_with_its_epoch_and_starts_on_the_other_host()
    {
        var spec = await Hosts.NewSpecAsync("cold", counting: true);
        var id = await StartAsync(spec);
        await CountsOnAsync(1, "cold");
        await Source.ForceOffAsync(id, None);
        await Source.Epochs!.SetEpochAsync(id, 7, None);

        var (result, facts, _) = await TransferAsync(id, new MigrationPolicy());
        Assert.True(result.Outcome == VmTransferOutcome.Completed, result.ToString());
        Assert.Equal(new VmPresence(true, VmState.Off, false, 7), await Destination.Migration!.InspectAsync(id, None));
        Assert.Equal(VmState.Off, await Destination.Migration.FinishDestinationAsync(id, facts, None));
        await Source.Migration!.ConfirmSourceAsync(id, None);
        Assert.Null(await Source.GetAsync(id, None));
        Assert.True((await Destination.GetAsync(id, None))!.Persistent);

        await Destination.StartAsync(id, None);
        Assert.Equal(7, (await Destination.GetAsync(id, None))!.Epoch);
        await CountsOnAsync(2, "cold");
        await Destination.ForceOffAsync(id, None);
        Assert.Null(GuestCounter.Fault([Hosts.SerialLog(1, "cold"), Hosts.SerialLog(2, "cold")], await GuestCounter.OnDiskAsync(spec.Disks[0].Source!), moves: 2));
    }

    [Fact]
    public async Task Mode_says_what_may_move()
    {
        var id = await StartAsync(await Hosts.NewSpecAsync("mode"));
        Assert.Equal("vm-off", await RefusalAsync(id, MigrationMode.Cold));
        var error = (await Source.Migration!.TransferAsync(
            new TransferRequest(id, await PrepareDestinationAsync(id), new MigrationPolicy { Mode = MigrationMode.Cold }), new ProgressSeen(), None)).Error;
        Assert.Equal((ErrorKind.InvalidState, "vm-runs"), (error?.Kind, error?.Code));
        await Source.ForceOffAsync(id, None);
        Assert.Equal("vm-running", await RefusalAsync(id, MigrationMode.Live));
        Assert.Null(await RefusalAsync(id, MigrationMode.Cold));
    }

    [Fact]
    public async Task Vm_that_stopped_since_it_was_checked_does_not_move_cold_behind_ones_back()
    {
        var id = await StartAsync(await Hosts.NewSpecAsync("stopped-since"));
        var (facts, uri) = await PrepareAsync(id, new());
        await Source.ForceOffAsync(id, None);
        var result = await Source.Migration!.TransferAsync(new TransferRequest(id, uri, new MigrationPolicy(), facts), new ProgressSeen(), None);
        Assert.Equal((VmTransferOutcome.Failed, ErrorKind.InvalidState), (result.Outcome, result.Error?.Kind));
        Assert.Null(await Destination.GetAsync(id, None));
    }

    [Fact]
    public async Task Private_disk_saved_memory_and_local_firmware_settings_are_refused()
    {
        Assert.Equal("cold-copy-unsupported", await RefusalAsync(await DefineAsync(await Hosts.NewPrivateSpecAsync(1, "cold-private")), MigrationMode.Auto, MigrationStorage.CopyFull));

        var saved = await StartAsync(await Hosts.NewSpecAsync("cold-saved"));
        await Hosts.VirshAsync(1, "managedsave", "cold-saved");
        Assert.Equal("managed-save", await RefusalAsync(saved, MigrationMode.Auto));
        await Hosts.VirshAsync(1, "managedsave-remove", "cold-saved");
        Assert.Null(await RefusalAsync(saved, MigrationMode.Auto));

        var spec = await Hosts.NewSpecAsync("cold-nvram");
        var xml = (await Hosts.DomainXmlAsync("cold-nvram", 128, spec.Disks[0].Source!)).Replace("hvm</type>", "hvm</type><loader readonly='yes' type='pflash'>/usr/share/OVMF/none.fd</loader><nvram>/var/lib/libvirt/qemu/nvram/x.fd</nvram>");
        var firmware = await DefineAsync(spec with { NativeDefinition = xml });
        Assert.Equal("nvram-local", await RefusalAsync(firmware, MigrationMode.Auto));
    }

    [Fact]
    public async Task Old_definition_on_the_destination_is_refused_and_never_taken_for_the_vm()
    {
        var spec = await Hosts.NewSpecAsync("cold-stale");
        var id = await DefineAsync(spec);
        await Destination.Definition!.DefineAsync(id, spec, None);
        await Source.Epochs!.SetEpochAsync(id, 3, None);
        var (_, facts) = await Source.Migration!.CheckSourceAsync(id, new(), None);
        Assert.Contains(await Destination.Migration!.CheckDestinationAsync(facts!, new(), None), f => f is { Check: "uuid-free", Passed: false });
        Assert.Equal("not-arrived", (await Assert.ThrowsAsync<HypervisorException>(() => Destination.Migration.FinishDestinationAsync(id, facts, None))).Error.Code);
    }

    async Task<string> PrepareDestinationAsync(VmId id) => (await PrepareAsync(id, new())).Uri;

    async Task<string?> RefusalAsync(VmId id, MigrationMode mode, MigrationStorage storage = MigrationStorage.Shared)
    {
        var (findings, facts) = await Source.Migration!.CheckSourceAsync(id, new MigrationPolicy { Mode = mode, Storage = storage }, None);
        Assert.Equal(findings.All(f => f.Passed), facts is not null);
        return findings.FirstOrDefault(f => !f.Passed)?.Check;
    }
}
