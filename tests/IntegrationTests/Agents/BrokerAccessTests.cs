using System.Net.Http.Json;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Orchestrator.Agents;
using HvPlatform.ServiceKit;
using HvPlatform.ServiceKit.Tls;
using HvPlatform.TestKit;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using Xunit;

namespace HvPlatform.IntegrationTests.Agents;

/// <summary>What an agent's certificate is good for at a real RabbitMQ, and what it is not.</summary>
public sealed class BrokerAccessTests(TlsPlatform platform) : IClassFixture<TlsPlatform>
{
    [Fact]
    public async Task A_joined_agent_obeys_commands_and_answers_questions_with_no_other_right_than_its_own_queue()
    {
        await using var agent = await platform.StartAgentAsync(await platform.JoinAsync("agent-works"), seed: 501);
        var hosts = await platform.GetAsync("/v1/agents?revoked=false&limit=100");
        var host = hosts.GetProperty("items").EnumerateArray().Single(a => a.GetProperty("hostName").GetString() == "agent-works").GetProperty("hostId").GetGuid();

        JsonElement vm = default;
        await Eventually.Until(
            async () => (vm = (await platform.GetAsync($"/v1/vms?host={host}&state=Running")).GetProperty("items").EnumerateArray().FirstOrDefault()).ValueKind == JsonValueKind.Object, "its VMs are in the inventory", 30);
        var id = vm.GetProperty("id").GetGuid();
        using var asked = await platform.Api.PostAsJsonAsync($"/v1/vms/{id}/force-off", new { });
        var text = await asked.Content.ReadAsStringAsync();
        Assert.True(asked.IsSuccessStatusCode, text);
        var operation = JsonSerializer.Deserialize<JsonElement>(text).GetProperty("id").GetGuid();
        JsonElement end = default;
        await Eventually.Until(async () => (end = await platform.GetAsync($"/v1/operations/{operation}")).GetProperty("status").GetString() == "Succeeded", "the VM is off", 30, () => Task.FromResult(end.ToString()));

        Assert.Equal(id, (await platform.GetAsync($"/v1/vms/{id}/settings")).GetProperty("vmId").GetGuid());
    }

    [Fact]
    public async Task An_agent_reaches_nothing_at_the_broker_but_its_own_queue_and_the_exchanges_of_its_facts()
    {
        var (mine, other) = (await ClaimedAsync("agent-a", 511), await ClaimedAsync("agent-b", 512));
        await using var connection = await platform.ConnectAsync(mine.Certificate);

        // What it may do, so that the refusals below are not those of an agent that may do nothing.
        await using (var channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true)))
        {
            await channel.QueueDeclareAsync(Queues.HostAgent(mine.Host), true, false, false, QueueArguments);
            await channel.BasicConsumeAsync(Queues.HostAgent(mine.Host), true, new AsyncDefaultBasicConsumer(channel));
            await channel.BasicPublishAsync(ExchangeOf(typeof(HostHeartbeat)), "", "{}"u8.ToArray());
        }

        await RefusedAsync("reads another's queue", c => c.BasicConsumeAsync(Queues.HostAgent(other.Host), true, new AsyncDefaultBasicConsumer(c)));
        await RefusedAsync("takes a message of another's queue", c => c.BasicGetAsync(Queues.HostAgent(other.Host), true));
        await RefusedAsync("reads the orchestrator's queue", c => c.BasicConsumeAsync(Queues.Orchestrator, true, new AsyncDefaultBasicConsumer(c)));
        await RefusedAsync("reads the inventory's queue", c => c.BasicConsumeAsync(Queues.Inventory, true, new AsyncDefaultBasicConsumer(c)));
        await RefusedAsync("declares another's queue", c => c.QueueDeclareAsync(Queues.HostAgent(other.Host), true, false, false, QueueArguments));
        await RefusedAsync("declares a queue of its own choice", c => c.QueueDeclareAsync("spy", false, true, true));
        await RefusedAsync("binds its queue to another's commands", c => c.QueueBindAsync(Queues.HostAgent(mine.Host), Queues.HostAgent(other.Host), ""));
        await RefusedAsync("binds its queue to everybody's facts", c => c.QueueBindAsync(Queues.HostAgent(mine.Host), ExchangeOf(typeof(VmObserved)), ""));
        await RefusedAsync("binds its exchange to the orchestrator's", c => c.ExchangeBindAsync(Queues.HostAgent(mine.Host), Queues.Orchestrator, ""));
        await RefusedAsync("purges another's queue", c => c.QueuePurgeAsync(Queues.HostAgent(other.Host)));
        await RefusedAsync("deletes another's queue", c => c.QueueDeleteAsync(Queues.HostAgent(other.Host)));
        await RefusedAsync("deletes the exchange of a fact", c => c.ExchangeDeleteAsync(ExchangeOf(typeof(HostHeartbeat))));
        await RefusedAsync("commands another agent", c => Publish(c, Queues.HostAgent(other.Host), ""));
        await RefusedAsync("commands the platform", c => Publish(c, Queues.Orchestrator, ""));
        await RefusedAsync("commands by the default exchange", c => Publish(c, "", Queues.Orchestrator));

        async Task RefusedAsync(string what, Func<IChannel, Task> act)
        {
            await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true));
            var refused = await Record.ExceptionAsync(() => act(channel));
            Assert.True(refused is OperationInterruptedException { ShutdownReason.ReplyCode: 403 } or AlreadyClosedException { ShutdownReason.ReplyCode: 403 }, $"{what}: {refused}");
        }

        static Task Publish(IChannel channel, string exchange, string key) => channel.BasicPublishAsync(exchange, key, "{}"u8.ToArray()).AsTask();
    }

    [Fact]
    public async Task A_revoked_agent_is_cut_off_at_once_and_cannot_come_back()
    {
        var identity = await platform.JoinAsync("agent-revoked");
        await using var agent = await platform.StartAgentAsync(identity, seed: 521);
        using var known = AgentIdentity.Load(identity, TimeProvider.System);
        await using var connection = await platform.ConnectAsync(known.Certificate);

        using var revoked = await platform.Api.DeleteAsync($"/v1/agents/{known.Facts.AgentId}");
        var view = JsonSerializer.Deserialize<JsonElement>(await revoked.Content.ReadAsStringAsync());
        Assert.False(view.GetProperty("brokerPending").GetBoolean());
        Assert.Equal("local", view.GetProperty("revokedBy").GetString());

        await Eventually.Until(() => !connection.IsOpen, "its connection is closed");
        await Assert.ThrowsAsync<BrokerUnreachableException>(() => platform.ConnectAsync(known.Certificate));
        var again = await Assert.ThrowsAsync<HvStartupException>(() => platform.StartAgentAsync(identity, seed: 522));
        Assert.Contains("revoked", again.Message, StringComparison.Ordinal);

        using var anonymous = new HttpClient { BaseAddress = platform.Services.Url };
        var list = RevocationList.Read(await anonymous.GetStringAsync("/v1/ca/crl"), platform.Ca.Certificate);
        Assert.True(list.Contains(known.Certificate));
    }

    [Fact]
    public async Task A_certificate_that_has_expired_or_is_from_elsewhere_or_from_nobody_is_refused()
    {
        var agent = await ClaimedAsync("agent-certificates", 531);
        using (await platform.ConnectAsync(agent.Certificate))
        {
        }

        using var expired = TlsPlatform.SignedBy(platform.Ca, PlatformCertificate.Agent, agent.Id.ToString(), TimeSpan.FromSeconds(-10));
        await Assert.ThrowsAsync<BrokerUnreachableException>(() => platform.ConnectAsync(expired));
        using var elsewhere = CertificateAuthority.Open(TemporaryDirectory.Create("hv-other-ca-"), TimeProvider.System);
        using var foreign = TlsPlatform.SignedBy(elsewhere, PlatformCertificate.Agent, agent.Id.ToString(), TimeSpan.FromDays(1));
        await Assert.ThrowsAsync<BrokerUnreachableException>(() => platform.ConnectAsync(foreign));
        using var unknown = TlsPlatform.SignedBy(platform.Ca, PlatformCertificate.Agent, AgentId.New().ToString(), TimeSpan.FromDays(1));
        await Assert.ThrowsAsync<BrokerUnreachableException>(() => platform.ConnectAsync(unknown));
    }

    [Fact]
    public async Task A_host_has_one_agent_and_another_is_given_it_only_when_the_first_is_revoked()
    {
        var first = await ClaimedAsync("agent-first", 541);
        var second = await platform.JoinAsync("agent-second");
        var refused = await Assert.ThrowsAsync<HvStartupException>(() => platform.StartAgentAsync(second, seed: 541));
        Assert.Contains("belongs to another agent", refused.Message, StringComparison.Ordinal);

        using (await platform.Api.DeleteAsync($"/v1/agents/{first.Id}"))
        {
        }

        // Known and nobody's: whoever comes next does not have it by coming.
        await Eventually.Until(async () => (await platform.GetAsync("/v1/hosts?limit=100")).GetProperty("items").EnumerateArray().Any(h => h.GetProperty("id").GetGuid() == first.Host.Value), "the host is known");
        var waiting = await Assert.ThrowsAsync<HvStartupException>(() => platform.StartAgentAsync(second, seed: 541));
        using var identity = AgentIdentity.Load(second, TimeProvider.System);
        Assert.Contains($"hv agent approve {identity.Facts.AgentId} {first.Host}", waiting.Message, StringComparison.Ordinal);
        using (var approved = await platform.Api.PutAsync($"/v1/agents/{identity.Facts.AgentId}/hosts/{first.Host}", null))
        {
            Assert.True(approved.IsSuccessStatusCode, await approved.Content.ReadAsStringAsync());
        }

        await using var agent = await platform.StartAgentAsync(second, seed: 541);
        Assert.Equal(first.Host.Value, (await platform.GetAsync($"/v1/agents/{identity.Facts.AgentId}")).GetProperty("hostId").GetGuid());
    }

    static Dictionary<string, object?> QueueArguments => HvPlatform.ServiceKit.Bus.RabbitTopology.QueueArguments;

    static string ExchangeOf(Type message) => HvPlatform.ServiceKit.Bus.RabbitTopology.ExchangeOf(message);

    /// <summary>An agent that has joined and run once, so that its host is bound to it and its queue is there.</summary>
    async Task<(AgentId Id, HostId Host, X509Certificate2 Certificate)> ClaimedAsync(string hostName, int seed)
    {
        var directory = await platform.JoinAsync(hostName);
        await using (await platform.StartAgentAsync(directory, seed))
        {
        }

        var identity = AgentIdentity.Load(directory, TimeProvider.System);
        return (identity.Facts.AgentId, Assert.Single(identity.Facts.Hosts), identity.Certificate);
    }
}
