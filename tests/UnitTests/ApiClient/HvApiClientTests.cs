using System.Net;
using HvPlatform.ApiClient;
using HvPlatform.UnitTests.Cli;
using Xunit;

namespace HvPlatform.UnitTests.ApiClient;

public sealed class HvApiClientTests
{
    static HvApiClient Client(ScriptedApi api) => new(new HttpClient(api) { BaseAddress = new("http://platform") });

    [Fact]
    public async Task Values_are_sent_in_the_API_s_form()
    {
        var api = new ScriptedApi().On("GET /v1/vms", """{"items":[]}""");
        await Client(api).ListVmsAsync(search: "a b&c", secureBoot: false, asOf: new DateTimeOffset(2026, 5, 4, 5, 2, 1, 500, TimeSpan.FromHours(2)), limit: 5, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal("GET /v1/vms?search=a%20b%26c&secureBoot=false&asOf=2026-05-04T03%3A02%3A01.5Z&limit=5", Assert.Single(api.Requests));
    }

    [Fact]
    public async Task The_platform_may_stand_below_a_path()
    {
        var api = new ScriptedApi().On("GET /hv/v1/vms", """{"items":[]}""");
        await new HvApiClient(new HttpClient(api) { BaseAddress = new("http://proxy/hv/") }).ListVmsAsync(limit: 5, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal("GET /hv/v1/vms?limit=5", Assert.Single(api.Requests));
        var run = await CliRun.Async(api, "vm", "list", "--url", "http://proxy/hv");
        Assert.Equal(0, run.ExitCode);
    }

    [Fact]
    public async Task What_is_not_given_is_left_out_of_a_body()
    {
        var api = new ScriptedApi().On("POST /v1/vms/00000000-0000-0000-0000-000000000000/settings", SampleFleet.Operation(SampleFleet.Start, "ReconfigureVm", SampleFleet.Web, "web", "Pending", ""), HttpStatusCode.Accepted);
        await Client(api).ReconfigureVmAsync(Guid.Empty, new() { Processor = new() { Count = 4 } }, reason: "more work", cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal("""{"processor":{"count":4}}""", api.Body);
        Assert.Equal("more work", api.Headers["X-Reason"]);
    }

    [Fact]
    public async Task An_answer_keeps_members_that_the_client_does_not_know_and_survives_enum_members_it_does_not_know()
    {
        var api = new ScriptedApi().On($"GET /v1/operations/{SampleFleet.Start}", SampleFleet.Operation(SampleFleet.Start, "TeleportVm", SampleFleet.Web, "web", "Pending", ""","speed":"high" """));
        var answer = await Client(api).GetOperationAsync(Guid.Parse(SampleFleet.Start), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(OperationKind.Unknown, answer.Value.Kind);
        Assert.Equal("high", answer.Json.GetProperty("speed").GetString());
    }

    [Theory]
    [InlineData("""{"items":[{"id":"00000000-0000-0000-0000-000000000001"}]}""", "'version' is missing")]
    [InlineData("""{"items":12}""", "Array")]
    [InlineData("""{"items":[{"id":"web"}]}""", "no PageOfVmSummary")]
    [InlineData("""[]""", "no PageOfVmSummary")]
    public async Task An_answer_that_does_not_fit_is_told_as_such(string body, string why)
    {
        var answer = await Client(new ScriptedApi().On("GET /v1/vms", body)).ListVmsAsync(cancellationToken: TestContext.Current.CancellationToken);
        Assert.Contains(why, Assert.Throws<System.Text.Json.JsonException>(() => answer.Value).Message);
    }

    [Fact]
    public async Task A_refusal_is_one_exception_with_the_problem()
    {
        var api = new ScriptedApi().On("GET /v1/hosts", SampleFleet.Problem(503, "database-unavailable", "The database does not answer.", "Ask again."), HttpStatusCode.ServiceUnavailable);
        var refused = await Assert.ThrowsAsync<ApiProblemException>(() => Client(api).ListHostsAsync());
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "database-unavailable", "The database does not answer."), (refused.Status, refused.Problem?.Code, refused.Message));
    }

    [Fact]
    public async Task A_page_of_something_else_is_told_apart_from_a_problem()
    {
        var api = new ScriptedApi().On("GET /v1/hosts", "<html>proxy</html>", HttpStatusCode.BadGateway);
        var refused = await Assert.ThrowsAsync<ApiProblemException>(() => Client(api).ListHostsAsync());
        Assert.Null(refused.Problem);
        Assert.Contains("<html>proxy</html>", refused.Message);
    }

    [Fact]
    public async Task Events_are_read_with_position_type_and_data()
    {
        var api = new ScriptedApi().On("GET /v1/events", "id: 4\nevent: a\ndata: {\ndata: }\n\n: heartbeat\n\nevent: live\r\ndata:x\r\n\r\nid: 5\ndata: lost at the end");
        var events = await Client(api).StreamEventsAsync(cancellationToken: TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);
        Assert.Equal([new("4", "a", "{\n}"), new(null, "live", "x")], events);
    }
}
