using HvPlatform.TestKit;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace HvPlatform.EndToEndTests;

/// <summary>Migrations, operations and evacuations as pages.</summary>
public sealed partial class MigrationPagesTests(DashboardFixture fixture) : IClassFixture<DashboardFixture>
{
    readonly Platform _platform = fixture.Platform;

    /// <summary>Running VMs of one host, the smallest first.</summary>
    async Task<(string Id, string Name)> SmallAsync(int number)
    {
        var vm = (await _platform.ListAsync("/v1/vms?state=Running&sort=memoryMiB&limit=200"))[number];
        return (vm.GetProperty("id").GetString()!, vm.GetProperty("name").GetString()!);
    }

    async Task StartMigrationAsync(IPage page, string name, int bandwidthMiBps)
    {
        await page.GetByRole(AriaRole.Button, new() { Name = "Migrate", Exact = true }).ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await dialog.GetByRole(AriaRole.Button, new() { Name = "More options", Exact = true }).ClickAsync();
        await dialog.GetByLabel("Bandwidth at most").FillAsync($"{bandwidthMiBps}");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Migrate", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = $"Migration of {name}", Exact = true })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_migration_started_in_the_page_is_followed_live_to_its_end()
    {
        var (id, name) = await SmallAsync(0);
        var before = (await _platform.GetAsync($"/v1/vms/{id}")).GetProperty("hostId").GetString();
        await Screen.RunAsync(_platform, $"/vms/{id}", async page =>
        {
            await StartMigrationAsync(page, name, 128);
            await page.EvaluateAsync(
                """
                () => {
                  window.seen = [];
                  const look = () => { const bar = document.querySelector('main [data-progress]'); if (bar) window.seen.push(Number(bar.dataset.progress)); };
                  new MutationObserver(look).observe(document.body, { subtree: true, attributes: true, childList: true, attributeFilter: ['data-progress'] });
                  look();
                }
                """);
            await Expect(page.Locator("[data-phase]")).ToHaveAttributeAsync("data-phase", "Completed", new() { Timeout = 30_000 });
            await Expect(page.GetByText("Guest paused for")).ToBeVisibleAsync();
            await Expect(page.Locator("[data-step='operation_ended']")).ToBeVisibleAsync();
            await Screenshots.TakeAsync(page, "migration-ended");
            var seen = await page.EvaluateAsync<int[]>("() => window.seen");
            Assert.Equal(seen.Order(), seen);
            Assert.Contains(seen, p => p is > 0 and < 100);
            Assert.Equal(100, seen[^1]);
        });
        Assert.NotEqual(before, (await _platform.GetAsync($"/v1/vms/{id}")).GetProperty("hostId").GetString());
    }

    [Fact]
    public async Task A_migration_is_cancelled_only_after_a_question_and_the_VM_stays()
    {
        var (id, name) = await SmallAsync(20);
        var before = (await _platform.GetAsync($"/v1/vms/{id}")).GetProperty("hostId").GetString();
        await Screen.RunAsync(_platform, $"/vms/{id}", async page =>
        {
            await StartMigrationAsync(page, name, 4);
            await Expect(page.Locator("[data-phase]")).ToHaveAttributeAsync("data-phase", "Transferring");

            // The board shows it too, and asks.
            await page.GotoAsync("/migrations");
            var card = page.Locator("[data-migration]").Filter(new() { HasText = name });
            await Screenshots.TakeAsync(page, "migrations-board");
            await card.GetByRole(AriaRole.Button, new() { Name = "Cancel", Exact = true }).ClickAsync();
            var dialog = page.GetByRole(AriaRole.Dialog);
            await Expect(dialog).ToContainTextAsync($"Cancel the migration of {name}?");
            await dialog.GetByRole(AriaRole.Button, new() { Name = "Back", Exact = true }).ClickAsync();
            await Expect(dialog).ToHaveCountAsync(0);
            Assert.False((await _platform.ListAsync("/v1/migrations?open=true"))[0].TryGetProperty("cancelRequestedAt", out _));

            await card.GetByRole(AriaRole.Button, new() { Name = "Cancel", Exact = true }).ClickAsync();
            await dialog.GetByRole(AriaRole.Button, new() { Name = "Cancel the migration", Exact = true }).ClickAsync();
            await Expect(card).ToHaveCountAsync(0);
            await Expect(page.Locator("[data-ended]").Filter(new() { HasText = name })).ToContainTextAsync("Cancelled");
        });
        Assert.Equal(before, (await _platform.GetAsync($"/v1/vms/{id}")).GetProperty("hostId").GetString());
    }

    [Fact]
    public async Task Each_page_is_presentable()
    {
        var (id, _) = await SmallAsync(25);
        var paused = await _platform.AcceptAsync($"/v1/vms/{id}/pause");
        await _platform.EndOfAsync(paused);
        var host = (await _platform.ListAsync("/v1/hosts"))[^1].GetProperty("id").GetString();
        var evacuation = await _platform.AcceptAsync($"/v1/hosts/{host}/evacuations");
        await Eventually.Until(async () => (await _platform.ListAsync("/v1/migrations?open=true")).Length > 0, "the host is being emptied", 30);
        var migration = (await _platform.ListAsync("/v1/migrations?limit=1"))[0].GetProperty("id").GetString();
        foreach (var (path, name, shows) in ((string, string, string)[])
        [
            ("/migrations", "migrations", "Ended"),
            ($"/migrations/{migration}", "migration", "Steps"),
            ("/operations", "operations", "Pause VM"),
            ($"/operations/{paused}", "operation", "What was asked"),
            ("/evacuations", "evacuations", "of "),
            ($"/evacuations/{evacuation}", "evacuation", "Memory"),
        ])
        {
            await Screen.RunAsync(_platform, path, page => Screen.AssertPresentableAsync(page, name, () => Expect(page.GetByText(shows).First).ToBeVisibleAsync()));
        }
    }
}
