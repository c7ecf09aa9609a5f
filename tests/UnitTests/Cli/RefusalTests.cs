using System.Net;
using HvPlatform.Cli;
using HvPlatform.Cli.Client.Output;
using HvPlatform.Cli.Client.Verbs;
using Xunit;
using PlatformAction = HvPlatform.Orchestrator.Vms.VmAction;

namespace HvPlatform.UnitTests.Cli;

/// <summary>Errors, exit codes, what happens when waiting ends early, and what requests carry.</summary>
public sealed class RefusalTests
{
    const string Id = "00000000-0000-0000-0000-0000000000e1";

    [Theory]
    [InlineData(HttpStatusCode.BadRequest, ExitCodes.Refused)]
    [InlineData(HttpStatusCode.Unauthorized, ExitCodes.Forbidden)]
    [InlineData(HttpStatusCode.Forbidden, ExitCodes.Forbidden)]
    [InlineData(HttpStatusCode.NotFound, ExitCodes.NotFound)]
    [InlineData(HttpStatusCode.Conflict, ExitCodes.Refused)]
    [InlineData(HttpStatusCode.InternalServerError, ExitCodes.Unreachable)]
    [InlineData(HttpStatusCode.ServiceUnavailable, ExitCodes.Unreachable)]
    public async Task The_exit_code_tells_what_kind_of_refusal_it_was(HttpStatusCode status, int exitCode)
    {
        var api = new ScriptedApi().On("GET /v1/hosts", SampleFleet.Problem((int)status, "some-code", "No.", ""), status);
        Assert.Equal(exitCode, (await CliRun.Async(api, "host", "list")).ExitCode);
    }

    [Fact]
    public async Task A_refusal_says_what_where_why_down_to_the_native_error_and_what_next()
    {
        const string More = """
            ,"errors":{"destinationHostId":["is full"]},"retryAfterSeconds":10,"traceId":"abc",
            "cause":{"kind":"Transient","code":"agent","message":"The agent says no.","where":"host-a","cause":{"kind":"Fatal","code":"native","message":"It broke.","nativeCode":"WMI:32775","nativeMessage":"Invalid state","advice":"Look at GET /v1/hosts/{id}."}}
            """;
        var api = new ScriptedApi().On("GET /v1/hosts", SampleFleet.Problem(503, "x", "Host 'a' cannot.", "List the hosts with GET /v1/hosts.", More), HttpStatusCode.ServiceUnavailable);
        Assert.Equal(
            """
            hv: Host 'a' cannot.
              destinationHostId: is full
                because: The agent says no. (on host-a)
                  because: It broke.
                    WMI:32775: Invalid state
                  next: Look at `hv host get HOST`.
              next: List the hosts with `hv host list`.
              trace abc

            """,
            (await CliRun.Async(api, "host", "list")).Error);
    }

    [Theory]
    [InlineData("Look it up with GET /v1/vms?search=… ; soon.", "Look it up with `hv vm list --search TEXT` ; soon.")]
    [InlineData("Stop it first: POST /v1/vms/{id}/shutdown, or POST /v1/vms/{id}/force-off.", "Stop it first: `hv vm shutdown VM`, or `hv vm force-off VM`.")]
    [InlineData("Cancel it with POST /v1/migrations/" + Id + "/cancel.", "Cancel it with `hv migration cancel " + Id + "`.")]
    [InlineData("Wait for it (/v1/operations/" + Id + ").", "Wait for it (`hv operation get " + Id + "`).")]
    [InlineData("Its history is at /v1/vms/" + Id + "/history; choose.", "Its history is at `hv vm history " + Id + "`; choose.")]
    [InlineData("End the maintenance with DELETE /v1/hosts/" + Id + "/maintenance.", "End the maintenance with `hv host maintenance " + Id + " --end`.")]
    [InlineData("Leave it out of destinationHostIds.", "Leave it out of --to.")]
    [InlineData("Choose another destination.", "Choose another destination.")]
    public void Advice_speaks_of_verbs(string advice, string translated) => Assert.Equal(translated, AdviceText.Translate(advice));

    [Fact]
    public async Task Waiting_too_long_ends_with_124_and_says_how_to_follow()
    {
        var run = await CliRun.Async(NeverEnding(), "vm", "start", "1e3", "--wait", "--timeout", "0s");
        Assert.Equal(ExitCodes.TimedOut, run.ExitCode);
        Assert.Contains($"It goes on.\n  next: `hv operation watch {SampleFleet.Start}`", run.Error);
    }

    [Fact]
    public async Task An_interrupted_wait_says_that_it_goes_on()
    {
        using var interrupt = new CancellationTokenSource();
        var api = NeverEnding();
        var run = CliRun.Async(api, [], ["vm", "start", "1e3", "--wait"], cancellationToken: interrupt.Token);
        await TestKit.Eventually.Until(() => Task.FromResult(api.Requests.Count > 3), "it waits", 10);
        await interrupt.CancelAsync();
        Assert.Equal(ExitCodes.Interrupted, (await run).ExitCode);
        Assert.Contains("Not waiting any more. It goes on.", (await run).Error);
    }

    [Fact]
    public async Task A_command_carries_who_asks_why_and_a_key()
    {
        var api = SampleFleet.Create();
        await CliRun.Async(api, new() { ["HV_TOKEN"] = "secret" }, ["vm", "start", "1e3", "--reason", "patch day", "--idempotency-key", "k1"]);
        Assert.Equal(("Bearer secret", "patch day", "k1"), (api.Headers["Authorization"], api.Headers["X-Reason"], api.Headers["Idempotency-Key"]));
    }

    [Fact]
    public async Task A_dry_run_sends_nothing_that_changes_anything()
    {
        var api = SampleFleet.Create();
        await CliRun.Async(api, "migrate", "web", "host-a", "--dry-run");
        await CliRun.Async(api, "vm", "start", "1e3", "--dry-run");
        Assert.All(api.Requests, r => Assert.StartsWith("GET ", r));
    }

    [Fact]
    public void The_states_that_a_dry_run_checks_are_the_platform_s() => Assert.All(VmActions.All, action =>
    {
        var platform = PlatformAction.All.Single(a => (a.Verb ?? "delete") == action.Verb);
        Assert.Equal(platform.Allowed.Select(s => $"{s}"), action.Allowed.Select(s => $"{s}"));
    });

    static ScriptedApi NeverEnding() => new ScriptedApi()
        .On("GET /v1/vms?name=1e3&limit=2", $$"""{"items":[{"id":"{{SampleFleet.Db}}","version":1,"name":"1e3","state":"Off","hostId":"{{SampleFleet.HostA}}","vcpus":1,"memoryMiB":1,"simulated":true,"duplicateRunning":false,"url":"/"}]}""")
        .On($"POST /v1/vms/{SampleFleet.Db}/start", SampleFleet.Operation(SampleFleet.Start, "StartVm", SampleFleet.Db, "1e3", "Accepted", ""), HttpStatusCode.Accepted)
        .On($"GET /v1/operations/{SampleFleet.Start}", SampleFleet.Operation(SampleFleet.Start, "StartVm", SampleFleet.Db, "1e3", "Running", ""));
}
