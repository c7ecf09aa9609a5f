using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.VmTests;

[Collection(VmCollections.Driver)]
public sealed class LibvirtDriverContractTests(LibvirtPair pair) : DriverContractTests
{
    protected override async Task<IDriverContractHost> CreateAsync()
    {
        var hosts = await pair.HostsAsync();
        return new Hosts(hosts, await hosts.ConnectAsync(1), await hosts.ConnectAsync(2));
    }

    sealed class Hosts(LibvirtHosts hosts, IHypervisorDriver source, IHypervisorDriver destination) : IDriverContractHost
    {
        public IHypervisorDriver Source => source;

        public IHypervisorDriver Destination => destination;

        public int SlowBandwidthMiBps => 4;

        public Task<VmSpec> NewSpecAsync(string name, bool busy = false)
        {
            // The log of an earlier test's VM of this name would pass for this one's.
            hosts.ForgetSerialLogs(name);
            return hosts.NewSpecAsync(name, busy);
        }

        // A busy guest has dirtied pages once it says so with its first full pass, an idle one is up when it says R.
        public Task GuestUpAsync(string name) => Eventually.Until(() => hosts.SerialLog(1, name).Contains('R'), $"guest {name} is up");

        public async ValueTask DisposeAsync()
        {
            await source.DisposeAsync();
            await destination.DisposeAsync();
        }
    }
}
