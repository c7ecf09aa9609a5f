using HvPlatform.TestKit;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace HvPlatform.EndToEndTests;

/// <summary>One VM's page: what can be done, what it shows live, and the past.</summary>
public sealed partial class VmPageTests(DashboardFixture fixture) : IClassFixture<DashboardFixture>
{
    readonly Platform _platform = fixture.Platform;

    static ILocator State(IPage page) => page.Locator("[data-vm-state]");

    static ILocator Slider(IPage page) => page.GetByRole(AriaRole.Slider, new() { Name = "Moment shown", Exact = true });

    async Task<(string Id, string Name)> RunningAsync(int number)
    {
        var vm = (await _platform.ListAsync("/v1/vms?state=Running&sort=name&limit=200"))[number];
        return (vm.GetProperty("id").GetString()!, vm.GetProperty("name").GetString()!);
    }

    async Task DoAsync(string id, string verb) => await _platform.EndOfAsync(await _platform.AcceptAsync($"/v1/vms/{id}/{verb}"));

    [Fact]
    public async Task The_time_slider_shows_the_whole_page_as_the_VM_was_and_nothing_can_be_done_to_the_past()
    {
        var (id, _) = await RunningAsync(0);
        await DoAsync(id, "pause");

        // Until the history has it: an observation that comes after a newer one is dropped.
        await _platform.UntilAsync($"/v1/vms/{id}", v => v.GetProperty("state").GetString() == "Paused", "the inventory knows that it is paused");
        await DoAsync(id, "force-off");
        await Screen.RunAsync(_platform, $"/vms/{id}", async page =>
        {
            await Expect(State(page)).ToHaveAttributeAsync("data-vm-state", "Off");
            await Expect(page.GetByRole(AriaRole.List, new() { Name = "History" }).Or(page.GetByLabel("History")).First).ToBeVisibleAsync();

            // Step back from event to event until it was paused.
            await Slider(page).FocusAsync();
            for (var step = 0; step < 20 && await State(page).GetAttributeAsync("data-vm-state") != "Paused"; step++)
            {
                var before = await page.Locator("[data-vm-version]").GetAttributeAsync("data-as-of");
                await page.Keyboard.PressAsync("ArrowLeft");
                await Expect(page.Locator("[data-vm-version][data-current]")).Not.ToHaveAttributeAsync("data-as-of", before ?? "now");
            }

            await Expect(State(page)).ToHaveAttributeAsync("data-vm-state", "Paused");
            await Expect(page.Locator("[data-past-banner]")).ToBeVisibleAsync();
            await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Resume" })).ToHaveAttributeAsync("aria-disabled", "true");
            await Screenshots.TakeAsync(page, "vm-in-the-past");

            // The address keeps the moment: another visitor sees the same.
            await page.WaitForURLAsync("**at=**");
            await page.ReloadAsync();
            await Expect(State(page)).ToHaveAttributeAsync("data-vm-state", "Paused");

            // Dragged to the beginning it is as it was found.
            var box = (await Slider(page).BoundingBoxAsync())!;
            await page.Mouse.MoveAsync(box.X + box.Width - 5, box.Y + (box.Height / 2));
            await page.Mouse.DownAsync();
            await page.Mouse.MoveAsync(box.X + (box.Width / 2), box.Y + (box.Height / 2), new() { Steps = 4 });
            await page.Mouse.UpAsync();
            await Expect(page.Locator("[data-past-banner]")).ToBeVisibleAsync();
            await page.Keyboard.PressAsync("Home");
            await Expect(State(page)).ToHaveAttributeAsync("data-vm-state", "Running");

            await page.GetByRole(AriaRole.Button, new() { Name = "Back to now", Exact = true }).First.ClickAsync();
            await Expect(State(page)).ToHaveAttributeAsync("data-vm-state", "Off");
            await Expect(page.Locator("[data-past-banner]")).ToHaveCountAsync(0);
        });
    }

    [Fact]
    public async Task What_is_done_from_the_page_and_elsewhere_is_seen_without_a_reload()
    {
        var (id, name) = await RunningAsync(3);
        await Screen.RunAsync(_platform, $"/vms/{id}", async page =>
        {
            await Expect(State(page)).ToHaveAttributeAsync("data-vm-state", "Running");
            await DoAsync(id, "pause");
            await Expect(State(page)).ToHaveAttributeAsync("data-vm-state", "Paused");

            await page.GetByRole(AriaRole.Button, new() { Name = "Resume", Exact = true }).ClickAsync();
            await Expect(page.GetByText($"Resume {name}: succeeded")).ToBeVisibleAsync();
            await Expect(State(page)).ToHaveAttributeAsync("data-vm-state", "Running");
        });
    }

    [Fact]
    public async Task What_is_lost_by_an_action_is_said_before_and_deleting_wants_the_name()
    {
        var (id, name) = await RunningAsync(5);
        await Screen.RunAsync(_platform, $"/vms/{id}", async page =>
        {
            var more = page.GetByRole(AriaRole.Button, new() { Name = $"More actions for {name}", Exact = true });
            var dialog = page.GetByRole(AriaRole.Dialog);
            await more.ClickAsync();
            await page.GetByRole(AriaRole.Menuitem, new() { Name = "Force off", Exact = true }).ClickAsync();
            await Expect(dialog).ToContainTextAsync("like by pulling the plug");
            await dialog.GetByRole(AriaRole.Button, new() { Name = "Back", Exact = true }).ClickAsync();
            await Expect(dialog).ToHaveCountAsync(0);
            Assert.Equal("Running", (await _platform.GetAsync($"/v1/vms/{id}")).GetProperty("state").GetString());

            await more.ClickAsync();
            await page.GetByRole(AriaRole.Menuitem, new() { Name = "Force off", Exact = true }).ClickAsync();
            await dialog.GetByLabel("Reason").FillAsync("test of the page");
            await dialog.GetByRole(AriaRole.Button, new() { Name = $"Force off {name}", Exact = true }).ClickAsync();
            await Expect(State(page)).ToHaveAttributeAsync("data-vm-state", "Off");

            await more.ClickAsync();
            await page.GetByRole(AriaRole.Menuitem, new() { Name = "Delete", Exact = true }).ClickAsync();
            var delete = dialog.GetByRole(AriaRole.Button, new() { Name = $"Delete {name}", Exact = true });
            await Expect(delete).ToBeDisabledAsync();
            await dialog.GetByLabel($"Type {name} to confirm").FillAsync(name);
            await delete.ClickAsync();
            await Expect(page.GetByText($"Delete {name}: succeeded")).ToBeVisibleAsync();
            await Expect(page.GetByText("Its history stays readable.")).ToBeVisibleAsync();
        });
    }

    [Theory]
    [InlineData("overview", "Last hour")]
    [InlineData("hardware", "Network adapters")]
    [InlineData("checkpoints", "Make a checkpoint")]
    [InlineData("settings", "Processors and memory")]
    [InlineData("kvp", "From the guest")]
    [InlineData("history", "Seen for the first time")]
    public async Task Each_part_of_the_page_opens(string tab, string shows)
    {
        var (id, _) = await RunningAsync(8);
        await Screen.RunAsync(_platform, $"/vms/{id}?tab={tab}", async page =>
        {
            await Expect(page.GetByText(shows).First).ToBeVisibleAsync();
            await Screen.AssertAccessibleAsync(page);
            await Screenshots.TakeAsync(page, $"vm-{tab}");
        });
    }

    [Fact]
    public async Task The_page_is_presentable()
    {
        var (id, _) = await RunningAsync(8);
        await Screen.RunAsync(_platform, $"/vms/{id}", page => Screen.AssertPresentableAsync(page, "vm", () => Expect(State(page)).ToBeVisibleAsync()));
    }
}
