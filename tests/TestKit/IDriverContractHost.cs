using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors;

namespace HvPlatform.TestKit;

/// <summary>Two hosts of one driver that can migrate to one another, as <see cref="DriverContractTests"/> needs them. Disposed after each test.</summary>
public interface IDriverContractHost : IAsyncDisposable
{
    /// <summary>Where the suite's VMs are made.</summary>
    IHypervisorDriver Source { get; }

    /// <summary>Where they move to.</summary>
    IHypervisorDriver Destination { get; }

    /// <summary>
    /// A spec, with what it needs (a disk) in place on both hosts, of a VM that boots by itself in seconds, obeys a shutdown request and has at
    /// most 128 MiB of memory. It is not defined. A busy guest dirties memory faster than <see cref="SlowBandwidthMiBps"/>, so that a transfer so capped never ends by itself.
    /// </summary>
    Task<VmSpec> NewSpecAsync(string name, bool busy = false);

    /// <summary>Returns when the guest of a started VM is up: it does what its spec says (dirties memory, obeys a shutdown request).</summary>
    Task GuestUpAsync(string name);

    /// <summary>The bandwidth cap under which a busy guest never converges, MiB/s.</summary>
    int SlowBandwidthMiBps { get; }

    /// <summary>Under which the transfer of a busy guest does not end by itself.</summary>
    MigrationPolicy EndlessPolicy => new() { BandwidthMiBps = SlowBandwidthMiBps };

    /// <summary>The hypervisor keeps a transfer to the bandwidth it is told. One that does not has to refuse a cap at the source's check.</summary>
    bool CapsBandwidth => true;

    /// <summary>The hypervisor counts what it moved and measures the pause. One that does not says nothing rather than a guess.</summary>
    bool Measures => true;
}
