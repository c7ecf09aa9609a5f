using System.Globalization;
using System.Text.Json;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace HvPlatform.EndToEndTests;

/// <content>Disks, adapters, storage and files, changed from the page.</content>
public sealed partial class VmPageTests
{
    static ILocator Dialog(IPage page) => page.GetByRole(AriaRole.Dialog);

    static ILocator Button(ILocator within, string name) => within.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    static ILocator Part(IPage page, string name) => page.GetByRole(AriaRole.Region, new() { Name = name, Exact = true });

    async Task<JsonElement> VmAsync(string id) => await _platform.GetAsync($"/v1/vms/{id}");

    [Fact]
    public async Task A_disk_is_made_enlarged_and_detached_only_after_a_question()
    {
        var (id, name) = await RunningAsync(10);
        await Screen.RunAsync(_platform, $"/vms/{id}?tab=hardware", async page =>
        {
            await Button(Part(page, "Disks"), "Attach a disk").ClickAsync();
            await Dialog(page).GetByLabel("A new, empty disk").CheckAsync();
            await Dialog(page).GetByLabel("File on the host").FillAsync($"/srv/data/{name}-data.qcow2");
            await Dialog(page).GetByLabel("Size").FillAsync("3");
            await Screen.AssertAccessibleAsync(page);
            await Screenshots.TakeAsync(page, "vm-attach-disk");
            await Button(Dialog(page), "Attach").ClickAsync();
            await Expect(page.GetByText($"Attach a disk to {name}: succeeded")).ToBeVisibleAsync();
            var disk = page.Locator("[data-disk]").Filter(new() { HasText = $"{name}-data.qcow2" });
            await Expect(disk).ToContainTextAsync("3.0 GiB");

            await Button(disk, "Resize disk vdb").ClickAsync();
            await Expect(Button(Dialog(page), "Resize")).ToBeDisabledAsync();
            await Dialog(page).GetByLabel("New size").FillAsync("5.5");
            await Button(Dialog(page), "Resize").ClickAsync();
            await Expect(disk).ToContainTextAsync("5.5 GiB");
            await Screenshots.TakeAsync(page, "vm-disks");

            await Button(disk, "Detach disk vdb").ClickAsync();
            await Expect(Dialog(page)).ToContainTextAsync("The guest loses it at once");
            await Button(Dialog(page), "Back").ClickAsync();
            await Expect(Dialog(page)).ToHaveCountAsync(0);
            Assert.Equal(2, (await VmAsync(id)).GetProperty("disks").GetArrayLength());
            await Button(disk, "Detach disk vdb").ClickAsync();
            await Button(Dialog(page), "Detach").ClickAsync();
            await Expect(disk).ToHaveCountAsync(0);
        });
    }

    [Fact]
    public async Task An_adapter_is_added_changed_and_removed()
    {
        var (id, name) = await RunningAsync(11);
        await Screen.RunAsync(_platform, $"/vms/{id}?tab=hardware", async page =>
        {
            await Button(Part(page, "Network adapters"), "Add an adapter").ClickAsync();
            await Dialog(page).GetByLabel("Name").FillAsync("backup");
            await Dialog(page).GetByLabel("MAC address").FillAsync("52-54-00-AA-BB-0C");
            await Dialog(page).GetByLabel("VLAN").FillAsync("42");
            await Screen.AssertAccessibleAsync(page);
            await Button(Dialog(page), "Add").ClickAsync();
            var adapter = page.Locator("[data-adapter='52:54:00:aa:bb:0c']");
            await Expect(adapter).ToContainTextAsync("not connected");
            await Expect(adapter).ToContainTextAsync("42");

            // What is no part of a VM's report is seen too: its VLAN.
            await Button(adapter, "Change adapter backup").ClickAsync();
            await Dialog(page).GetByLabel("VLAN").FillAsync("43");
            await Button(Dialog(page), "Change").ClickAsync();
            await Expect(adapter).ToContainTextAsync("43");
            await Screenshots.TakeAsync(page, "vm-adapters");

            await Button(adapter, "Remove adapter backup").ClickAsync();
            await Expect(Dialog(page)).ToContainTextAsync("52:54:00:aa:bb:0c");
            await Button(Dialog(page), "Remove").ClickAsync();
            await Expect(page.GetByText($"Remove adapter backup of {name}: succeeded")).ToBeVisibleAsync();
            await Expect(adapter).ToHaveCountAsync(0);
        });
    }

    [Fact]
    public async Task A_VMs_storage_is_moved_while_it_runs_and_the_page_shows_where_to()
    {
        var (id, name) = await RunningAsync(12);
        await Screen.RunAsync(_platform, $"/vms/{id}?tab=hardware", async page =>
        {
            await Button(Part(page, "Disks"), "Move storage").ClickAsync();
            await Expect(Button(Dialog(page), "Move")).ToBeDisabledAsync();
            await Dialog(page).GetByLabel("Everything into this directory").FillAsync("/srv/fast");
            await Screen.AssertAccessibleAsync(page);
            await Screenshots.TakeAsync(page, "vm-move-storage");
            await Button(Dialog(page), "Move").ClickAsync();
            await Expect(page.GetByText($"Move the storage of {name}: succeeded")).ToBeVisibleAsync();
            await Expect(page.Locator("[data-disk]").First).ToContainTextAsync("/srv/fast/");
        });
    }

    [Fact]
    public async Task A_file_is_copied_into_the_guest_once_its_guest_services_are_on()
    {
        var (id, name) = await RunningAsync(13);
        await Screen.RunAsync(_platform, $"/vms/{id}", async page =>
        {
            async Task OpenAsync()
            {
                await page.GetByRole(AriaRole.Button, new() { Name = $"More actions for {name}" }).ClickAsync();
                await page.GetByRole(AriaRole.Menuitem, new() { Name = "Copy a file into it" }).ClickAsync();
                await Dialog(page).GetByLabel("File on the host").FillAsync("/srv/files/motd");
                await Dialog(page).GetByLabel("Where in the guest").FillAsync("/etc/motd");
            }

            await OpenAsync();
            await Expect(Dialog(page).GetByText("switched off")).ToBeVisibleAsync();
            await Expect(Button(Dialog(page), "Copy")).ToBeDisabledAsync();
            await Screen.AssertAccessibleAsync(page);
            await Button(Dialog(page), "Back").ClickAsync();
            await _platform.EndOfAsync(await _platform.AcceptAsync($"/v1/vms/{id}/settings", new { integration = new { guestServices = true } }));
            await OpenAsync();
            await Button(Dialog(page), "Copy").ClickAsync();
            await Expect(page.GetByText($"Copy a file into {name}: succeeded")).ToBeVisibleAsync();
        });
    }

    [Fact]
    public async Task What_a_VMs_state_or_its_hosts_driver_does_not_allow_says_why()
    {
        var (id, name) = await RunningAsync(14);
        await _platform.EndOfAsync(await _platform.AcceptAsync($"/v1/vms/{id}/pause"));
        await Screen.RunAsync(_platform, $"/vms/{id}?tab=hardware", async page =>
        {
            // A host whose driver has no storage facet, and a VM of libvirt, which resizes no disks.
            await page.RouteAsync("**/v1/hosts/*", async route =>
            {
                var host = (await (await route.FetchAsync()).JsonAsync())!.Value;
                var facets = host.GetProperty("facets").EnumerateArray().Select(f => f.GetString()).Where(f => f != "storage");
                await route.FulfillAsync(new() { Json = With(host, "facets", facets) });
            });
            await page.RouteAsync(string.Create(CultureInfo.InvariantCulture, $"**/v1/vms/{id}"), async route =>
                await route.FulfillAsync(new() { Json = With((await (await route.FetchAsync()).JsonAsync())!.Value, "hostKind", "Libvirt") }));
            await page.ReloadAsync();
            await Button(Part(page, "Disks"), "Move storage").HoverAsync();
            await Expect(page.GetByRole(AriaRole.Tooltip).Filter(new() { HasText = "it lacks storage" })).ToBeVisibleAsync();
            await page.GetByRole(AriaRole.Button, new() { Name = "Resize disk vda" }).HoverAsync();
            await Expect(page.GetByRole(AriaRole.Tooltip).Filter(new() { HasText = "virsh blockresize" })).ToBeVisibleAsync();
            await page.GetByRole(AriaRole.Button, new() { Name = $"More actions for {name}" }).ClickAsync();
            await Expect(page.GetByRole(AriaRole.Menuitem, new() { Name = "Copy a file into it" })).ToHaveAttributeAsync("title", "Copy a file: possible when it is running; it is paused.");
        });
    }

    static Dictionary<string, object?> With(JsonElement body, string member, object value) =>
        new(body.EnumerateObject().Where(m => m.Name != member).ToDictionary(m => m.Name, m => (object?)m.Value)) { [member] = value };
}
