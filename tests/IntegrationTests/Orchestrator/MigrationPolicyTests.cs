using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.IntegrationTests.Orchestrator;

/// <summary>Which migrations are taken on: live or cold, with which policy, on which hosts.</summary>
public sealed class MigrationPolicyTests(OrchestratorFixture fixture) : IClassFixture<OrchestratorFixture>
{
    async Task<HttpResponseMessage> MigrateAsync(VmState state, object policy, HostId? destination = null, long memoryMiB = 1024) =>
        await fixture.PostAsync(
            $"/v1/vms/{await fixture.AddVmAsync(state, memoryMiB: memoryMiB)}/migrations", new { destinationHostId = destination ?? fixture.Beta, policy });

    [Theory]
    [InlineData(VmState.Running, "Auto")]
    [InlineData(VmState.Running, "Live")]
    [InlineData(VmState.Paused, "Auto")]
    [InlineData(VmState.Paused, "Live")]
    [InlineData(VmState.Off, "Auto")]
    [InlineData(VmState.Off, "Cold")]
    public async Task A_running_or_paused_vm_moves_live_and_a_stopped_one_cold(VmState state, string mode)
    {
        var vm = await fixture.AddVmAsync(state);
        var operation = await fixture.AcceptedAsync($"/v1/vms/{vm}/migrations", new { destinationHostId = fixture.Beta, policy = new { mode } });
        Assert.Equal(mode, (await fixture.Probe.NextAsync<BeginMigration>(m => m.VmId == vm)).Policy.Mode.ToString());
        var migration = await fixture.GetAsync(operation.GetProperty("migrationUrl").GetString()!);
        Assert.Equal(mode, migration.GetProperty("policy").GetProperty("mode").GetString());
    }

    [Theory]
    [InlineData(VmState.Running, "Cold", "Off")]
    [InlineData(VmState.Off, "Live", "Running")]
    [InlineData(VmState.Crashed, "Auto", "Running")]
    [InlineData(VmState.Paused, "Cold", "Off")]
    [InlineData(VmState.Saved, "Auto", "Running")]
    public async Task A_vm_is_never_stopped_or_started_to_fit_the_mode(VmState state, string mode, string allowed)
    {
        using var response = await MigrateAsync(state, new { mode });
        var problem = await OrchestratorFixture.ProblemAsync(response, 409, "wrong-state");
        Assert.Equal(state.ToString(), problem.GetProperty("found").GetString());
        Assert.Equal(allowed, problem.GetProperty("allowed")[0].GetString());
    }

    [Fact]
    public async Task A_stopped_vm_takes_no_memory_where_it_comes_to()
    {
        using var cold = await MigrateAsync(VmState.Off, new { }, fixture.Small, memoryMiB: 8192);
        Assert.Equal(202, (int)cold.StatusCode);
        using var live = await MigrateAsync(VmState.Running, new { }, fixture.Small, memoryMiB: 8192);
        await OrchestratorFixture.ProblemAsync(live, 409, "no-capacity");
    }

    [Theory]
    [InlineData(VmState.Off, """{"mode":"Cold"}""", "migration-cold")]
    [InlineData(VmState.Running, """{"storage":"CopyFull"}""", "migration-storage")]
    [InlineData(VmState.Running, """{"ladder":[{"afterSeconds":5,"action":"PostCopy"}]}""", "migration-postcopy")]
    public async Task A_host_whose_agent_does_not_know_the_way_is_refused(VmState state, string policy, string facet)
    {
        async Task<string> RefusedAsync(HostId from, HostId to)
        {
            var vm = await fixture.AddVmAsync(state, from);
            using var response = await fixture.PostAsync($"/v1/vms/{vm}/migrations", $$"""{"destinationHostId":"{{to}}","policy":{{policy}}}""");
            return (await OrchestratorFixture.ProblemAsync(response, 422, "facet-unsupported")).GetProperty("detail").GetString()!;
        }

        Assert.Contains($"Host 'old' ({fixture.Old}, Libvirt) cannot receive", await RefusedAsync(fixture.Alpha, fixture.Old));
        Assert.Contains(facet, await RefusedAsync(fixture.Old, fixture.Alpha));
        await fixture.AcceptedAsync($"/v1/vms/{await fixture.AddVmAsync(state)}/migrations", $$"""{"destinationHostId":"{{fixture.Beta}}","policy":{{policy}}}""");
    }

    [Fact]
    public async Task Hyper_vs_own_options_are_refused_where_no_such_driver_is()
    {
        using var response = await MigrateAsync(VmState.Running, new { hyperV = new { compression = true } });
        var problem = await OrchestratorFixture.ProblemAsync(response, 422, "facet-unsupported");
        Assert.Contains("migration-hyperv", problem.GetProperty("detail").GetString());
    }

    [Theory]
    [InlineData("""{"mode":"Sideways"}""", "mode", "Auto, Live, Cold")]
    [InlineData("""{"storage":"Tape"}""", "storage", "Shared, CopyFull, CopyIncremental")]
    [InlineData("""{"hyperV":{"transport":"Pigeon"}}""", "hyperV.transport", "Tcp, Smb")]
    [InlineData("""{"hyperV":{"cpuCapping":"Some"}}""", "hyperV.cpuCapping", "Normal, Low, High")]
    [InlineData("""{"hyperV":{"transport":"Smb","compression":true}}""", "hyperV.compression", "is for TCP")]
    [InlineData("""{"mode":"Live","hyperV":{"toSuspended":true}}""", "hyperV.toSuspended", "with mode Live it must run")]
    [InlineData("""{"hyperV":{"toSuspended":true,"cancelOnBlackout":true}}""", "hyperV.cancelOnBlackout", "has no switch-over")]
    [InlineData("""{"maxDowntimeMs":300,"hyperV":{}}""", "maxDowntimeMs", "hyperV.cancelOnBlackout")]
    [InlineData("""{"bandwidthMiBps":300,"hyperV":{}}""", "bandwidthMiBps", "cannot be capped")]
    [InlineData("""{"hyperV":{"destinationPath":"vms"}}""", "hyperV.destinationPath", "whole Windows path")]
    [InlineData("""{"hyperV":{"newName":" "}}""", "hyperV.newName", "1 to 100 characters")]
    [InlineData("""{"hyperV":{"overwriteDisks":true}}""", "hyperV.overwriteDisks", "needs storage CopyFull")]
    [InlineData("""{"hyperV":{"disks":[{"source":"a","destination":"D:\\a"}]}}""", "hyperV.disks", "needs storage CopyFull")]
    [InlineData("""{"storage":"CopyFull","hyperV":{"disks":[{"source":"a","destination":"D:\\a"},{"source":"A","destination":"D:\\b"}]}}""", "hyperV.disks[1].source", "a second time")]
    [InlineData("""{"storage":"CopyFull","hyperV":{"disks":[{"source":"a","destination":"D:\\a"},{"source":"b","destination":"d:\\A"}]}}""", "hyperV.disks[1].destination", "cannot share a file")]
    [InlineData("""{"ladder":[{"afterSeconds":0,"action":"Abort"}]}""", "ladder[0].afterSeconds", "must be 1 to")]
    [InlineData("""{"ladder":[{"afterSeconds":5,"action":"Pray"}]}""", "ladder[0].action", "RaiseDowntime, PostCopy, Suspend, Abort")]
    [InlineData("""{"ladder":[{"afterSeconds":5,"action":"RaiseDowntime"}]}""", "ladder[0].maxDowntimeMs", "is required")]
    [InlineData("""{"ladder":[{"afterSeconds":5,"action":"Suspend","maxDowntimeMs":5}]}""", "ladder[0].maxDowntimeMs", "belongs to action RaiseDowntime")]
    [InlineData("""{"maxDowntimeMs":500,"ladder":[{"afterSeconds":5,"action":"RaiseDowntime","maxDowntimeMs":400}]}""", "ladder[0].maxDowntimeMs", "more than what is allowed before it (500 ms)")]
    [InlineData("""{"ladder":[{"afterSeconds":9,"action":"RaiseDowntime","maxDowntimeMs":400},{"afterSeconds":9,"action":"Abort"}]}""", "ladder[1].afterSeconds", "later than the step before (9 s)")]
    [InlineData("""{"ladder":[{"afterSeconds":5,"action":"PostCopy"},{"afterSeconds":9,"action":"Abort"}]}""", "ladder[1]", "comes after PostCopy")]
    [InlineData("""{"timeoutSeconds":60,"ladder":[{"afterSeconds":60,"action":"Suspend"}]}""", "ladder[0].afterSeconds", "before timeoutSeconds (60 s)")]
    [InlineData("""{"mode":"Cold","autoConverge":true}""", "autoConverge", "for a live migration")]
    [InlineData("""{"mode":"Cold","maxDowntimeMs":10}""", "maxDowntimeMs", "for a live migration")]
    [InlineData("""{"mode":"Cold","requireConvergence":true}""", "requireConvergence", "for a live migration")]
    public async Task A_policy_that_contradicts_itself_is_refused_member_by_member(string policy, string field, string wrong)
    {
        var vm = await fixture.AddVmAsync(VmState.Off);
        using var response = await fixture.PostAsync($"/v1/vms/{vm}/migrations", $$"""{"destinationHostId":"{{fixture.Beta}}","policy":{{policy}}}""");
        var problem = await OrchestratorFixture.ProblemAsync(response, 400, "invalid-request");
        Assert.Contains(wrong, problem.GetProperty("errors").GetProperty($"policy.{field}")[0].GetString());
    }

    [Fact]
    public async Task A_ladder_of_all_steps_is_taken_on_as_it_is()
    {
        var ladder = """[{"afterSeconds":10,"action":"RaiseDowntime","maxDowntimeMs":600},{"afterSeconds":20,"action":"RaiseDowntime","maxDowntimeMs":1200},{"afterSeconds":30,"action":"PostCopy"}]""";
        var vm = await fixture.AddVmAsync(VmState.Running);
        await fixture.AcceptedAsync($"/v1/vms/{vm}/migrations", $$$"""{"destinationHostId":"{{{fixture.Beta}}}","policy":{"maxDowntimeMs":300,"ladder":{{{ladder}}}}}""");
        var begun = await fixture.Probe.NextAsync<BeginMigration>(m => m.VmId == vm);
        Assert.Equal([(10, ConvergenceAction.RaiseDowntime, 600), (20, ConvergenceAction.RaiseDowntime, 1200), (30, ConvergenceAction.PostCopy, null)],
            begun.Policy.Ladder.Select(s => (s.AfterSeconds, s.Action, s.MaxDowntimeMs)));
    }

    [Fact]
    public async Task A_vm_that_moved_cold_is_off_on_its_new_host()
    {
        var vm = await fixture.AddVmAsync(VmState.Off);
        var id = OrchestratorFixture.IdOf(await fixture.AcceptedAsync($"/v1/vms/{vm}/migrations", new { destinationHostId = fixture.Beta }));
        await fixture.PublishAsync(new MigrationCompleted
        {
            OperationId = id,
            VmId = vm,
            SourceHostId = fixture.Alpha,
            DestinationHostId = fixture.Beta,
            At = TimeProvider.System.GetUtcNow(),
            TotalMs = 250,
            Phases = [],
            State = VmState.Off,
            LeftOnSource = ["/disks/a.qcow2"],
        });
        await fixture.StatusBecomesAsync(id, OperationStatus.Succeeded);

        // The inventory has not recorded it: the figures are the terminal message's own.
        var migration = await fixture.GetAsync($"/v1/migrations/{id}");
        Assert.Equal(250, migration.GetProperty("totalMs").GetInt64());
        Assert.Equal("/disks/a.qcow2", migration.GetProperty("leftOnSource")[0].GetString());
        using var pause = await fixture.PostAsync($"/v1/vms/{vm}/pause");
        await OrchestratorFixture.ProblemAsync(pause, 409, "wrong-state");
        Assert.Equal(fixture.Beta.Value, (await fixture.AcceptedAsync($"/v1/vms/{vm}/start")).GetProperty("hostId").GetGuid());
        await Eventually.Until(() => fixture.Probe.Of<HvPlatform.Contracts.Vms.StartVmOnHost>().Any(c => c.VmId == vm && c.HostId == fixture.Beta), "the start goes to the new host");
    }
}
