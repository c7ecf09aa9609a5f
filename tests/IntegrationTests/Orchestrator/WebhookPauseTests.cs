using System.Net;
using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Contracts.History;
using HvPlatform.Events;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.IntegrationTests.Orchestrator;

/// <summary>A webhook that is paused by a person and goes on.</summary>
public sealed class WebhookPauseTests : IAsyncLifetime
{
    readonly OrchestratorFixture fixture = new();

    public ValueTask InitializeAsync() => fixture.StartAsync(new() { ["Webhooks:AllowPrivate"] = "true", ["Webhooks:FirstRetry"] = "00:00:00.1", ["Webhooks:LongestRetry"] = "00:00:00.3" });

    public ValueTask DisposeAsync() => fixture.DisposeAsync();

    [Fact]
    public async Task The_time_that_it_is_paused_does_not_count_against_what_waits()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        receiver.Answer = (_, http) => WebhookReceiver.Status(http, 503);
        using var created = await fixture.PostAsync("/v1/webhooks", new { url = receiver.Url });
        var webhook = $"/v1/webhooks/{JsonDocument.Parse(await created.Content.ReadAsStringAsync()).RootElement.GetProperty("id").GetGuid()}";
        var vm = new VmId(Guid.NewGuid());
        await fixture.Inventory.Events.AppendAsync(new StreamAppend
        {
            StreamId = vm.Value,
            StreamType = "vm",
            Events = [new NewEvent(new VmMarkedMissing { VmId = vm, HostId = fixture.Alpha, Generation = 1, ObservedAt = TimeProvider.System.GetUtcNow(), Cause = "test" })],
        });
        await Eventually.Until(() => receiver.All.Count > 0, "it was tried");

        await PauseAsync(webhook, true);
        await Eventually.Until(async () => await fixture.ScalarAsync<bool>("SELECT bool_and(attempts > 0) FROM webhook_deliveries"), "what was on its way when it was paused is noted");
        await TwoDaysPassAsync();
        var before = receiver.All.Count;
        await PauseAsync(webhook, false);
        await Eventually.Until(() => receiver.All.Count > before + 1, "it is tried more than once, so the first failure did not end it");
        Assert.Single(receiver.All.Select(r => r.DeliveryId).Distinct());

        receiver.Answer = (_, http) => WebhookReceiver.Status(http, 200);
        await DeliveredAsync(webhook, 1);
        Assert.Equal(0, (await fixture.GetAsync(webhook)).GetProperty("dead").GetInt64());

        // What is asked for while it is paused has its whole time from then on, and no more.
        await PauseAsync(webhook, true);
        using var test = await fixture.PostAsync($"{webhook}/test");
        await TwoDaysPassAsync();
        await PauseAsync(webhook, false);
        await DeliveredAsync(webhook, 2);
        Assert.True(await fixture.ScalarAsync<bool>("SELECT give_up_at BETWEEN now() + interval '23 hours' AND now() + interval '24 hours' FROM webhook_deliveries WHERE seq IS NULL"));
    }

    Task DeliveredAsync(string webhook, int count) => Eventually.Until(
        async () => (await fixture.GetAsync($"{webhook}/deliveries?status=Delivered")).GetProperty("items").GetArrayLength() == count, $"{count} delivered", 20,
        async () => (await fixture.GetAsync($"{webhook}/deliveries")).ToString());

    /// <summary>As if two days had passed, twice the time after which a delivery is given up.</summary>
    Task TwoDaysPassAsync() => fixture.ScalarAsync<int>(
        """
        WITH w AS (UPDATE webhooks SET paused_at = paused_at - interval '2 days'),
             d AS (UPDATE webhook_deliveries SET created_at = created_at - interval '2 days', give_up_at = give_up_at - interval '2 days', next_attempt_at = next_attempt_at - interval '2 days')
        SELECT 1
        """);

    async Task PauseAsync(string webhook, bool paused)
    {
        using var response = await fixture.SendAsync(HttpMethod.Patch, webhook, new { paused });
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }
}
