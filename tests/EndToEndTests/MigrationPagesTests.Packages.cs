using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.TestKit;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace HvPlatform.EndToEndTests;

/// <content>Exports and imports, a doubt and an operator's word, and the emptying of a host.</content>
public sealed partial class MigrationPagesTests
{
    static ILocator Button(ILocator within, string name) => within.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    static ILocator Button(IPage page, string name) => page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    [Fact]
    public async Task A_VM_is_exported_followed_to_its_end_and_imported_as_another()
    {
        var host = (await _platform.ListAsync("/v1/hosts"))[0].GetProperty("id").GetString();
        var vm = Guid.NewGuid();
        await _platform.EndOfAsync(await _platform.AcceptAsync("/v1/vms", new
        {
            hostId = host,
            spec = new { id = vm, name = "to-export", vcpus = 1, memoryMiB = 64, disks = new[] { new { target = "vda", source = "/srv/to-export.qcow2", format = "qcow2", capacityBytes = 512L << 20 } }, nics = Array.Empty<object>() },
        }));
        await Eventually.Until(async () => (await _platform.ListAsync("/v1/vms?name=to-export")).Length == 1, "the VM is in the inventory");
        await Screen.RunAsync(_platform, $"/vms/{vm}", async page =>
        {
            var dialog = page.GetByRole(AriaRole.Dialog);
            await page.GetByRole(AriaRole.Button, new() { Name = "More actions for to-export" }).ClickAsync();
            await page.GetByRole(AriaRole.Menuitem, new() { Name = "Export" }).ClickAsync();
            await dialog.GetByLabel("Directory on the host").FillAsync("/exports/to-export");
            await Expect(page.GetByRole(AriaRole.Menu)).ToHaveCountAsync(0);
            await Screen.AssertAccessibleAsync(page);
            await Button(dialog, "Export").ClickAsync();

            // Its page follows it to the end.
            await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Export VM: to-export" })).ToBeVisibleAsync();
            await Expect(page.GetByText("Completed", new() { Exact = true })).ToBeVisibleAsync();
            await Expect(page.GetByText("disks/vda-to-export.qcow2")).ToBeVisibleAsync();
            await Screenshots.TakeAsync(page, "export-ended");

            await Button(page, "Import it").ClickAsync();
            await Expect(dialog).ToContainTextAsync("to-export, exported from");
            await dialog.GetByLabel("Name", new() { Exact = true }).FillAsync("imported");
            await dialog.GetByLabel("Start it afterwards").CheckAsync();
            await Button(dialog, "Files and networks").ClickAsync();
            await Screen.AssertAccessibleAsync(page);
            await Screenshots.TakeAsync(page, "import-form");
            await Button(dialog, "Import").ClickAsync();
            await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Import VM: imported" })).ToBeVisibleAsync();
            await Expect(page.GetByText("Completed", new() { Exact = true })).ToBeVisibleAsync();
            await page.GetByRole(AriaRole.Main).GetByRole(AriaRole.Link, new() { Name = "imported" }).First.ClickAsync();
            await Expect(page.Locator("[data-vm-state]")).ToHaveAttributeAsync("data-vm-state", "Running");
        });
    }

    [Fact]
    public async Task An_export_into_a_directory_that_holds_one_says_why_it_was_not_done()
    {
        var vm = (await _platform.ListAsync("/v1/vms?state=Running&sort=name&limit=1"))[0].GetProperty("id").GetString();
        await _platform.EndOfAsync(await _platform.AcceptAsync($"/v1/vms/{vm}/export", new { directory = "/exports/taken", mode = "ConfigurationOnly" }));
        await Screen.RunAsync(_platform, $"/vms/{vm}", async page =>
        {
            var dialog = page.GetByRole(AriaRole.Dialog);
            await page.GetByRole(AriaRole.Button, new() { NameRegex = new("^More actions for") }).ClickAsync();
            await page.GetByRole(AriaRole.Menuitem, new() { Name = "Export" }).ClickAsync();

            // A VM that runs: its disks change, so only the definition is offered.
            await Expect(dialog.GetByLabel("Definition and disks")).ToBeDisabledAsync();
            await Expect(dialog).ToContainTextAsync("shut it down first");
            await dialog.GetByLabel("Directory on the host").FillAsync("/exports/taken");
            await Button(dialog, "Export").ClickAsync();
            await Expect(page.GetByRole(AriaRole.Alert).Filter(new() { HasText = "Why it was not done" })).ToContainTextAsync("holds an export already");
        });
    }

    [Fact]
    public async Task A_migration_in_doubt_says_what_is_unknown_takes_a_word_and_shows_why_it_was_not_taken()
    {
        var (id, name) = await SmallAsync(15);
        var hosts = await _platform.ListAsync("/v1/hosts");
        var from = (await _platform.GetAsync($"/v1/vms/{id}")).GetProperty("hostId").GetString();
        var to = hosts.First(h => h.GetProperty("id").GetString() != from);
        var migration = await _platform.AcceptAsync($"/v1/vms/{id}/migrations", new { destinationHostId = to.GetProperty("id"), policy = new { bandwidthMiBps = 2 } });
        await _platform.UntilAsync($"/v1/migrations/{migration}", m => m.GetProperty("phase").GetString() == "Transferring", "it is on its way");
        await Screen.RunAsync(_platform, $"/migrations/{migration}", async page =>
        {
            // The saga's own event; the saga itself has no doubt, and so will not take the word.
            await _platform.Hosts[0].Services.GetRequiredService<IBus>().Publish(new MigrationInDoubt
            {
                OperationId = new(migration),
                VmId = VmId.Parse(id, null),
                UnansweredHostIds = [new HostId(to.GetProperty("id").GetGuid())],
                Since = TimeProvider.System.GetUtcNow(),
                Unknown = "Whether the VM runs on the destination.",
            });
            await Expect(page.GetByRole(AriaRole.Alert).Filter(new() { HasText = "In doubt since" })).ToContainTextAsync($"No answer from {to.GetProperty("name").GetString()}");
            await Button(page, "Say where it is").ClickAsync();
            var dialog = page.GetByRole(AriaRole.Dialog);
            await Expect(dialog).ToContainTextAsync("A wrong word can leave two copies running");
            await dialog.GetByLabel("on the source").CheckAsync();
            await Expect(Button(dialog, "Give this word")).ToBeDisabledAsync();
            await dialog.GetByLabel("How do you know?").FillAsync("looked on both consoles");
            await Screen.AssertAccessibleAsync(page);
            await Screenshots.TakeAsync(page, "migration-resolve");
            await Button(dialog, "Give this word").ClickAsync();
            await Expect(dialog).ToHaveCountAsync(0);
            await Expect(page.GetByText("An operator's word was not taken")).ToBeVisibleAsync();
            await Expect(page.GetByText("it is on the source, by local: looked on both consoles")).ToBeVisibleAsync();
            await Screenshots.TakeAsync(page, "migration-in-doubt");
        });
        await _platform.AcceptAsync($"/v1/migrations/{migration}/cancel");
    }

    [Fact]
    public async Task A_host_is_emptied_from_the_plan_to_the_report_with_pause_resume_and_stop()
    {
        var host = (await _platform.ListAsync("/v1/hosts"))[1];
        var (id, name) = (host.GetProperty("id").GetString()!, host.GetProperty("name").GetString()!);
        await Screen.RunAsync(_platform, $"/hosts/{id}", async page =>
        {
            var dialog = page.GetByRole(AriaRole.Dialog);
            await Button(page, "Empty this host").ClickAsync();
            await Expect(dialog.GetByRole(AriaRole.Row).Nth(1)).ToBeVisibleAsync();
            await dialog.GetByLabel("At a time").FillAsync("1");
            await Screen.AssertAccessibleAsync(page);
            await Screenshots.TakeAsync(page, "evacuation-plan");

            // So far it was only looked at.
            Assert.False((await _platform.GetAsync($"/v1/hosts/{id}")).TryGetProperty("maintenance", out _));
            await dialog.GetByRole(AriaRole.Button, new() { NameRegex = new("^Move \\d+ VMs away$") }).ClickAsync();
            await Expect(page.GetByRole(AriaRole.Heading, new() { Name = $"Emptying {name}" })).ToBeVisibleAsync();
            await Button(page, "Pause").ClickAsync();
            await Expect(page.GetByText("Paused", new() { Exact = true })).ToBeVisibleAsync();
            await Button(page, "Go on").ClickAsync();
            await Expect(Button(page, "Pause")).ToBeVisibleAsync();
            await Screenshots.TakeAsync(page, "evacuation-running");
            await Button(page, "Stop").ClickAsync();
            await Expect(dialog).ToContainTextAsync("The host stays in maintenance");
            await dialog.GetByLabel("Reason").FillAsync("enough for today");
            await Button(dialog, "Stop emptying").ClickAsync();
            await Expect(page.GetByText("Cancelled", new() { Exact = true })).ToBeVisibleAsync();
            await Expect(Button(page, "Stop")).ToHaveCountAsync(0);
            await Screenshots.TakeAsync(page, "evacuation-report");

            await page.GetByRole(AriaRole.Main).GetByRole(AriaRole.Link, new() { Name = name }).First.ClickAsync();
            await Expect(page.GetByText("Last time it was emptied")).ToBeVisibleAsync();
            await Screenshots.TakeAsync(page, "evacuation-on-host");
            await Button(page, "End maintenance").ClickAsync();
            await Expect(Button(page, "Begin maintenance")).ToBeVisibleAsync();
        });
    }
}
