using HvPlatform.HostAgent.Hosts;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace HvPlatform.UnitTests.HostAgent;

public sealed class DriverFactoryTests
{
    [Theory]
    [InlineData(null, null)]
    [InlineData(2, 500)]
    public async Task Limits_of_migration_that_were_set_are_the_hosts_capabilities(int? migrations, int? bandwidth)
    {
        var options = new AgentOptions { Driver = "simulated", MaxConcurrentMigrations = migrations, MaxMigrationBandwidthMiBps = bandwidth };
        var factory = new DriverFactory(new SimulatedFleets(TimeProvider.System), TimeProvider.System, NullLogger<DriverFactory>.Instance);
        await using var driver = Assert.Single(await factory.CreateAsync("Hv:Agents:0", options, default));
        var capabilities = await driver.GetCapabilitiesAsync(default);
        Assert.Equal((migrations, bandwidth), (capabilities.MaxConcurrentMigrations, capabilities.MaxMigrationBandwidthMiBps));
    }
}
