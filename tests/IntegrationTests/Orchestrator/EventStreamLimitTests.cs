using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.IntegrationTests.Orchestrator;

public sealed class EventStreamLimitTests : IAsyncLifetime
{
    readonly OrchestratorFixture fixture = new();

    public ValueTask InitializeAsync() => fixture.StartAsync(new() { ["EventHeartbeat"] = "00:00:00.3", ["MaxEventStreams"] = "2" });

    public ValueTask DisposeAsync() => fixture.DisposeAsync();

    [Fact]
    public async Task More_streams_than_allowed_are_refused_until_one_closes()
    {
        using var first = await fixture.Http.GetAsync("/v1/events", HttpCompletionOption.ResponseHeadersRead);
        var second = await fixture.Http.GetAsync("/v1/events", HttpCompletionOption.ResponseHeadersRead);
        using var third = await fixture.Http.GetAsync("/v1/events", HttpCompletionOption.ResponseHeadersRead);
        await OrchestratorFixture.ProblemAsync(third, 503, "too-many-streams");

        second.Dispose();
        await Eventually.Until(async () =>
        {
            using var next = await fixture.Http.GetAsync("/v1/events", HttpCompletionOption.ResponseHeadersRead);
            return next.IsSuccessStatusCode;
        }, "a place is free again");
    }
}
