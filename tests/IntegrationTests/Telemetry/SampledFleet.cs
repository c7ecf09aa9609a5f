using HvPlatform.IntegrationTests.EndToEnd;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.IntegrationTests.Telemetry;

/// <summary>A small fleet that is sampled often, each service by itself over RabbitMQ.</summary>
[CollectionDefinition(nameof(SampledFleet))]
public sealed class SampledFleet : IAsyncLifetime, ICollectionFixture<SampledFleet>
{
    public Platform Platform { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Platform = await Platform.StartAsync(SimulatedFleetTests.AllModules(), distributed: true, new()
        {
            ["Hv:Agents:0:Driver"] = "simulated",
            ["Hv:Agents:0:Simulated:Hosts"] = "2",
            ["Hv:Agents:0:Simulated:VmsPerHost"] = "2",
            ["Hv:Agents:0:Simulated:VmMemoryMiB"] = "256",
            ["Hv:Agents:0:Simulated:BandwidthMiBps"] = "256",
            ["Hv:Agents:0:SampleSeconds"] = "0.3",
        });
        await Eventually.Until(async () => (await Platform.ListAsync("/v1/vms")).Length == 4, "the fleet is in the inventory");
    }

    public ValueTask DisposeAsync() => Platform.DisposeAsync();
}
