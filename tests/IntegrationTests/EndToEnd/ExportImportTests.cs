using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.Simulated;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.IntegrationTests.EndToEnd;

/// <summary>Exports and imports through the whole platform: HTTP, PostgreSQL, RabbitMQ, the sagas, the agent's journal, the simulated driver.</summary>
public sealed class ExportImportTests(ExportWorld world) : IClassFixture<ExportWorld>
{
    static string Status(JsonElement operation) => operation.GetProperty("status").GetString()!;

    static string Code(JsonElement operation) => operation.GetProperty("error").GetProperty("code").GetString()!;

    static ErrorInfo Error(ErrorKind kind) => new() { Kind = kind, Code = "planted", Message = "Planted." };

    void NothingLeft() => Assert.Empty(world.Host.UnfinishedPackages.Concat(world.Host.MarkedDisks.Select(d => d.Path)));

    VmInfo[] Named(string name) => [.. world.Host.ListVms().Where(v => v.Name == name)];

    [Fact]
    public async Task A_VM_is_exported_and_imported_under_a_new_id_and_name_and_started()
    {
        var vm = await world.VmAsync();
        var exported = await world.EndAsync(await world.ExportAsync(vm));

        Assert.True(Status(exported) == "Succeeded", exported.ToString());
        var package = exported.GetProperty("package");
        Assert.Equal("Completed", package.GetProperty("phase").GetString());
        var manifest = package.GetProperty("result").GetProperty("manifest");
        Assert.Equal(vm.Id.ToString(), manifest.GetProperty("vmId").GetString());
        Assert.All(manifest.GetProperty("files").EnumerateArray(), f => Assert.Equal(64, f.GetProperty("sha256").GetString()!.Length));

        var id = Guid.NewGuid();
        var imported = await world.EndAsync(await world.ImportAsync(
            new { directory = world.Directory(vm), newName = $"{vm.Name}-copy", networks = new[] { new { from = "blue", to = "green" } }, start = true }, id));

        Assert.True(Status(imported) == "Succeeded", imported.ToString());
        Assert.Equal(id, imported.GetProperty("package").GetProperty("result").GetProperty("importedVmId").GetGuid());
        var copy = Assert.Single(Named($"{vm.Name}-copy"));
        Assert.Equal((new VmId(id), VmState.Running, "green"), (copy.Id, copy.State, copy.Nics[0].Network));
        Assert.NotEqual(vm.Disks[0].Source, copy.Disks[0].Source);
        Assert.Single(Named(vm.Name));
        NothingLeft();
        await Eventually.Until(async () => (await world.Api.GetAsync($"/v1/vms/{id}")).IsSuccessStatusCode, "the imported VM is in the inventory");
    }

    [Fact]
    public async Task In_place_an_export_becomes_one_VM_and_never_two()
    {
        var vm = await world.VmAsync();
        await world.EndAsync(await world.ExportAsync(vm));

        var first = await world.EndAsync(await world.ImportAsync(new { directory = world.Directory(vm), newName = $"{vm.Name}-one", copy = false }));
        var second = await world.EndAsync(await world.ImportAsync(new { directory = world.Directory(vm), newName = $"{vm.Name}-two", copy = false }));

        Assert.True(Status(first) == "Succeeded", first.ToString());
        Assert.True(Status(second) == "RolledBack" && Code(second) == "import-check-failed", second.ToString());
        Assert.StartsWith(world.Directory(vm), Assert.Single(Named($"{vm.Name}-one")).Disks[0].Source, StringComparison.Ordinal);
        Assert.Empty(Named($"{vm.Name}-two"));
        NothingLeft();
    }

    [Fact]
    public async Task What_cannot_be_done_is_refused_with_the_reason_and_leaves_nothing()
    {
        var running = await world.VmAsync(state: VmState.Running);
        var ended = await world.EndAsync(await world.ExportAsync(running));
        Assert.True(Status(ended) == "RolledBack" && Code(ended) == "export-check-failed", ended.ToString());
        Assert.Contains("shut it down", ended.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);

        var off = await world.VmAsync();
        ended = await world.EndAsync(await world.ExportAsync(off, "/etc/hv"));
        Assert.True(Status(ended) == "RolledBack" && Code(ended) == "directory-not-allowed", ended.ToString());

        Assert.Equal(400, (await world.PostAsync($"/v1/vms/{off.Id}/export", new { directory = "/exports/../etc" })).Status);
        Assert.Equal(400, (await world.PostAsync($"/v1/vms/{off.Id}/export", new { directory = "/exports/x", snapshots = "One" })).Status);
        Assert.Equal(400, (await world.PostAsync($"/v1/hosts/{world.Host.Id}/import", new { settings = new { directory = "/exports/x", newId = false } })).Status);
        Assert.Equal(404, (await world.PostAsync($"/v1/operations/{Guid.NewGuid()}/cancel", new { })).Status);

        // The id of a VM that exists is not imported again.
        await world.EndAsync(await world.ExportAsync(off));
        var (status, problem) = await world.PostAsync($"/v1/hosts/{world.Host.Id}/import", new { vmId = off.Id.Value, settings = new { directory = world.Directory(off), newId = false } });
        Assert.True(status == 409 && problem.GetProperty("code").GetString() == "vm-exists", problem.ToString());

        // A directory is never written over.
        ended = await world.EndAsync(await world.ExportAsync(await world.VmAsync(), world.Directory(off)));
        Assert.True(Status(ended) == "RolledBack" && Code(ended) == "export-check-failed", ended.ToString());
        NothingLeft();
    }

    [Fact]
    public async Task Cancelled_while_they_copy_both_leave_nothing_and_the_VM_is_free_again()
    {
        var vm = await world.VmAsync(diskMiB: 500);
        var export = await world.ExportAsync(vm);
        await world.CopyingAsync(export);
        Assert.Equal(409, (await world.PostAsync($"/v1/vms/{vm.Id}/start", new { })).Status);
        await world.AcceptAsync($"/v1/operations/{export}/cancel", new { });
        var ended = await world.EndAsync(export);
        Assert.True(Status(ended) == "Cancelled", ended.ToString());
        NothingLeft();

        Assert.Equal("Succeeded", Status(await world.EndAsync(await world.ExportAsync(vm))));
        var import = await world.ImportAsync(new { directory = world.Directory(vm), newName = "never" });
        await world.CopyingAsync(import);
        await world.AcceptAsync($"/v1/operations/{import}/cancel", new { });
        ended = await world.EndAsync(import);
        Assert.True(Status(ended) == "Cancelled", ended.ToString());
        Assert.Empty(Named("never"));
        NothingLeft();
        Assert.Equal(409, (await world.PostAsync($"/v1/operations/{import}/cancel", new { })).Status);
    }

    [Theory]
    [InlineData(SimulatedOperation.CheckPackage)]
    [InlineData(SimulatedOperation.Export)]
    [InlineData(SimulatedOperation.FinishExport)]
    public async Task An_export_whose_step_fails_leaves_nothing_and_one_that_fails_in_passing_succeeds(SimulatedOperation step)
    {
        var vm = await world.VmAsync();
        world.Host.Inject(new SimulatedFault { Operation = step, Vm = vm.Id, Error = Error(ErrorKind.Resource) });
        var ended = await world.EndAsync(await world.ExportAsync(vm));
        Assert.True(Status(ended) == "RolledBack" && Code(ended) == "planted", ended.ToString());
        NothingLeft();

        world.Host.Inject(new SimulatedFault { Operation = step, Vm = vm.Id, LoseConnection = true, AfterEffect = true });
        ended = await world.EndAsync(await world.ExportAsync(vm));
        Assert.True(Status(ended) == "Succeeded", ended.ToString());
    }

    [Theory]
    [InlineData(SimulatedOperation.CheckPackage)]
    [InlineData(SimulatedOperation.PlanImport)]
    [InlineData(SimulatedOperation.FinishPlan)]
    [InlineData(SimulatedOperation.ValidateImport)]
    [InlineData(SimulatedOperation.RealiseImport)]
    public async Task An_import_whose_step_fails_leaves_nothing_and_one_whose_answer_is_lost_makes_one_VM(SimulatedOperation step)
    {
        var vm = await world.VmAsync();
        await world.EndAsync(await world.ExportAsync(vm));
        var (failing, lost) = (Guid.NewGuid(), Guid.NewGuid());

        world.Host.Inject(new SimulatedFault { Operation = step, Vm = new VmId(failing), Error = Error(ErrorKind.Resource) });
        var ended = await world.EndAsync(await world.ImportAsync(new { directory = world.Directory(vm), newName = $"failed-{failing}" }, failing));
        Assert.True(Status(ended) == "RolledBack" && Code(ended) == "planted", ended.ToString());
        Assert.Empty(Named($"failed-{failing}"));
        NothingLeft();

        world.Host.Inject(new SimulatedFault { Operation = step, Vm = new VmId(lost), LoseConnection = true, AfterEffect = true });
        ended = await world.EndAsync(await world.ImportAsync(new { directory = world.Directory(vm), newName = $"lost-{lost}" }, lost));
        Assert.True(Status(ended) == "Succeeded", ended.ToString());
        Assert.Single(Named($"lost-{lost}"));
        NothingLeft();
    }

    [Fact]
    public async Task What_cannot_be_removed_is_told()
    {
        var vm = await world.VmAsync();
        world.Host.Inject(new SimulatedFault { Operation = SimulatedOperation.FinishExport, Vm = vm.Id, Error = Error(ErrorKind.Resource) });
        world.Host.Inject(new SimulatedFault { Operation = SimulatedOperation.DiscardPackage, Vm = vm.Id, Error = Error(ErrorKind.Denied) });
        var ended = await world.EndAsync(await world.ExportAsync(vm));

        Assert.True(Status(ended) == "Failed", ended.ToString());
        Assert.False(ended.GetProperty("package").GetProperty("result").GetProperty("clean").GetBoolean());
        Assert.Contains("could not be removed", ended.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Contains(world.Directory(vm), world.Host.UnfinishedPackages);

        world.Host.RemovePackage(world.Directory(vm));
    }

    [Fact]
    public async Task The_agent_killed_while_it_copies_is_in_doubt_until_it_is_back_and_then_done()
    {
        var vm = await world.VmAsync(diskMiB: 300);
        var export = await world.ExportAsync(vm);
        await world.CopyingAsync(export);
        await world.StopAgentAsync();
        var doubted = await world.UntilAsync(export, o => Status(o) == "InDoubt", "the host's silence is seen");
        Assert.Contains("does not answer", doubted.GetProperty("package").GetProperty("unknown").GetString(), StringComparison.Ordinal);
        await world.StartAgentAsync();
        var ended = await world.EndAsync(export);
        Assert.True(Status(ended) == "Succeeded", ended.ToString());

        var import = await world.ImportAsync(new { directory = world.Directory(vm), newName = "after-crash" });
        await world.CopyingAsync(import);
        await world.StopAgentAsync();
        await world.StartAgentAsync();
        ended = await world.EndAsync(import);
        Assert.True(Status(ended) == "Succeeded", ended.ToString());
        Assert.Single(Named("after-crash"));
        NothingLeft();
    }

    [Fact]
    public async Task An_operator_ends_a_doubt_by_a_word()
    {
        var vm = await world.VmAsync(diskMiB: 300);
        var export = await world.ExportAsync(vm);
        await world.CopyingAsync(export);
        Assert.Equal(409, (await world.PostAsync($"/v1/operations/{export}/resolve", new { resolution = "NotDone", reason = "too early" })).Status);
        await world.StopAgentAsync();
        await world.UntilAsync(export, o => Status(o) == "InDoubt", "the host's silence is seen");
        Assert.Equal(400, (await world.PostAsync($"/v1/operations/{export}/resolve", new { resolution = "NotDone", reason = "" })).Status);
        await world.AcceptAsync($"/v1/operations/{export}/resolve", new { resolution = "NotDone", reason = "the host burnt down" });
        var ended = await world.EndAsync(export);

        Assert.True(Status(ended) == "Failed" && Code(ended) == "asserted-not-done", ended.ToString());
        await world.UntilAsync(export, o => o.GetProperty("package").TryGetProperty("asserted", out var a) && a.GetString() == "NotDone", "the word is kept");
        await world.StartAgentAsync();
        await Eventually.Until(() => world.Host.UnfinishedPackages.Contains(world.Directory(vm)), "what is left is there to be looked at");
        world.Host.RemovePackage(world.Directory(vm));
    }
}
