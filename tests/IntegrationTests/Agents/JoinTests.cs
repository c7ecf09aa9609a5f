using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.HostAgent.Joining;
using HvPlatform.Hypervisors;
using HvPlatform.IntegrationTests.Orchestrator;
using HvPlatform.ServiceKit;
using HvPlatform.ServiceKit.Tls;
using HvPlatform.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace HvPlatform.IntegrationTests.Agents;

/// <summary>Joining through the real API and the real command: tokens, certificates, renewal, who is refused. The broker's side: <see cref="BrokerAccessTests"/>.</summary>
public sealed class JoinTests : IAsyncLifetime
{
    readonly OrchestratorFixture _platform = new();
    readonly string _directory = TemporaryDirectory.Create("hv-join-");

    public async ValueTask InitializeAsync() => await _platform.StartAsync(new() { ["Ca:Directory"] = Path.Combine(_directory, "ca"), ["Ca:CertificateLifetime"] = "00:10:00" });

    public ValueTask DisposeAsync() => _platform.DisposeAsync();

    [Fact]
    public async Task A_token_is_good_for_one_join_within_its_time()
    {
        var made = await TokenAsync();
        var token = made.GetProperty("token").GetString()!;
        Assert.Equal($"host-agent join --url {_platform.Host.Url.GetLeftPart(UriPartial.Authority)} --token {token} --ca-fingerprint {made.GetProperty("caFingerprint").GetString()}", made.GetProperty("command").GetString());
        Assert.DoesNotContain(token, (await _platform.GetAsync("/v1/join-tokens")).ToString(), StringComparison.Ordinal);
        Assert.Equal(0, await _platform.ScalarAsync<long>($"SELECT count(*) FROM join_tokens t WHERE t::text LIKE '%{token[4..]}%'"));

        var agent = await JoinedAsync(token, "kvm1.example.net");
        var used = await RefusedAsync(token, "kvm2.example.net");
        Assert.Equal("Used", used.GetProperty("found").GetString());
        var listed = (await _platform.GetAsync("/v1/join-tokens")).GetProperty("items")[0];
        Assert.Equal(agent.GetProperty("agentId").GetGuid(), listed.GetProperty("agentId").GetGuid());

        var late = (await TokenAsync()).GetProperty("token").GetString()!;
        await _platform.ScalarAsync<Guid>("UPDATE join_tokens SET expires_at = now() - interval '1 second' WHERE used_at IS NULL RETURNING id");
        Assert.Equal("Expired", (await RefusedAsync(late, "kvm2.example.net")).GetProperty("found").GetString());

        var deleted = await TokenAsync();
        using (var response = await _platform.SendAsync(HttpMethod.Delete, $"/v1/join-tokens/{deleted.GetProperty("id").GetGuid()}"))
        {
            Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        }

        Assert.False((await RefusedAsync(deleted.GetProperty("token").GetString()!, "kvm2.example.net")).TryGetProperty("found", out _));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(61)]
    public async Task No_token_is_good_for_longer_than_an_hour(int minutes)
    {
        using var response = await _platform.PostAsync("/v1/join-tokens", new { validForMinutes = minutes });
        var problem = await OrchestratorFixture.ProblemAsync(response, 400, "invalid-request");
        Assert.True(problem.GetProperty("errors").TryGetProperty("validForMinutes", out _));
    }

    [Fact]
    public async Task Whoever_guesses_tokens_has_to_wait()
    {
        for (var i = 0; i < 10; i++)
        {
            await RefusedAsync($"hvj_guess{i}", "kvm1");
        }

        var good = (await TokenAsync()).GetProperty("token").GetString()!;
        using var response = await PostJoinAsync(good, "kvm1", Csr());
        var problem = await OrchestratorFixture.ProblemAsync(response, 429, "too-many-attempts");
        Assert.InRange(problem.GetProperty("retryAfterSeconds").GetInt32(), 1, 60);
    }

    [Fact]
    public async Task A_join_that_is_wrong_in_itself_leaves_the_token_good()
    {
        var token = (await TokenAsync()).GetProperty("token").GetString()!;
        using (var response = await PostJoinAsync(token, "not a name", "nonsense"))
        {
            var problem = await OrchestratorFixture.ProblemAsync(response, 400, "invalid-request");
            Assert.Equal(["csr", "hostName"], problem.GetProperty("errors").EnumerateObject().Select(e => e.Name));
        }

        await JoinedAsync(token, "kvm1");
        using var taken = await PostJoinAsync((await TokenAsync()).GetProperty("token").GetString()!, "KVM1.", Csr());
        await OrchestratorFixture.ProblemAsync(taken, 409, "agent-name-taken");
    }

    [Fact]
    public async Task The_command_keeps_key_and_certificate_for_the_agent_and_joins_only_the_platform_it_was_told()
    {
        var made = await TokenAsync();
        string[] told = made.GetProperty("command").GetString()!.Split(' ')[2..];
        var identity = Path.Combine(_directory, "identity");
        var (output, ct) = (new StringWriter(), TestContext.Current.CancellationToken);
        await JoinCommand.RunAsync([.. told, "--host-name", "kvm1", "--identity", identity], TextReader.Null, output, TimeProvider.System, ct);

        using var joined = AgentIdentity.Load(identity, TimeProvider.System);
        Assert.Equal(joined.Facts.AgentId.ToString(), PlatformCertificate.NameOf(joined.Certificate));
        Assert.Contains(joined.Facts.AgentId.ToString(), output.ToString(), StringComparison.Ordinal);
        Assert.Contains("has joined already", await FailsAsync([.. told, "--identity", identity]), StringComparison.Ordinal);

        var other = Path.Combine(_directory, "other");
        var url = _platform.Host.Url.ToString();
        Assert.Contains("was used at", await FailsAsync([.. told, "--identity", other]), StringComparison.Ordinal);
        var second = (await TokenAsync()).GetProperty("token").GetString()!;
        Assert.Contains("fingerprint", await FailsAsync(["--url", url, "--token", second, "--ca-fingerprint", new string('0', 64), "--host-name", "kvm9", "--identity", other]), StringComparison.Ordinal);
        Assert.False(Directory.Exists(other));
        Assert.Contains("--allow-unencrypted", await FailsAsync(["--url", "http://hv.example.net", "--token", "x"]), StringComparison.Ordinal);
        Assert.Contains("cannot be reached", await FailsAsync(["--url", "http://127.0.0.1:1", "--token", "x", "--identity", other]), StringComparison.Ordinal);
        Assert.Contains("--token", await FailsAsync(["--url", url]), StringComparison.Ordinal);

        async Task<string> FailsAsync(string[] args) =>
            (await Assert.ThrowsAsync<HvStartupException>(() => JoinCommand.RunAsync(args, TextReader.Null, TextWriter.Null, TimeProvider.System, ct))).Message;
    }

    [Fact]
    public async Task An_agent_renews_by_its_present_key_alone_until_it_is_revoked()
    {
        var identity = await IdentityAsync("kvm1");
        using var api = new PlatformApi(_platform.Host.Url, TimeProvider.System);
        var early = new IdentityKeeper(identity, api, TimeProvider.System, NullLogger<IdentityKeeper>.Instance);
        Assert.False(early.IsDue);
        Assert.True(new IdentityKeeper(identity, api, new Ahead(TimeSpan.FromMinutes(6)), NullLogger<IdentityKeeper>.Instance).IsDue);

        var before = PlatformCertificate.Serial(identity.Certificate);
        var ct = TestContext.Current.CancellationToken;
        await early.RenewAsync(ct);
        Assert.NotEqual(before, PlatformCertificate.Serial(identity.Certificate));
        await early.RenewAsync(ct);

        // Signed with another key, for another purpose, too long ago.
        var at = TimeProvider.System.GetUtcNow();
        using var stranger = Stranger();
        await RefusedAsync(identity.Certificate, at, AgentSignature.Sign(stranger, AgentSignature.Renew, at, Csr()), "signature");
        await RefusedAsync(identity.Certificate, at, AgentSignature.Sign(identity.Certificate, AgentSignature.Hosts, at, Csr()), "signature");
        await RefusedAsync(identity.Certificate, at.AddMinutes(-6), null, "clock");
        await RefusedAsync(stranger, at, null, "not one that this platform gave out");

        using (await _platform.SendAsync(HttpMethod.Delete, $"/v1/agents/{identity.Facts.AgentId}"))
        {
        }

        var refused = await Assert.ThrowsAsync<PlatformRefusedException>(() => early.RenewAsync(ct));
        Assert.Contains("revoked", refused.Detail, StringComparison.Ordinal);
        identity.Take(await api.RevokedAsync(ct));
        Assert.True(identity.Revoked!.Contains(identity.Certificate));

        async Task RefusedAsync(X509Certificate2 certificate, DateTimeOffset at, string? signature, string expected)
        {
            var csr = Csr();
            using var response = await Anonymous().PostAsJsonAsync("/v1/agents/renew",
                new { serial = PlatformCertificate.Serial(certificate), at, csr, signature = signature ?? AgentSignature.Sign(certificate, AgentSignature.Renew, at, csr) });
            var problem = await OrchestratorFixture.ProblemAsync(response, 403, "agent-refused");
            Assert.Contains(expected, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_host_that_is_known_without_a_certificate_is_given_away_by_an_administrator_only()
    {
        using var first = await IdentityAsync("kvm1");
        using var second = await IdentityAsync("kvm2");
        var refused = await ClaimRefusedAsync(first, _platform.Alpha);
        Assert.Equal("host-needs-approval", refused.Code);
        Assert.Contains($"PUT /v1/agents/{first.Facts.AgentId}/hosts/{_platform.Alpha}", refused.Advice, StringComparison.Ordinal);
        var both = await ClaimRefusedAsync(first, new HostId(Guid.NewGuid()), _platform.Beta, _platform.Alpha);
        Assert.All([_platform.Alpha, _platform.Beta], h => Assert.Contains(h.ToString(), both.Detail, StringComparison.Ordinal));
        Assert.Equal(0, await _platform.ScalarAsync<long>("SELECT count(*) FROM agent_hosts"));
        var fresh = new HostId(Guid.NewGuid());
        await ClaimAsync(first, fresh);

        using (var approved = await ApproveAsync(first.Facts.AgentId, _platform.Alpha))
        {
            Assert.Contains(_platform.Alpha.ToString(), await approved.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            Assert.Equal(HttpStatusCode.OK, approved.StatusCode);
        }

        await ClaimAsync(first, fresh, _platform.Alpha);
        var other = new HostId(Guid.NewGuid());
        var some = await AgentOf(first).ClaimAsync([HostOf(_platform.Beta), HostOf(fresh), HostOf(other)], TestContext.Current.CancellationToken);
        Assert.True(some.Granted.SetEquals([fresh, other]));
        Assert.Contains(_platform.Beta.ToString(), some.Refusal!.Message, StringComparison.Ordinal);
        Assert.Equal(3, (await _platform.GetAsync($"/v1/agents/{first.Facts.AgentId}")).GetProperty("hosts").GetArrayLength());
        Assert.Empty((await AgentOf(first).ClaimAsync([HostOf(_platform.Beta)], TestContext.Current.CancellationToken)).Granted);
        using var taken = await ApproveAsync(second.Facts.AgentId, _platform.Alpha);
        await OrchestratorFixture.ProblemAsync(taken, 409, "host-claimed");
        using var unknown = await ApproveAsync(second.Facts.AgentId, new HostId(Guid.NewGuid()));
        await OrchestratorFixture.ProblemAsync(unknown, 404, "host-not-found");
        using var nobody = await ApproveAsync(AgentId.New(), _platform.Beta);
        await OrchestratorFixture.ProblemAsync(nobody, 404, "agent-not-found");

        // Once its agent is revoked it is known and nobody's, like at the beginning.
        using (await _platform.SendAsync(HttpMethod.Delete, $"/v1/agents/{first.Facts.AgentId}"))
        {
        }

        Assert.Equal("host-needs-approval", (await ClaimRefusedAsync(second, _platform.Alpha)).Code);
        Assert.Equal("host-needs-approval", (await ClaimRefusedAsync(second, fresh)).Code);

        // Also a host that only its agent has ever told of.
        Assert.Equal([fresh.Value], (await TokenAsync(fresh)).GetProperty("hosts").EnumerateArray().Select(h => h.GetGuid()));
        using (var again = await ApproveAsync(second.Facts.AgentId, fresh))
        {
            Assert.Contains($"host-{fresh}", await again.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        await ClaimAsync(second, fresh);
        using var revoked = await ApproveAsync(first.Facts.AgentId, _platform.Alpha);
        await OrchestratorFixture.ProblemAsync(revoked, 409, "agent-revoked");
    }

    [Fact]
    public async Task Whoever_joins_with_a_token_has_the_hosts_that_it_names()
    {
        using (var mistyped = await _platform.PostAsync("/v1/join-tokens", new { hosts = new[] { Guid.NewGuid() } }))
        {
            await OrchestratorFixture.ProblemAsync(mistyped, 422, "unknown-host");
        }

        using var agent = await IdentityAsync("kvm1", _platform.Alpha);
        await ClaimAsync(agent, _platform.Alpha);
        var view = await _platform.GetAsync($"/v1/agents/{agent.Facts.AgentId}");
        Assert.Equal(_platform.Alpha.Value, view.GetProperty("hostId").GetGuid());

        // The host is another agent's now: a second token for it is of no use until that one is revoked.
        var token = (await TokenAsync(_platform.Alpha)).GetProperty("token").GetString()!;
        using (var response = await PostJoinAsync(token, "kvm2", Csr()))
        {
            await OrchestratorFixture.ProblemAsync(response, 409, "host-claimed");
        }

        using (await _platform.SendAsync(HttpMethod.Delete, $"/v1/agents/{agent.Facts.AgentId}"))
        {
        }

        var joined = await JoinedAsync(token, "kvm2");
        view = await _platform.GetAsync($"/v1/agents/{joined.GetProperty("agentId").GetGuid()}");
        Assert.Equal("alpha", view.GetProperty("hosts")[0].GetProperty("name").GetString());
    }

    [Fact]
    public async Task Of_agents_that_claim_a_new_host_at_the_same_moment_one_has_it()
    {
        AgentIdentity[] agents = [await IdentityAsync("kvm1"), await IdentityAsync("kvm2"), await IdentityAsync("kvm3")];
        var host = new HostId(Guid.NewGuid());
        var ends = await Task.WhenAll(agents.Select(a => Record.ExceptionAsync(() => ClaimAsync(a, host)).AsTask()));
        Assert.Single(ends, e => e is null);
        Assert.All(ends.OfType<PlatformRefusedException>(), e => Assert.Equal("host-claimed", e.Code));
        Assert.Equal(2, ends.OfType<PlatformRefusedException>().Count());
    }

    [Fact]
    public async Task Without_a_CA_no_agent_joins_and_the_answer_says_what_to_set()
    {
        var bare = new OrchestratorFixture();
        await bare.InitializeAsync();
        await using (bare)
        {
            using var response = await bare.PostAsync("/v1/join-tokens", new { });
            var problem = await OrchestratorFixture.ProblemAsync(response, 503, "ca-not-configured");
            Assert.Contains("Orchestrator:Ca:Directory", problem.GetProperty("advice").GetString(), StringComparison.Ordinal);
        }
    }

    async Task ClaimAsync(AgentIdentity identity, params HostId[] hosts)
    {
        using var api = new PlatformApi(_platform.Host.Url, TimeProvider.System);
        await api.ClaimAsync(identity, [.. hosts.Select(h => (h, $"host-{h}"))], TestContext.Current.CancellationToken);
    }

    HostClaims AgentOf(AgentIdentity identity) => new(identity, new PlatformApi(_platform.Host.Url, TimeProvider.System), NullLogger<HostClaims>.Instance);

    static HostIdentity HostOf(HostId id) => new(id, $"host-{id}");

    Task<PlatformRefusedException> ClaimRefusedAsync(AgentIdentity identity, params HostId[] hosts) => Assert.ThrowsAsync<PlatformRefusedException>(() => ClaimAsync(identity, hosts));

    Task<HttpResponseMessage> ApproveAsync(AgentId agent, HostId host) => _platform.SendAsync(HttpMethod.Put, $"/v1/agents/{agent}/hosts/{host}");

    async Task<AgentIdentity> IdentityAsync(string hostName, params HostId[] hosts)
    {
        string[] told = (await TokenAsync(hosts)).GetProperty("command").GetString()!.Split(' ')[2..];
        var directory = Path.Combine(_directory, hostName);
        await JoinCommand.RunAsync([.. told, "--host-name", hostName, "--identity", directory], TextReader.Null, TextWriter.Null, TimeProvider.System, TestContext.Current.CancellationToken);
        return AgentIdentity.Load(directory, TimeProvider.System);
    }

    async Task<JsonElement> TokenAsync(params HostId[] hosts)
    {
        using var response = await _platform.PostAsync("/v1/join-tokens", new { name = "test", hosts });
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync());
    }

    async Task<JsonElement> JoinedAsync(string token, string hostName)
    {
        using var response = await PostJoinAsync(token, hostName, Csr());
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonSerializer.Deserialize<JsonElement>(text);
    }

    async Task<JsonElement> RefusedAsync(string token, string hostName)
    {
        using var response = await PostJoinAsync(token, hostName, Csr());
        return await OrchestratorFixture.ProblemAsync(response, 403, "join-token-refused");
    }

    /// <summary>As an agent calls: without any token of the API's.</summary>
    Task<HttpResponseMessage> PostJoinAsync(string token, string hostName, string csr) => Anonymous().PostAsJsonAsync("/v1/agents/join", new { token, hostName, csr });

    HttpClient Anonymous() => new() { BaseAddress = _platform.Host.Url };

    static string Csr()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256).CreateSigningRequestPem();
    }

    static X509Certificate2 Stranger()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        return new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }

    sealed class Ahead(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + by;
    }
}
