using System.Text.RegularExpressions;
using HvPlatform.TestKit;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace HvPlatform.EndToEndTests;

/// <summary>The event stream behind every page: lost, back, and shared between tabs.</summary>
public sealed partial class ConnectionTests(DashboardFixture fixture) : IClassFixture<DashboardFixture>
{
    [GeneratedRegex("/v1/events")]
    private static partial Regex EventStream();

    static ILocator Badge(IPage page) => page.Locator("[data-live]");

    [Fact]
    public async Task A_lost_connection_is_said_keeps_the_data_on_the_page_and_misses_nothing_when_it_is_back() =>
        await Screen.RunAsync(
            fixture.Platform,
            "/vms",
            async page =>
            {
                var vm = (await fixture.Platform.ListAsync("/v1/vms?state=Running&limit=200&sort=name"))[0];
                var row = page.GetByRole(AriaRole.Row).Filter(new() { HasText = vm.GetProperty("name").GetString() }).First;
                await Expect(row).ToContainTextAsync("Running");
                await Expect(Badge(page)).ToHaveAttributeAsync("data-live", "live");

                await page.Context.SetOfflineAsync(true);
                await Expect(Badge(page)).ToContainTextAsync("Stale since");
                var stopped = await fixture.Platform.AcceptAsync($"/v1/vms/{vm.GetProperty("id")}/force-off");
                await fixture.Platform.EndOfAsync(stopped);
                await Expect(row).ToContainTextAsync("Running");

                await page.Context.SetOfflineAsync(false);
                await Expect(Badge(page)).ToHaveAttributeAsync("data-live", "live");
                await Expect(row).ToContainTextAsync("Off");
            },
            expected: "ERR_INTERNET_DISCONNECTED");

    [Fact]
    public async Task Eight_tabs_share_one_event_stream_and_it_survives_the_tab_that_reads_it() =>
        await Screen.RunAsync(fixture.Platform, "/vms", async first =>
        {
            var streams = 0;
            await Expect(Badge(first)).ToHaveAttributeAsync("data-live", "live");
            first.Context.Request += (_, request) => streams += EventStream().IsMatch(request.Url) ? 1 : 0;
            var others = new List<IPage>();
            for (var i = 0; i < 7; i++)
            {
                var tab = await first.Context.NewPageAsync();
                others.Add(tab);
                await tab.GotoAsync("/vms");
                await Expect(Badge(tab)).ToHaveAttributeAsync("data-live", "live");
            }

            Assert.Equal(0, streams);

            // The tab that reads is closed: another one reads, and the last one still sees a change.
            await first.CloseAsync();
            await Eventually.Until(() => streams == 1, "another tab reads the stream");
            var vm = (await fixture.Platform.ListAsync("/v1/vms?state=Running"))[0];
            await fixture.Platform.EndOfAsync(await fixture.Platform.AcceptAsync($"/v1/vms/{vm.GetProperty("id")}/force-off"));
            foreach (var tab in others)
            {
                await Expect(tab.GetByRole(AriaRole.Row).Filter(new() { HasText = vm.GetProperty("name").GetString() }).First).ToContainTextAsync("Off");
            }
        });
}
