using HvPlatform.Contracts;
using HvPlatform.Hypervisors;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.VmTests;

/// <summary>Two real hosts for all tests of a collection that leave them as they found them; started at first use.</summary>
public sealed class LibvirtPair : IAsyncDisposable
{
    readonly Lazy<Task<LibvirtHosts>> _hosts = new(() => LibvirtHosts.StartAsync(2));

    /// <summary>The hosts; skips the test with a reason where they cannot be.</summary>
    public Task<LibvirtHosts> HostsAsync()
    {
        Require();
        return _hosts.Value;
    }

    /// <summary>Skips the test with a reason where real hosts cannot be.</summary>
    public static void Require()
    {
        if (LibvirtHosts.WhyNot() is { } reason)
        {
            Assert.Skip(reason);
        }
    }

    /// <summary>Removes every VM of a host.</summary>
    public static async Task RemoveAllAsync(IHypervisorDriver driver)
    {
        foreach (var vm in (await driver.ListAsync(CancellationToken.None)).Vms)
        {
            if (vm.State is not (VmState.Off or VmState.Saved))
            {
                await driver.ForceOffAsync(vm.Id, CancellationToken.None);
            }

            await driver.Definition!.DeleteAsync(vm.Id, CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_hosts.IsValueCreated)
        {
            await (await _hosts.Value).DisposeAsync();
        }
    }
}
