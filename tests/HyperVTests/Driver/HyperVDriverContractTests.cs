using HvPlatform.TestKit;

namespace HvPlatform.HyperVTests.Driver;

/// <summary>The contract of every driver, against two simulated hosts over WS-Management.</summary>
public sealed class HyperVDriverContractTests : DriverContractTests
{
    protected override async Task<IDriverContractHost> CreateAsync() => await HyperVPair.StartAsync();
}
