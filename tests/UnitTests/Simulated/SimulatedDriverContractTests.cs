using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors;
using HvPlatform.Hypervisors.Simulated;
using HvPlatform.TestKit;

namespace HvPlatform.UnitTests.Simulated;

public sealed class SimulatedDriverContractTests : DriverContractTests
{
    protected override Task<IDriverContractHost> CreateAsync() => Task.FromResult<IDriverContractHost>(new Hosts());

    sealed class Hosts : IDriverContractHost
    {
        readonly SimulatedHost _source;
        readonly HashSet<string> _busy = [];

        public Hosts()
        {
            var fleet = new SimulatedFleet(1, TimeProvider.System);
            var options = new SimulatedHostOptions { MemoryMiB = 4096, TransferSetupMs = 10 };
            _source = fleet.AddHost(options);
            Source = new SimulatedDriver(fleet, _source.Id);
            Destination = new SimulatedDriver(fleet, fleet.AddHost(options).Id);
        }

        public IHypervisorDriver Source { get; }

        public IHypervisorDriver Destination { get; }

        public int SlowBandwidthMiBps => 8;

        public Task<VmSpec> NewSpecAsync(string name, bool busy = false)
        {
            if (busy)
            {
                _busy.Add(name);
            }

            return Task.FromResult(new VmSpec { Name = name, Vcpus = 1, MemoryMiB = 128, Disks = [new VmDisk { Target = "vda", Source = $"/simulated/{name}.qcow2" }] });
        }

        public async Task GuestUpAsync(string name)
        {
            var vm = (await Source.ListAsync(CancellationToken.None)).Vms.Single(v => v.Name == name);
            _source.SetGuest(vm.Id, new SimulatedGuest { DirtyMiBps = _busy.Contains(name) ? 64 : 1, WorkingSetMiB = 64, ShutdownMs = 20 });
        }

        public async ValueTask DisposeAsync()
        {
            await Source.DisposeAsync();
            await Destination.DisposeAsync();
        }
    }
}
