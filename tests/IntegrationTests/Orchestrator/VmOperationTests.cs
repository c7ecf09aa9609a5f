using System.Net;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Operations;
using HvPlatform.Contracts.Vms;
using Xunit;

namespace HvPlatform.IntegrationTests.Orchestrator;

/// <summary>Operations whose request has a body, and questions to a host.</summary>
public sealed class VmOperationTests(OrchestratorFixture fixture) : IClassFixture<OrchestratorFixture>
{
    const string Hostile = "it's \"quoted\" <&]]> \u200F\u05D0";

    [Fact]
    public async Task What_was_asked_goes_to_the_host_unchanged()
    {
        var vm = await fixture.AddVmAsync();
        var rename = await fixture.AcceptedAsync($"/v1/vms/{vm}/rename", new { name = Hostile });
        Assert.Equal(Hostile, (await fixture.Probe.NextAsync<RenameVmOnHost>(c => c.VmId == vm)).Name);
        await fixture.CompleteAsync(OrchestratorFixture.IdOf(rename), vm, OperationKind.RenameVm, VmState.Off);
        await fixture.StatusBecomesAsync(OrchestratorFixture.IdOf(rename), OperationStatus.Succeeded);

        var settings = await fixture.AcceptedAsync($"/v1/vms/{vm}/settings", new { notes = Hostile + "\n", processor = new { count = 4 }, disks = new[] { new { action = "Create", path = @"C:\VMs\it's.vhdx", capacityBytes = 1L << 30 } } });
        Assert.Equal(Hostile, settings.GetProperty("vmName").GetString());
        var command = await fixture.Probe.NextAsync<ReconfigureVmOnHost>(c => c.VmId == vm);
        Assert.Equal((Hostile + "\n", 4, VmDeviceAction.Create, @"C:\VMs\it's.vhdx"),
            (command.Settings.Notes, command.Settings.Processor!.Count, command.Settings.Disks![0].Action, command.Settings.Disks[0].Path));
    }

    [Theory]
    [InlineData("save", VmState.Running, null, null)]
    [InlineData("reset", VmState.Paused, null, null)]
    [InlineData("hibernate", VmState.Running, null, null)]
    [InlineData("checkpoints", VmState.Off, "{\"name\":\"before\"}", null)]
    [InlineData("checkpoints/apply", VmState.Saved, "{\"checkpointId\":\"x\"}", null)]
    [InlineData("checkpoints/delete", VmState.Off, "{\"checkpointId\":\"x\",\"subtree\":true}", null)]
    [InlineData("kvp", VmState.Off, "{\"changes\":[{\"key\":\"k\",\"value\":\"v\"}]}", null)]
    [InlineData("files", VmState.Running, "{\"sourcePath\":\"C:\\\\a\",\"destinationPath\":\"C:\\\\b\"}", null)]
    [InlineData("storage-moves", VmState.Running, "{\"directory\":\"D:\\\\web\"}", null)]
    [InlineData("storage-moves", VmState.Saved, "{\"disks\":[{\"source\":\"vda\",\"destination\":\"/b\"}],\"retainSource\":true}", null)]
    [InlineData("storage-moves", VmState.Crashed, "{\"directory\":\"D:\\\\web\"}", "wrong-state")]
    [InlineData("save", VmState.Off, null, "wrong-state")]
    [InlineData("hibernate", VmState.Paused, null, "wrong-state")]
    [InlineData("checkpoints/apply", VmState.Running, "{\"checkpointId\":\"x\"}", "wrong-state")]
    [InlineData("files", VmState.Off, "{\"sourcePath\":\"C:\\\\a\",\"destinationPath\":\"C:\\\\b\"}", "wrong-state")]
    public async Task An_operation_is_accepted_in_the_states_that_allow_it(string path, VmState state, string? body, string? problem)
    {
        var vm = await fixture.AddVmAsync(state);
        using var response = await fixture.PostAsync($"/v1/vms/{vm}/{path}", body);
        if (problem is null)
        {
            Assert.True(response.StatusCode == HttpStatusCode.Accepted, await response.Content.ReadAsStringAsync());
        }
        else
        {
            await OrchestratorFixture.ProblemAsync(response, 409, problem);
        }
    }

    [Theory]
    [InlineData("rename", "{\"name\":\"\"}", "name")]
    [InlineData("rename", "{\"name\":\"a/b\"}", "name")]
    [InlineData("rename", "{\"name\":\"a\\u0007b\"}", "name")]
    [InlineData("rename", "{}", "name")]
    [InlineData("settings", "{}", "$")]
    [InlineData("settings", "{\"processor\":{\"count\":0}}", "processor.count")]
    [InlineData("settings", "{\"processor\":{\"reservationPercent\":80,\"limitPercent\":50}}", "processor.reservationPercent")]
    [InlineData("settings", "{\"memory\":{\"minimumMiB\":2048,\"startupMiB\":1024}}", "memory.minimumMiB")]
    [InlineData("settings", "{\"disks\":[{\"action\":\"Create\",\"path\":\"C:\\\\x.vhdx\"}]}", "disks[0].capacityBytes")]
    [InlineData("settings", "{\"disks\":[{\"action\":\"Explode\",\"path\":\"C:\\\\x.vhdx\"}]}", "disks[0].action")]
    [InlineData("settings", "{\"adapters\":[{\"action\":\"Add\",\"adapter\":\"n\",\"macAddress\":\"00-11\"}]}", "adapters[0].macAddress")]
    [InlineData("settings", "{\"serialPorts\":[{\"number\":3,\"pipe\":\"\"}]}", "serialPorts[0].number")]
    [InlineData("settings", "{\"notes\":\"a\\u0000b\"}", "notes")]
    [InlineData("kvp", "{\"changes\":[]}", "changes")]
    [InlineData("kvp", "{\"changes\":[{\"key\":\"a\\u001bb\",\"value\":\"v\"}]}", "changes[0].key")]
    [InlineData("checkpoints", "{\"name\":\"  \"}", "name")]
    [InlineData("storage-moves", "{}", "directory")]
    [InlineData("storage-moves", "{\"directory\":\"D:\\u0007\"}", "directory")]
    [InlineData("storage-moves", "{\"disks\":[null]}", "disks[0]")]
    [InlineData("storage-moves", "{\"disks\":[{\"source\":\"a\",\"destination\":\"b\"},{\"source\":\"a\",\"destination\":\"c\"}]}", "disks[1].source")]
    [InlineData("storage-moves", "{\"disks\":[{\"source\":\"a\",\"destination\":\"c\"},{\"source\":\"b\",\"destination\":\"c\"}]}", "disks[1].destination")]
    public async Task What_cannot_be_is_refused_with_the_member_and_leaves_nothing_behind(string path, string body, string member)
    {
        var vm = await fixture.AddVmAsync();
        var before = await fixture.FootprintAsync();
        using var response = await fixture.PostAsync($"/v1/vms/{vm}/{path}", body, ("Idempotency-Key", Guid.NewGuid().ToString()));
        var problem = await OrchestratorFixture.ProblemAsync(response, 400, "invalid-request");
        Assert.Contains(member, problem.GetProperty("errors").EnumerateObject().Select(e => e.Name));
        Assert.Equal(before, await fixture.FootprintAsync());
    }

    [Theory]
    [InlineData("rename", "name", 255, 65_536)]
    [InlineData("settings", "notes", 65_536, 65_537)]
    [InlineData("kvp", "changes[0].value", 1023, 65_536)]
    public async Task Long_texts_are_carried_whole_or_refused_with_their_length(string path, string member, int carried, int refused)
    {
        object Body(int length) => path switch
        {
            "rename" => new { name = new string('x', length) },
            "settings" => new { notes = new string('x', length) },
            _ => new { changes = new[] { new { key = "k", value = new string('x', length) } } },
        };
        var vm = await fixture.AddVmAsync();
        using var response = await fixture.PostAsync($"/v1/vms/{vm}/{path}", Body(refused));
        var problem = await OrchestratorFixture.ProblemAsync(response, 400, "invalid-request");
        Assert.Contains($"found {refused}", problem.GetProperty("errors").GetProperty(member)[0].GetString(), StringComparison.Ordinal);
        await fixture.AcceptedAsync($"/v1/vms/{vm}/{path}", Body(carried));
    }

    [Fact]
    public async Task A_repeat_with_the_same_key_is_the_same_operation_and_another_body_is_refused()
    {
        var vm = await fixture.AddVmAsync();
        var key = ("Idempotency-Key", Guid.NewGuid().ToString());
        var first = await fixture.AcceptedAsync($"/v1/vms/{vm}/checkpoints", new { name = "a" }, key);
        Assert.Equal(OrchestratorFixture.IdOf(first), OrchestratorFixture.IdOf(await fixture.AcceptedAsync($"/v1/vms/{vm}/checkpoints", new { name = "a" }, key)));
        using var response = await fixture.PostAsync($"/v1/vms/{vm}/checkpoints", new { name = "b" }, key);
        await OrchestratorFixture.ProblemAsync(response, 422, "idempotency-key-reused");
    }

    [Fact]
    public async Task A_name_in_use_on_the_host_is_refused()
    {
        var (vm, other) = (await fixture.AddVmAsync(), await fixture.AddVmAsync(name: $"taken-{Guid.NewGuid():n}"));
        var name = (await fixture.GetAsync($"/v1/vms/{other}")).GetProperty("name").GetString();
        using var response = await fixture.PostAsync($"/v1/vms/{vm}/rename", new { name });
        await OrchestratorFixture.ProblemAsync(response, 409, "vm-name-taken");
    }

    [Fact]
    public async Task The_bus_is_judged_by_the_same_rules()
    {
        var vm = await fixture.AddVmAsync();
        var trail = new Trail { RequestedBy = "other", RequestedAt = TimeProvider.System.GetUtcNow() };
        var (bad, good) = (OperationId.New(), OperationId.New());
        await fixture.SendToOrchestratorAsync(new RenameVm { OperationId = bad, VmId = vm, Trail = trail, Name = "a/b" });
        Assert.Equal("invalid-request", (await fixture.Probe.NextAsync<CommandRejected>(r => r.OperationId == bad)).Error.Code);
        await fixture.SendToOrchestratorAsync(new WriteVmKvp { OperationId = good, VmId = vm, Trail = trail, Changes = [new VmKvpChange { Key = "k", Value = Hostile }] });
        Assert.Equal(Hostile, (await fixture.Probe.NextAsync<WriteVmKvpOnHost>(c => c.OperationId == good)).Changes[0].Value);
    }

    [Fact]
    public async Task A_question_is_answered_by_the_host_or_refused_with_its_reason()
    {
        var vm = await fixture.AddVmAsync();
        fixture.Probe.Answer = question => question.VmId == vm ? new VmKvp { VmId = vm, Host = [new VmKvpItem { Key = "k", Value = Hostile }] } : null;
        var kvp = await fixture.GetAsync($"/v1/vms/{vm}/kvp");
        Assert.Equal(Hostile, kvp.GetProperty("host")[0].GetProperty("value").GetString());

        fixture.Probe.Answer = question => new HostQuestionFailed
        {
            HostId = question.HostId,
            Question = nameof(ReadVmKvp),
            Error = new ErrorInfo { Kind = ErrorKind.Transient, Code = "connection-lost", Message = "The connection broke.", NativeCode = "x:1" },
        };
        using var failed = await fixture.Http.GetAsync($"/v1/vms/{vm}/kvp");
        var problem = await OrchestratorFixture.ProblemAsync(failed, 502, "host-read-failed");
        Assert.Equal("x:1", problem.GetProperty("nativeCode").GetString());
        Assert.Equal("connection-lost", problem.GetProperty("cause").GetProperty("code").GetString());

        using var unknown = await fixture.Http.GetAsync($"/v1/vms/{Guid.NewGuid()}/kvp");
        await OrchestratorFixture.ProblemAsync(unknown, 404, "vm-not-found");
        using var bare = await fixture.Http.GetAsync($"/v1/vms/{await fixture.AddVmAsync(host: fixture.Bare)}/kvp");
        await OrchestratorFixture.ProblemAsync(bare, 422, "facet-unsupported");
        using var silent = await fixture.Http.GetAsync($"/v1/vms/{await fixture.AddVmAsync(host: fixture.Silent)}/kvp");
        await OrchestratorFixture.ProblemAsync(silent, 503, "host-agent-down");
        using var size = await fixture.Http.GetAsync($"/v1/vms/{vm}/screenshot?width=1");
        await OrchestratorFixture.ProblemAsync(size, 400, "invalid-parameter");
    }
}

/// <summary>A host that takes longer than the platform waits.</summary>
public sealed class SilentHostTests : IAsyncLifetime
{
    readonly OrchestratorFixture fixture = new();

    public ValueTask InitializeAsync() => fixture.StartAsync(new() { ["QuestionTimeout"] = "00:00:00.3" });

    public ValueTask DisposeAsync() => fixture.DisposeAsync();

    [Fact]
    public async Task A_question_without_an_answer_ends_in_time()
    {
        var vm = await fixture.AddVmAsync();
        using var response = await fixture.Http.GetAsync($"/v1/vms/{vm}/kvp");
        await OrchestratorFixture.ProblemAsync(response, 504, "host-read-timeout");
    }
}
