using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace HvPlatform.EndToEndTests;

/// <summary>The list of VMs: tens of thousands in one list, searched, ordered, and acted on together.</summary>
public sealed class VmListTests(DashboardFixture fixture) : IClassFixture<DashboardFixture>
{
    static ILocator Rows(IPage page) => page.Locator("[data-vm]");

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

            await page.GetByRole(AriaRole.Button, new() { Name = "Pause (3)" }).ClickAsync();
            var dialog = page.GetByRole(AriaRole.Dialog);
            await Expect(dialog).ToContainTextAsync("Pause 3 VMs?");
            await dialog.GetByRole(AriaRole.Button, new() { Name = "Pause 3" }).ClickAsync();
            await Expect(page.GetByText("3 done")).ToBeVisibleAsync();
            foreach (var id in names)
            {
                Assert.Equal("Paused", (await fixture.Platform.GetAsync($"/v1/vms/{id}")).GetProperty("state").GetString());

                // They do not fit the filter any more.
                await Expect(page.Locator($"[data-vm='{id}']")).ToHaveCountAsync(0);
            }
        });

    [Fact]
    public async Task The_list_is_presentable() =>
        await Screen.RunAsync(fixture.Platform, "/vms", page => Screen.AssertPresentableAsync(page, "vms", () => Expect(Rows(page).First).ToBeVisibleAsync()));
}
