using System.Net;
using System.Net.Http.Headers;
using HvPlatform.Contracts;
using HvPlatform.HostAgent.Grpc;
using HvPlatform.HostAgent.Hosts;
using HvPlatform.Hypervisors.Simulated;
using HvPlatform.IntegrationTests.HostAgent;
using HvPlatform.ServiceKit;
using HvPlatform.ServiceKit.Grpc;
using HvPlatform.ServiceKit.Tls;
using HvPlatform.TestKit;
using HvPlatform.TestKit.Grpc;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace HvPlatform.IntegrationTests.Grpc;

/// <summary>The agent's gRPC server as a stock client meets it: the frames, deadlines, going away, TLS, and everything that only asks the host.</summary>
public sealed class GrpcServerTests : IAsyncLifetime
{
    const string Health = "/grpc.health.v1.Health/";

    StandInApi _api = null!;
    AgentHost _agent = null!;
    PythonGrpcClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _api = await StandInApi.StartAsync();
        _agent = await AgentHost.StartAsync("inmemory", settings: new() { ["Hv:Agents:0:Grpc:Url"] = "http://127.0.0.1:0", ["Hv:Agents:0:Grpc:Api"] = _api.Url.ToString() });
        _api.Vms = [_agent.RunningVm(_agent.First).Value, _agent.StoppedVm(_agent.First).Value];
        _client = await PythonGrpcClient.StartAsync(Url(_agent));
        _client.Metadata["authorization"] = $"Bearer {StandInApi.Viewer}";
    }

    public async ValueTask DisposeAsync()
    {
        if (_client is not null)
        {
            await _client.DisposeAsync();
        }

        await _agent.DisposeAsync();
        await _api.DisposeAsync();
    }

    static Uri Url(AgentHost agent) => agent.Services.GetRequiredService<AgentGrpc>().UrlOf(agent.First.Id);

    [Fact]
    public async Task Questions_are_answered_by_the_host()
    {
        var health = await _client.OkAsync("HealthCheck");
        Assert.True(health.GetProperty("healthy").GetBoolean());
        var node = await _client.OkAsync("GetNodeInfo");
        Assert.Equal(_agent.First.Name, node.GetProperty("hostname").GetString());
        Assert.Equal(_agent.First.Id.ToString(), node.GetProperty("id").GetString());

        var running = _agent.RunningVm(_agent.First).ToString();
        var vms = (await _client.OkAsync("ListVMs")).GetProperty("vms").EnumerateArray().ToDictionary(v => v.GetProperty("vm_id").GetString()!);
        Assert.Equal("RUNNING", vms[running].GetProperty("state").GetString());
        Assert.Equal("STOPPED", vms[_agent.StoppedVm(_agent.First).ToString()].GetProperty("state").GetString());
        Assert.Equal("268435456", (await _client.OkAsync("GetVMStatus", new { vm_id = running })).GetProperty("resource_usage").GetProperty("memory_total_bytes").GetString());
        Assert.Equal("{}", (await _client.OkAsync("ListSnapshots", new { vm_id = running })).ToString());
    }

    [Fact]
    public async Task Errors_have_the_code_of_their_kind_the_words_and_the_details()
    {
        var elsewhere = Guid.NewGuid();
        _api.Vms = [.. _api.Vms, elsewhere];
        var missing = await _client.CallAsync("GetVMStatus", new { vm_id = elsewhere });
        Assert.Equal("NOT_FOUND", missing.Code);
        Assert.Contains(_agent.First.Name, missing.Details);
        Assert.Equal(("vm-not-found", "hvplatform", "NotFound"), (missing.Error.GetProperty("reason").GetString(), missing.Error.GetProperty("domain").GetString(), missing.Error.GetProperty("kind").GetString()));

        var wrong = await _client.CallAsync("GetVMStatus", new { vm_id = "the 1st – 100 %" });
        Assert.Equal(("INVALID_ARGUMENT", "vm_id 'the 1st – 100 %' is no UUID."), (wrong.Code, wrong.Details));

        var console = await _client.CallAsync("GetConsole", new { vm_id = _agent.RunningVm(_agent.First).ToString() });
        Assert.Equal("UNIMPLEMENTED", console.Code);
        Assert.Contains("screenshot", console.Error.GetProperty("advice").GetString());

    }

    [Fact]
    public async Task Questions_are_judged_by_the_platform_with_the_caller_s_token_and_health_is_told_to_everybody()
    {
        var (running, stopped) = (_agent.RunningVm(_agent.First).ToString(), _agent.StoppedVm(_agent.First).ToString());
        (string Method, object? Request, bool Stream)[] questions =
            [("GetNodeInfo", null, false), ("ListVMs", null, false), ("GetVMStatus", new { vm_id = running }, false), ("GetConsole", new { vm_id = running }, false), ("ListSnapshots", new { vm_id = running }, false),
             ("PrepareMigration", new { vm_id = running, target_node_uri = "x" }, false), ("StreamMetrics", null, true), ("StreamEvents", null, true)];
        foreach (var (method, request, stream) in questions)
        {
            var without = await _client.CallAsync(method, request, stream: stream, metadata: []);
            Assert.Equal(("UNAUTHENTICATED", "unauthenticated"), (without.Code, without.Error.GetProperty("reason").GetString()));
            Assert.Contains("Bearer", without.Error.GetProperty("advice").GetString());
            var wrong = await _client.CallAsync(method, request, stream: stream, metadata: As("guessed"));
            Assert.Equal(("UNAUTHENTICATED", "The token is not valid."), (wrong.Code, wrong.Details));
            var nobody = await _client.CallAsync(method, request, stream: stream, metadata: As(StandInApi.Nobody));
            Assert.Equal("PERMISSION_DENIED", nobody.Code);
            Assert.Contains("Viewer", nobody.Details);
        }

        // Of a group that has the host and not this VM.
        _api.Hidden = Guid.Parse(running);
        var ofAGroup = As(StandInApi.OfAGroup);
        var vms = (await _client.OkAsync("ListVMs", metadata: ofAGroup)).GetProperty("vms").EnumerateArray().Select(v => v.GetProperty("vm_id").GetString());
        Assert.Equal([stopped], vms);
        Assert.Equal("NOT_FOUND", (await _client.CallAsync("GetVMStatus", new { vm_id = running }, metadata: ofAGroup)).Code);
        Assert.Equal("NOT_FOUND", (await _client.CallAsync("StartVM", new { vm_id = running }, metadata: ofAGroup)).Code);
        Assert.Equal(stopped, (await _client.OkAsync("GetVMStatus", new { vm_id = stopped }, ofAGroup)).GetProperty("vm_id").GetString());

        Assert.Equal("OK", (await _client.CallAsync("HealthCheck", metadata: [])).Code);
        Assert.Equal("OK", (await _client.CallAsync($"{Health}Check", metadata: [])).Code);

        await _api.DisposeAsync();
        var away = await _client.CallAsync("GetNodeInfo", metadata: As(StandInApi.OfAGroup + "-too"));
        Assert.Equal("UNAVAILABLE", away.Code);
        Assert.Contains(_api.Address, away.Details);
        Assert.Equal("OK", (await _client.CallAsync("HealthCheck", metadata: [])).Code);
    }

    [Fact]
    public async Task A_host_in_no_group_of_the_caller_and_an_agent_that_was_not_told_of_the_platform_are_told_apart()
    {
        _api.Hidden = _agent.First.Id.Value;
        var foreign = await _client.CallAsync("GetNodeInfo", metadata: As(StandInApi.OfAGroup));
        Assert.Equal(("PERMISSION_DENIED", "forbidden"), (foreign.Code, foreign.Error.GetProperty("reason").GetString()));
        Assert.Contains(_agent.First.Name, foreign.Details);

        await using var alone = await AgentHost.StartAsync("inmemory", settings: new() { ["Hv:Agents:0:Grpc:Url"] = "http://127.0.0.1:0" });
        await using var client = await PythonGrpcClient.StartAsync(Url(alone));
        client.Metadata["authorization"] = $"Bearer {StandInApi.Viewer}";
        var untold = await client.CallAsync("ListVMs");
        Assert.Equal("FAILED_PRECONDITION", untold.Code);
        Assert.Contains("Grpc:Api", untold.Details);
        Assert.Equal("OK", (await client.CallAsync("HealthCheck")).Code);
    }

    [Fact]
    public async Task A_stream_ends_when_its_token_is_taken_back()
    {
        var watching = await _client.BeginAsync("StreamMetrics", new { interval_seconds = 1 }, stream: true);
        await watching.Open;
        _api.Revoked.Add(StandInApi.Viewer);
        var end = await watching.Ended.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal("UNAUTHENTICATED", end.Code);
    }

    [Fact]
    public async Task A_stream_of_events_that_fails_at_its_start_leaves_no_watch_open()
    {
        // The agent's own.
        await Eventually.Until(() => _agent.First.Watches == 1, "the agent watches its host");
        _agent.First.Inject(new SimulatedFault { Operation = SimulatedOperation.List, Times = null, Error = new() { Kind = ErrorKind.Transient, Code = "busy", Message = "The hypervisor is busy." } });
        var failed = await _client.CallAsync("StreamEvents", stream: true);
        Assert.Equal(("UNAVAILABLE", "The hypervisor is busy."), (failed.Code, failed.Details));
        await Eventually.Until(() => _agent.First.Watches == 1, "the stream's watch is closed");
        _agent.First.ClearFaults();
    }

    [Theory]
    [InlineData(503)]
    [InlineData(500)]
    [InlineData(429)]
    public async Task A_stream_of_events_goes_on_while_the_platform_does_not_judge_and_tells_of_new_VMs_when_it_does(int status)
    {
        var watching = await _client.BeginAsync("StreamEvents", stream: true);
        await watching.Open;
        _api.Failing = status;
        var made = new VmId(Guid.NewGuid());
        _agent.First.AddVm(SimulatedFleet.NewVm(made, "made-meanwhile", 1, 256, VmState.Off));
        await new SimulatedDriver(_agent.Fleet, _agent.First.Id).StartAsync(_agent.StoppedVm(_agent.First), CancellationToken.None);
        await HearsAsync(watching, _agent.StoppedVm(_agent.First), null);
        Assert.DoesNotContain(watching.Messages, m => m.GetProperty("vm_id").GetString() == made.ToString());

        _api.Vms = [.. _api.Vms, made.Value];
        _api.Failing = null;
        await HearsAsync(watching, made, "VM_DEFINED");
    }

    [Fact]
    public async Task A_new_VM_of_which_the_platform_hears_late_is_told_then_and_holds_up_no_other()
    {
        var watching = await _client.BeginAsync("StreamEvents", stream: true);
        await watching.Open;
        var (late, soon) = (new VmId(Guid.NewGuid()), new VmId(Guid.NewGuid()));
        _agent.First.AddVm(SimulatedFleet.NewVm(late, "late", 1, 256, VmState.Off));
        await new SimulatedDriver(_agent.Fleet, _agent.First.Id).StartAsync(_agent.StoppedVm(_agent.First), CancellationToken.None);
        await HearsAsync(watching, _agent.StoppedVm(_agent.First), null);
        _api.Vms = [.. _api.Vms, late.Value, soon.Value];
        _agent.First.AddVm(SimulatedFleet.NewVm(soon, "soon", 1, 256, VmState.Off));
        await HearsAsync(watching, soon, "VM_DEFINED");
        await HearsAsync(watching, late, "VM_DEFINED");
        await new SimulatedDriver(_agent.Fleet, _agent.First.Id).StartAsync(late, CancellationToken.None);
        await HearsAsync(watching, late, null);
    }

    /// <summary>The first type, VM_STARTED, is left out.</summary>
    static Task HearsAsync(GrpcAnswer watching, VmId vm, string? type) => Eventually.Until(
        () => watching.Messages.Any(m => m.GetProperty("vm_id").GetString() == vm.ToString() && (m.TryGetProperty("type", out var t) ? t.GetString() : null) == type),
        $"the stream tells that {vm} {type ?? "VM_STARTED"}", 30);

    static Dictionary<string, string> As(string token) => new() { ["authorization"] = $"Bearer {token}" };

    [Fact]
    public async Task A_deadline_ends_a_call_and_going_away_ends_its_work()
    {
        var late = await _client.CallAsync("StreamMetrics", new { interval_seconds = 1 }, timeout: 1.5, stream: true);
        Assert.Equal("DEADLINE_EXCEEDED", late.Code);
        Assert.Single(late.Messages);
        Assert.Equal(1, late.Messages[0].GetProperty("vms").EnumerateArray().Count(v => v.GetProperty("vm_id").GetString() == _agent.RunningVm(_agent.First).ToString()));

        var watching = await _client.BeginAsync("StreamEvents", stream: true, extra: new { cancelAfter = 1 });
        await watching.Open;
        await new SimulatedDriver(_agent.Fleet, _agent.First.Id).StartAsync(_agent.StoppedVm(_agent.First), CancellationToken.None);
        var left = await watching.Ended.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal("CANCELLED", left.Code);
        Assert.False(left.Messages[0].TryGetProperty("type", out _), "the enum's first value, VM_STARTED, is left out");
        Assert.Equal(_agent.StoppedVm(_agent.First).ToString(), left.Messages[0].GetProperty("vm_id").GetString());
        Assert.Equal("OK", (await _client.CallAsync("HealthCheck")).Code);
    }

    [Fact]
    public async Task What_is_no_proper_call_is_refused_by_name_and_the_connection_lives()
    {
        Assert.Equal("UNIMPLEMENTED", (await _client.CallAsync("HealthCheck", extra: new { compress = true, raw = Convert.ToBase64String(new byte[1000]) })).Code);
        Assert.Equal("INTERNAL", (await _client.CallAsync("GetVMStatus", extra: new { raw = "/////w==" })).Code);
        var large = await _client.CallAsync("GetVMStatus", new { vm_id = new string('x', 5 << 20) });
        Assert.Equal("RESOURCE_EXHAUSTED", large.Code);
        Assert.Contains("4194304", large.Details);
        var almost = await _client.CallAsync("GetVMStatus", new { vm_id = new string('x', 4 << 19) });
        Assert.Equal("INVALID_ARGUMENT", almost.Code);
        Assert.Equal("OK", (await _client.CallAsync("HealthCheck")).Code);
    }

    [Fact]
    public async Task Bytes_that_are_no_frames_other_media_types_and_unknown_methods_are_told_so()
    {
        using var http = new HttpClient { BaseAddress = Url(_agent), DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        async Task<(HttpStatusCode, string?)> PostAsync(string path, byte[] body, string type = "application/grpc", string? timeout = null)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            request.Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue(type) } };
            if (timeout is not null)
            {
                request.Headers.Add("grpc-timeout", timeout);
            }

            using var response = await http.SendAsync(request);
            await response.Content.ReadAsByteArrayAsync();
            return (response.StatusCode, response.TrailingHeaders.TryGetValues("grpc-status", out var status) ? status.Single() : null);
        }

        const string Method = "/hvplatform.node.v1.NodeDaemonService/HealthCheck";
        byte[] empty = [0, 0, 0, 0, 0];
        Assert.Equal((HttpStatusCode.OK, "0"), await PostAsync(Method, empty));
        Assert.Equal((HttpStatusCode.OK, "0"), await PostAsync(Method, empty, "application/grpc+proto", "5S"));
        Assert.Equal((HttpStatusCode.UnsupportedMediaType, null), await PostAsync(Method, empty, "application/json"));
        Assert.Equal((HttpStatusCode.OK, "12"), await PostAsync("/hvplatform.node.v1.NodeDaemonService/FormatDisks", empty));
        Assert.Equal((HttpStatusCode.OK, "13"), await PostAsync(Method, []));
        Assert.Equal((HttpStatusCode.OK, "13"), await PostAsync(Method, "GET / HTTP/1.0"u8.ToArray()));
        Assert.Equal((HttpStatusCode.OK, "13"), await PostAsync(Method, [0, 0, 0, 0, 9, 1]));
        Assert.Equal((HttpStatusCode.OK, "13"), await PostAsync(Method, [.. empty, .. empty]));
        Assert.Equal((HttpStatusCode.OK, "8"), await PostAsync(Method, [0, 255, 255, 255, 255]));
        Assert.Equal((HttpStatusCode.OK, "12"), await PostAsync(Method, [1, 0, 0, 0, 0]));
        Assert.Equal((HttpStatusCode.OK, "13"), await PostAsync(Method, empty, timeout: "soon"));
        Assert.Equal((HttpStatusCode.OK, "4"), await PostAsync(Method, empty, timeout: "0n"));
    }

    [Fact]
    public async Task Health_is_told_by_the_usual_service()
    {
        Assert.Equal("SERVING", (await _client.OkAsync($"{Health}Check")).GetProperty("status").GetString());
        Assert.Equal("SERVING", (await _client.OkAsync($"{Health}Check", new { service = "hvplatform.node.v1.NodeDaemonService" })).GetProperty("status").GetString());
        Assert.Equal("NOT_FOUND", (await _client.CallAsync($"{Health}Check", new { service = "bakery" })).Code);
        var unknown = await _client.CallAsync($"{Health}Watch", new { service = "bakery" }, stream: true, extra: new { cancelAfter = 1 });
        Assert.Equal("SERVICE_UNKNOWN", unknown.Messages.Single().GetProperty("status").GetString());
    }

    [Fact]
    public async Task Over_TLS_only_holders_of_the_authority_s_certificates_are_served()
    {
        var files = new TestCertificates();
        await using var agent = await AgentHost.StartAsync("inmemory", settings: new()
        {
            ["Hv:Agents:0:Grpc:Url"] = "https://127.0.0.1:0",
            ["Hv:Agents:0:Grpc:CertificateFile"] = files.File("server.pem"),
            ["Hv:Agents:0:Grpc:KeyFile"] = files.File("server.key"),
            ["Hv:Agents:0:Grpc:AuthorityFile"] = files.File("ca.pem"),
        });
        await using (var client = await PythonGrpcClient.StartAsync(Url(agent), files.File("ca.pem"), files.File("client.pem"), files.File("client.key")))
        {
            Assert.True((await client.OkAsync("HealthCheck")).GetProperty("healthy").GetBoolean());
        }

        await using (var stranger = await PythonGrpcClient.StartAsync(Url(agent), files.File("ca.pem"), files.File("stranger.pem"), files.File("stranger.key")))
        {
            Assert.Equal("UNAVAILABLE", (await stranger.CallAsync("HealthCheck", timeout: 20)).Code);
        }

        await using (var nobody = await PythonGrpcClient.StartAsync(Url(agent), files.File("ca.pem")))
        {
            Assert.Equal("UNAVAILABLE", (await nobody.CallAsync("HealthCheck", timeout: 20)).Code);
        }
    }

    [Fact]
    public async Task A_joined_agent_shows_its_own_certificate_and_takes_services_not_other_agents()
    {
        var files = new TestCertificates();
        string Pem(string name) => File.ReadAllText(files.File(name));
        AgentIdentity.Save(files.File("identity"), new AgentFacts { AgentId = new(Guid.NewGuid()), Platform = new Uri("https://platform.example") }, Pem("server.pem") + "\n" + Pem("server.key"), Pem("ca.pem"));
        using var identity = AgentIdentity.Load(files.File("identity"), TimeProvider.System);
        var settings = AgentGrpc.Read("test", new AgentGrpcOptions { Url = "https://127.0.0.1:0" }, identity)!;
        Assert.Equal("https://platform.example/", settings.Api!.ToString());
        await using var listener = await GrpcListener.StartAsync(
            settings.Url, settings.Tls, routes => new GrpcEndpoints(routes, TimeProvider.System, NullLogger.Instance, _ => null).Health(_ => true), NullLoggerFactory.Instance, CancellationToken.None);

        await using (var service = await PythonGrpcClient.StartAsync(listener.Url, files.File("ca.pem"), files.File("client.pem"), files.File("client.key")))
        {
            Assert.Equal("SERVING", (await service.OkAsync($"{Health}Check")).GetProperty("status").GetString());
        }

        await using var agent = await PythonGrpcClient.StartAsync(listener.Url, files.File("ca.pem"), files.File("agent.pem"), files.File("agent.key"));
        Assert.Equal("UNAVAILABLE", (await agent.CallAsync($"{Health}Check", timeout: 20)).Code);
    }

    [Theory]
    [InlineData("Url", "http://0.0.0.0:0", "loopback")]
    [InlineData("Url", "https://127.0.0.1:0", "certificates")]
    [InlineData("Api", "http://10.0.0.1:8080", "tokens")]
    public async Task An_address_that_would_give_secrets_away_is_refused_at_the_start(string name, string value, string why)
    {
        var settings = new Dictionary<string, string?> { ["Hv:Agents:0:Grpc:Url"] = "http://127.0.0.1:0", [$"Hv:Agents:0:Grpc:{name}"] = value };
        var e = await Assert.ThrowsAsync<HvStartupException>(() => AgentHost.StartAsync("inmemory", settings: settings));
        Assert.Contains(why, e.Message);
    }
}
