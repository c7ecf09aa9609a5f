using System.Text.RegularExpressions;
using HvPlatform.TestKit;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace HvPlatform.EndToEndTests;

/// <summary>Events, comparison, topology, and finding one's way by the keyboard.</summary>
public sealed partial class ObservingTests(DashboardFixture fixture) : IClassFixture<DashboardFixture>
{
    [GeneratedRegex("/vms/[0-9a-f-]{36}")]
    private static partial Regex VmPage();

    [GeneratedRegex("/vms/?$")]
    private static partial Regex VmsPage();

    static ILocator Live(IPage page) => page.Locator("[data-live=live]");

    async Task<(string Id, string Name, string HostId)> RunningVmAsync()
    {
        var vm = (await fixture.Platform.ListAsync("/v1/vms?state=Running&limit=1&sort=name"))[0];
        return (vm.GetProperty("id").GetString()!, vm.GetProperty("name").GetString()!, vm.GetProperty("hostId").GetString()!);
    }

    async Task StopAsync(string vm) => await fixture.Platform.EndOfAsync(await fixture.Platform.AcceptAsync($"/v1/vms/{vm}/force-off"));

    [Fact]
    public async Task Events_appear_as_they_happen_wait_while_paused_and_show_their_json() =>
        await Screen.RunAsync(fixture.Platform, "/events", async page =>
        {
            var rows = page.Locator("[data-event]");
            await Expect(rows.First).ToBeVisibleAsync();
            await Screen.AssertPresentableAsync(page, "events", () => Expect(rows.First).ToBeVisibleAsync());
            await page.SetViewportSizeAsync(1280, 800);

            var (id, name, _) = await RunningVmAsync();
            await page.GotoAsync($"/events?vm={id}");
            await Expect(rows.First).ToBeVisibleAsync();
            await page.GetByRole(AriaRole.Button, new() { Name = "Pause", Exact = true }).ClickAsync();

            // A VM that another test has moved may have paused on its way.
            var changes = page.Locator("[data-event=vm_state_changed]");
            var before = await changes.CountAsync();
            await StopAsync(id);
            var resume = page.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("Go on \\(\\d+ new\\)") });
            await Expect(resume).ToBeVisibleAsync();
            await Expect(changes).ToHaveCountAsync(before);
            await resume.ClickAsync();
            await Expect(changes).ToHaveCountAsync(before + 1);

            var changed = changes.First;
            await Expect(changed).ToBeVisibleAsync();
            await changed.GetByRole(AriaRole.Button).ClickAsync();
            await Expect(changed.Locator("pre")).ToContainTextAsync($"\"streamId\": \"{id}\"");
        });

    [Fact]
    public async Task Two_moments_are_compared_field_by_field() =>
        await Screen.RunAsync(fixture.Platform, "/diff", async page =>
        {
            await Screen.AssertPresentableAsync(page, "diff-empty", () => Expect(page.GetByText("Compare the fleet with itself.")).ToBeVisibleAsync());
            var (id, name, _) = await RunningVmAsync();
            var before = TimeProvider.System.GetUtcNow();
            await StopAsync(id);
            await fixture.Platform.UntilAsync($"/v1/vms/{id}", v => v.GetProperty("state").GetString() == "Off", "the inventory knows that the VM is off");
            await fixture.Platform.EndOfAsync(await fixture.Platform.AcceptAsync(
                $"/v1/vms/{id}/settings", new { disks = new[] { new { action = "Create", path = $"/simulated/{name}-second.qcow2", capacityBytes = 10L << 30 } } }));
            await fixture.Platform.UntilAsync($"/v1/vms/{id}", v => v.GetProperty("disks").GetArrayLength() == 2, "the inventory knows the new disk");

            await page.GotoAsync($"/diff?from={before:O}&to={TimeProvider.System.GetUtcNow():O}".Replace("+", "%2B", StringComparison.Ordinal));
            var row = page.GetByRole(AriaRole.Row).Filter(new() { HasText = name });
            await Expect(row).ToContainTextAsync("Running");
            await Expect(row).ToContainTextAsync("Off");
            await Expect(row).ToContainTextAsync($"disk vdb → qcow2, shared, /simulated/{name}-second.qcow2, 10.0 GiB");
            await Screen.AssertPresentableAsync(page, "diff", () => Expect(row).ToBeVisibleAsync());
        });

    [Fact]
    public async Task A_vm_that_migrates_is_drawn_on_its_way_and_then_sits_in_its_new_host() =>
        await Screen.RunAsync(fixture.Platform, "/topology", async page =>
        {
            var (id, name, hostId) = await RunningVmAsync();
            var hosts = await fixture.Platform.ListAsync("/v1/hosts");
            var destination = hosts.First(h => h.GetProperty("id").GetString() != hostId);
            var box = page.Locator($"[data-host='{destination.GetProperty("name").GetString()}']");
            await Expect(page.Locator($"[data-vm='{name}']")).ToBeVisibleAsync();
            await Expect(box.Locator($"[data-vm='{name}']")).ToHaveCountAsync(0);
            await Screen.AssertPresentableAsync(page, "topology", () => Expect(page.Locator($"[data-vm='{name}']")).ToBeVisibleAsync());

            var migration = await fixture.Platform.AcceptAsync($"/v1/vms/{id}/migrations", new { destinationHostId = destination.GetProperty("id") });
            await Expect(page.Locator(".topology-label").Filter(new() { HasText = name })).ToHaveCountAsync(1);
            await fixture.Platform.EndOfAsync(migration);
            await Expect(box.Locator($"[data-vm='{name}']")).ToBeVisibleAsync();
            await Expect(page.Locator(".topology-label")).ToHaveCountAsync(0);
        });

    [Fact]
    public async Task The_keyboard_goes_to_pages_finds_a_vm_and_tells_its_keys() =>
        await Screen.RunAsync(fixture.Platform, "/", async page =>
        {
            await Expect(Live(page)).ToBeVisibleAsync();
            await page.Keyboard.PressAsync("Tab");
            await Expect(page.GetByText("Skip to content")).ToBeFocusedAsync();
            await page.Keyboard.PressAsync("?");
            await Expect(page.GetByRole(AriaRole.Dialog, new() { Name = "Keys", Exact = true })).ToBeVisibleAsync();
            await Screen.AssertAccessibleAsync(page);
            await page.Keyboard.PressAsync("Escape");
            await Expect(page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);

            await page.Keyboard.PressAsync("g");
            await page.Keyboard.PressAsync("h");
            await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Hosts", Exact = true, Level = 1 })).ToBeVisibleAsync();
            await page.Keyboard.PressAsync("/");
            await page.Keyboard.TypeAsync("0003");
            await Expect(page.GetByText("1 of 4 hosts")).ToBeVisibleAsync();

            await page.Keyboard.PressAsync("Control+k");
            await page.Keyboard.TypeAsync("0002-007");
            var options = page.GetByRole(AriaRole.Option);
            await Expect(options).ToHaveCountAsync(1);
            await Expect(options).ToContainTextAsync("sim-0002-007");
            await Screen.AssertAccessibleAsync(page);
            await Screenshots.TakeAsync(page, "palette");
            await page.Keyboard.PressAsync("Enter");
            await Expect(page).ToHaveURLAsync(VmPage());
        });

    [Fact]
    public async Task The_address_that_hv_up_prints_signs_in_and_the_token_leaves_the_address_bar()
    {
        var page = await DashboardFixture.NewPageAsync(fixture.Platform);
        await using var context = page.Context;
        await page.GotoAsync("/");
        await Expect(page.GetByLabel("Access token")).ToBeVisibleAsync();
        await Screen.AssertPresentableAsync(page, "sign-in", () => Expect(page.GetByLabel("Access token")).ToBeVisibleAsync());

        await page.GotoAsync($"/vms#token={TestAccess.Token}");
        await Expect(Live(page)).ToBeVisibleAsync();
        await page.ReloadAsync();
        await Expect(Live(page)).ToBeVisibleAsync();
        await Expect(page).ToHaveURLAsync(VmsPage());
        await page.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("^Signed in as") }).ClickAsync();
        await page.GetByRole(AriaRole.Menuitem, new() { Name = "Sign out", Exact = true }).ClickAsync();
        await Expect(page.GetByLabel("Access token")).ToBeVisibleAsync();
        await page.GetByLabel("Access token").FillAsync("not-a-token");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Not signed in");
    }
}
