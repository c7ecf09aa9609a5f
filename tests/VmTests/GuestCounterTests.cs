using HvPlatform.Contracts.Migrations;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.VmTests;

/// <summary>The counting guest and its judge: a whole move passes, and each thing that must not happen is found.</summary>
[Collection(VmCollections.Driver)]
public sealed class GuestCounterTests(LibvirtPair pair) : LibvirtPairTest(pair)
{
    [Fact]
    public async Task Counting_guest_goes_on_where_it_was_on_the_other_host()
    {
        var spec = await Hosts.NewSpecAsync("counting", counting: true);
        var id = await StartAsync(spec);
        await CountsOnAsync(1, "counting");
        await MoveAsync(id, new MigrationPolicy());
        await CountsOnAsync(2, "counting");
        await Destination.ForceOffAsync(id, None);

        string[] logs = [Hosts.SerialLog(1, "counting"), Hosts.SerialLog(2, "counting")];
        var onDisk = await GuestCounter.OnDiskAsync(spec.Disks[0].Source!);
        Assert.Null(GuestCounter.Fault(logs, onDisk, moves: 1));
        Assert.Contains("the disk holds", GuestCounter.Fault(logs, onDisk - 3, moves: 1));
        Assert.Contains("two copies", GuestCounter.Fault([.. logs, logs[1]], onDisk, moves: 1));
        Assert.Contains("never said", GuestCounter.Fault([logs[0], logs[1][(logs[1].Length / 2)..]], onDisk, moves: 1));
        Assert.Contains("went back", GuestCounter.Fault([logs[1] + logs[0]], onDisk, moves: 1));
        Assert.Contains("memory", GuestCounter.Fault([.. logs, "X"], onDisk, moves: 1));

        // After a boot it goes on from the disk's number and never says one again.
        await Destination.StartAsync(id, None);
        await CountsOnAsync(2, "counting");
        await Destination.ForceOffAsync(id, None);
        Assert.Null(GuestCounter.Fault([logs[0], Hosts.SerialLog(2, "counting")], await GuestCounter.OnDiskAsync(spec.Disks[0].Source!), moves: 2));
    }
}
