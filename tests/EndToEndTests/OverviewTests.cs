using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace HvPlatform.EndToEndTests;

/// <summary>The overview, first steps, hosts and their pages, alerts and access: as they look, and what they do.</summary>
public sealed partial class OverviewTests(DashboardFixture fixture) : IClassFixture<DashboardFixture>
{
    async Task<string> HostAsync(int index) => (await fixture.Platform.ListAsync("/v1/hosts")).OrderBy(h => h.GetProperty("name").GetString(), StringComparer.Ordinal).ElementAt(index).GetProperty("id").GetString()!;

    static ILocator Heading(IPage page, string name) => page.GetByRole(AriaRole.Heading, new() { Name = name, Exact = true, Level = 1 });

    [Theory]
    [InlineData("/", "Overview", "overview")]
    [InlineData("/welcome", "First steps", "welcome")]
    [InlineData("/hosts", "Hosts", "hosts")]
    [InlineData("/alerts", "Alerts", "alerts")]
    [InlineData("/access", "Access", "access")]
    public async Task A_page_is_accessible_fits_and_logs_nothing(string path, string heading, string name) =>
        await Screen.RunAsync(fixture.Platform, path, page => Screen.AssertPresentableAsync(page, name, async () =>
        {
            await Expect(Heading(page, heading)).ToBeVisibleAsync();
            await Expect(page.Locator(".mantine-Skeleton-root")).ToHaveCountAsync(0);
            await Expect(page.Locator("[data-live=live]")).ToBeVisibleAsync();
        }));

    [Theory]
    [InlineData("vms", "sim-0001-001")]
    [InlineData("figures", "CPU in use")]
    [InlineData("history", "joined")]
    public async Task A_hosts_page_is_accessible_fits_and_logs_nothing(string tab, string shown) =>
        await Screen.RunAsync(fixture.Platform, $"/hosts/{await HostAsync(0)}?tab={tab}", page => Screen.AssertPresentableAsync(page, $"host-{tab}", async () =>
            await Expect(page.GetByText(shown).First).ToBeVisibleAsync()));

    [Fact]
    public async Task The_overviews_figures_follow_a_vm_that_stops_and_lead_to_what_they_count() =>
        await Screen.RunAsync(fixture.Platform, "/", async page =>
        {
            var vms = page.GetByRole(AriaRole.Region, new() { Name = "VMs", Exact = true });
            await Expect(page.Locator("[data-live=live]")).ToBeVisibleAsync();
            var running = vms.GetByText(" running");
            var before = await running.TextContentAsync();
            var vm = (await fixture.Platform.ListAsync("/v1/vms?state=Running&limit=1&sort=-name"))[0].GetProperty("id");
            await fixture.Platform.EndOfAsync(await fixture.Platform.AcceptAsync($"/v1/vms/{vm}/force-off"));

            await Expect(running).Not.ToHaveTextAsync(before!);
            await running.ClickAsync();
            await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("/vms\\?.*Running"));
        });

    [Fact]
    public async Task A_host_is_emptied_after_its_plan_was_shown_and_takes_vms_again_afterwards() =>
        await Screen.RunAsync(fixture.Platform, $"/hosts/{await HostAsync(3)}", async page =>
        {
            await page.GetByRole(AriaRole.Button, new() { Name = "Empty this host", Exact = true }).ClickAsync();
            var dialog = page.GetByRole(AriaRole.Dialog);
            await Expect(dialog.GetByRole(AriaRole.Cell, new() { Name = "sim-0004-001", Exact = true })).ToBeVisibleAsync();
            await Screen.AssertAccessibleAsync(page);
            await Screenshots.TakeAsync(page, "host-evacuation-plan");
            await dialog.GetByLabel("Reason").FillAsync("new memory");
            await dialog.GetByRole(AriaRole.Button, new() { Name = "Move 10 VMs away", Exact = true }).ClickAsync();

            // The page of the emptying, to its report.
            await Expect(page.GetByText("10 of 10 moved")).ToBeVisibleAsync(new() { Timeout = 60_000 });
            await page.GetByRole(AriaRole.Heading, new() { Level = 1 }).GetByRole(AriaRole.Link).ClickAsync();
            await Expect(page.GetByText("No VM is on this host.")).ToBeVisibleAsync();
            await page.GetByRole(AriaRole.Button, new() { Name = "End maintenance", Exact = true }).ClickAsync();
            await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Begin maintenance", Exact = true })).ToBeVisibleAsync();
        });

    [Fact]
    public async Task What_a_viewer_may_not_do_is_shown_with_the_reason() =>
        await Screen.RunAsync(fixture.Platform, "/welcome", async page =>
        {
            await page.Context.RouteAsync("**/v1/me", r => r.FulfillAsync(new() { ContentType = "application/json", Body = """{"name":"vera","kind":"Person","roles":[{"group":"*","role":"Viewer"}]}""" }));
            await page.GotoAsync($"/hosts/{await HostAsync(0)}");
            var empty = page.GetByRole(AriaRole.Button, new() { Name = "Empty this host", Exact = true });

            await Expect(empty).ToHaveAttributeAsync("aria-disabled", "true");
            await empty.FocusAsync();
            await Expect(page.GetByRole(AriaRole.Tooltip)).ToContainTextAsync("role Operator");
            await page.GotoAsync("/access");
            await Expect(page.GetByText("This page is for administrators.")).ToBeVisibleAsync();
        });
}
