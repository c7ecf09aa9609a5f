using System.Text.RegularExpressions;
using HvPlatform.TestKit;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace HvPlatform.EndToEndTests;

/// <summary>The list of VMs: tens of thousands in one list, searched, ordered, and acted on together.</summary>
public sealed partial class VmListTests(DashboardFixture fixture) : IClassFixture<DashboardFixture>
{
    [GeneratedRegex("q=many-0042-017")]
    private static partial Regex SearchInAddress();

    [GeneratedRegex("stale=true")]
    private static partial Regex StaleInAddress();

    static ILocator Rows(IPage page) => page.Locator("[data-vm]");

    [Fact]
    public async Task In_25000_VMs_a_search_finds_as_one_types_and_the_end_is_one_key_away()
    {
        await using var platform = await DashboardFixture.StartAsync([]);
        await Eventually.Until(async () => (await platform.ListAsync("/v1/vms?limit=200")).Length == 40, "the fleet is in the inventory", 30);
        await ManyVms.AddAsync(platform.Hosts[0].Database("inventory"), 100, 250);
        await Screen.RunAsync(platform, "/vms", async page =>
        {
            var count = page.Locator("[data-vm-total]");
            await Expect(count).ToHaveAttributeAsync("data-vm-total", "25040");
            Assert.InRange(await Rows(page).CountAsync(), 1, 100);
            await Screenshots.TakeAsync(page, "vms-25000");

            // The end of the list, which was not loaded, by the keyboard.
            await page.Locator("[data-vm-grid]").FocusAsync();
            await page.Keyboard.PressAsync("End");
            await Expect(page.GetByText("sim-0004-010")).ToBeVisibleAsync();
            await page.Keyboard.PressAsync("Home");
            await Expect(page.GetByText("many-0001-001")).ToBeVisibleAsync();

            await page.GetByRole(AriaRole.Searchbox, new() { Name = "Search VMs", Exact = true }).PressSequentiallyAsync("many-0042-017");
            await Expect(count).ToHaveAttributeAsync("data-vm-total", "1");
            await Expect(Rows(page)).ToContainTextAsync(["many-0042-017"]);
            await Expect(page).ToHaveURLAsync(SearchInAddress());

            // Back to what one came from; Enter opens the row.
            await page.Locator("[data-vm-grid]").FocusAsync();
            await page.Keyboard.PressAsync("ArrowDown");
            await page.Keyboard.PressAsync("Enter");
            await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "many-0042-017", Exact = true })).ToBeVisibleAsync();
            await page.GoBackAsync();
            await Expect(page.GetByRole(AriaRole.Searchbox, new() { Name = "Search VMs", Exact = true })).ToHaveValueAsync("many-0042-017");
            await Expect(Rows(page)).ToHaveCountAsync(1);
        },
            expected: "status of 404");
    }

    [Fact]
    public async Task Several_VMs_are_paused_after_a_question_each_by_an_operation_of_its_own_and_the_rows_follow() =>
        await Screen.RunAsync(fixture.Platform, "/vms?q=sim-0003&state=Running", async page =>
        {
            await Expect(Rows(page).First).ToBeVisibleAsync();
            var names = await Rows(page).EvaluateAllAsync<string[]>("rows => rows.slice(0, 3).map(r => r.dataset.vm)");
            foreach (var id in names)
            {
                await page.Locator($"[data-vm='{id}']").GetByRole(AriaRole.Checkbox).ClickAsync();
            }

            await page.GetByRole(AriaRole.Button, new() { Name = "Pause (3)", Exact = true }).ClickAsync();
            var dialog = page.GetByRole(AriaRole.Dialog);
            await Expect(dialog).ToContainTextAsync("Pause 3 VMs?");
            await dialog.GetByRole(AriaRole.Button, new() { Name = "Pause 3", Exact = true }).ClickAsync();
            await Expect(page.GetByText("3 done")).ToBeVisibleAsync();
            foreach (var id in names)
            {
                Assert.Equal("Paused", (await fixture.Platform.GetAsync($"/v1/vms/{id}")).GetProperty("state").GetString());

                // They do not fit the filter any more.
                await Expect(page.Locator($"[data-vm='{id}']")).ToHaveCountAsync(0);
            }
        });

    [Fact]
    public async Task Vms_whose_host_does_not_answer_are_marked_and_found_by_a_filter()
    {
        var inventory = fixture.Platform.Hosts[0].Database("inventory");
        await ManyVms.AddAsync(inventory, 1, 3);
        await using (var silence = inventory.DataSource.CreateCommand("UPDATE inventory.host_contacts SET last_seen_at = now() - interval '1 year' WHERE host_id = md5('host1')::uuid"))
        {
            await silence.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        await Screen.RunAsync(fixture.Platform, "/vms", async page =>
        {
            var total = page.Locator("[data-vm-total]");
            await Expect(total).ToHaveAttributeAsync("data-vm-total", "43");
            await page.GetByRole(AriaRole.Button, new() { Name = "Filters", Exact = true }).ClickAsync();
            var stale = page.GetByRole(AriaRole.Radiogroup, new() { Name = "Stale: its host does not answer", Exact = true });
            await stale.GetByText("Yes", new() { Exact = true }).ClickAsync();
            await Expect(total).ToHaveAttributeAsync("data-vm-total", "3");
            await Expect(Rows(page).GetByText("Stale", new() { Exact = true })).ToHaveCountAsync(3);
            await Expect(page).ToHaveURLAsync(StaleInAddress());
            await stale.GetByText("No", new() { Exact = true }).ClickAsync();
            await Expect(total).ToHaveAttributeAsync("data-vm-total", "40");
        });
    }

    [Fact]
    public async Task The_list_is_presentable() =>
        await Screen.RunAsync(fixture.Platform, "/vms", page => Screen.AssertPresentableAsync(page, "vms", () => Expect(Rows(page).First).ToBeVisibleAsync()));
}
