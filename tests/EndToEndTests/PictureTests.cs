using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace HvPlatform.EndToEndTests;

/// <summary>The pictures of the README, taken from real pages while VMs are on their way: <c>HV_PICTURES=1 ./hv test</c> renews them.</summary>
public sealed class PictureTests(DashboardFixture fixture) : IClassFixture<DashboardFixture>
{
    static readonly Looks s_looks = new(1280, 800);

    [Fact]
    public async Task Overview_topology_a_migration_and_a_vm_with_its_history_can_be_pictured()
    {
        // Slow enough to be seen on their way.
        var policy = new { bandwidthMiBps = 60, mode = "Live" };
        var hosts = await fixture.Platform.ListAsync("/v1/hosts");
        var vms = (await fixture.Platform.ListAsync("/v1/vms?state=Running&limit=200&sort=-memoryMiB")).DistinctBy(v => v.GetProperty("hostId").GetString()).Take(2).ToArray();
        var moves = new List<Guid>();
        foreach (var vm in vms)
        {
            var destination = hosts.First(h => vms.All(v => v.GetProperty("hostId").GetString() != h.GetProperty("id").GetString())).GetProperty("id");
            moves.Add(await fixture.Platform.AcceptAsync($"/v1/vms/{vm.GetProperty("id")}/migrations", new { destinationHostId = destination, policy }));
        }

        await fixture.Platform.UntilAsync($"/v1/migrations/{moves[0]}", m => m.TryGetProperty("progress", out var p) && p.GetProperty("percent").GetDouble() > 10, "the first migration is on its way", 90);
        await Screen.RunAsync(fixture.Platform, "/", async page =>
        {
            await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Running now", Exact = true }).GetByRole(AriaRole.Progressbar)).ToHaveCountAsync(2);
            await Screenshots.TakePictureAsync(page, "overview");
            await page.GotoAsync("/topology");
            await Expect(page.Locator(".topology-label")).ToHaveCountAsync(2);
            await Screenshots.TakePictureAsync(page, "topology");
            await page.GotoAsync($"/migrations/{moves[0]}");
            await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToBeVisibleAsync();
            await Expect(page.Locator("[data-chart]").First).ToBeVisibleAsync();
            await Screenshots.TakePictureAsync(page, "migration");
            await page.GotoAsync($"/vms/{vms[0].GetProperty("id")}");
            await Expect(page.GetByRole(AriaRole.Slider).First).ToBeVisibleAsync();
            await Expect(page.GetByRole(AriaRole.Img, new() { NameRegex = new("^Screen of") })).ToBeVisibleAsync();
            await Screenshots.TakePictureAsync(page, "vm");
        }, s_looks);

        foreach (var move in moves)
        {
            await fixture.Platform.Api.PostAsync($"/v1/migrations/{move}/cancel", null, TestContext.Current.CancellationToken);
            await fixture.Platform.EndOfAsync(move);
        }
    }
}
