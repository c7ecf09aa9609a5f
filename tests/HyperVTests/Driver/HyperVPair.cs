using System.Net;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors;
using HvPlatform.Hypervisors.HyperV;
using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.Hypervisors.HyperV.Cim.WsMan;
using HvPlatform.HyperVSimulator;
using HvPlatform.HyperVSimulator.Control;
using HvPlatform.HyperVSimulator.Model;
using HvPlatform.TestKit;

namespace HvPlatform.HyperVTests.Driver;

/// <summary>Two simulated Hyper-V hosts behind their WinRM services, and a driver for each that speaks WS-Management to it.</summary>
internal sealed class HyperVPair : IDriverContractHost
{
    /// <summary>Where disks lie that both hosts reach.</summary>
    public const string Share = @"\\filer\vms";

    private readonly HashSet<string> busy = [];

    private HyperVPair(HyperVFleet fleet, IHypervisorDriver source, IHypervisorDriver destination)
    {
        Fleet = fleet;
        Source = source;
        Destination = destination;
    }

    public HyperVFleet Fleet { get; }

    public IHypervisorDriver Source { get; }

    public IHypervisorDriver Destination { get; }

    public SimulatedHyperVHost SourceHost => Fleet.Hosts[0].Model;

    public SimulatedHyperVHost DestinationHost => Fleet.Hosts[1].Model;

    public int SlowBandwidthMiBps => 0;

    public MigrationPolicy EndlessPolicy => new();

    public bool CapsBandwidth => false;

    public bool Measures => false;

    public static async Task<HyperVPair> StartAsync()
    {
        var fleet = await HyperVFleet.StartAsync(new HyperVFleetOptions
        {
            Hosts = 2,
            Host = new SimulatedHostOptions { JobDuration = TimeSpan.Zero, GuestBootDuration = TimeSpan.FromMilliseconds(30), GuestShutdownDuration = TimeSpan.FromMilliseconds(20), MemoryMb = 4096 },
        });
        return new HyperVPair(fleet, await ConnectAsync(fleet.Hosts[0]), await ConnectAsync(fleet.Hosts[1]));
    }

    public static async Task<IHypervisorDriver> ConnectAsync(HyperVFleetHost host) => await HyperVDriver.ConnectAsync(
        new HyperVOptions
        {
            Remote = new WsManOptions { Address = host.Address, Authentication = WsManAuthentication.Basic, AllowUnencrypted = true, Credential = new NetworkCredential("Administrator", "Passw0rd!") },
            SharedPaths = [Share],
            PollInterval = TimeSpan.FromMilliseconds(30),
        },
        HyperVSessions.Open);

    public Task<VmSpec> NewSpecAsync(string name, bool busy = false)
    {
        if (busy)
        {
            this.busy.Add(name);
        }

        var disk = $@"{Share}\{name}.vhdx";
        MakeDisk(SourceHost, disk);
        return Task.FromResult(new VmSpec { Name = name, Vcpus = 1, MemoryMiB = 128, Disks = [new VmDisk { Target = "0:0", Source = disk }] });
    }

    public Task GuestUpAsync(string name)
    {
        var vm = SourceHost.Vms.Values.Single(one => one.Name == name);
        if (busy.Contains(name))
        {
            vm.DirtyBytesPerSecond = 1e12;
            Fleet.Hosts[0].Apply(new JobFault { Slowness = 30 });
        }

        return Eventually.Until(
            () =>
            {
                lock (SourceHost.Gate)
                {
                    return vm.Guest.Answers(SourceHost.Clock.GetUtcNow(), SourceHost.Options.GuestBootDuration);
                }
            },
            $"guest {name} is up");
    }

    /// <summary>Makes a disk on a host, or on the share that all see.</summary>
    public static void MakeDisk(SimulatedHyperVHost host, string path)
    {
        lock (host.Gate)
        {
            if (host.Files.Find(path) is null)
            {
                var (file, plan) = host.Disks.Plan(new CimInstance("Msvm_VirtualHardDiskSettingData") { ["Path"] = path, ["Type"] = (ushort)3, ["Format"] = (ushort)3, ["MaxInternalSize"] = 1UL << 30 });
                host.Files.WriteWithDirectory(file, plan.FileSizeBytes, plan);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        await Destination.DisposeAsync();
        await Fleet.DisposeAsync();
    }
}
