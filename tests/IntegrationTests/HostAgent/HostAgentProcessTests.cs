using System.Diagnostics;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.Simulated;
using HvPlatform.ServiceKit;
using HvPlatform.TestKit;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HvPlatform.IntegrationTests.HostAgent;

/// <summary>The agent as a process of its own: its command line, its exit codes, and being killed.</summary>
public sealed class HostAgentProcessTests
{
    const int Seed = 77;

    [Theory]
    [InlineData("unknown driver", "--driver", "vmware", "'vmware' is none of this build's drivers")]
    [InlineData("no libvirt", "--driver=libvirt", "--uri=qemu+unix:///system?socket=/nowhere/libvirt-sock", "cannot be managed")]
    [InlineData("limit below 0", "--driver=simulated", "--Hv:Agents:0:MaxMigrationBandwidthMiBps=-1", "Hv:Agents:0:MaxMigrationBandwidthMiBps")]
    [InlineData("no driver at all", "--seed", "1", "Driver")]
    public async Task Start_up_error_is_one_clear_message_and_exit_code_1(string what, string first, string second, string expected)
    {
        var directory = await TemporaryDirectory.CreateAsync("hv-agent-exit-");
        using var agent = StartAgent(directory, "inmemory", first, second);
        var output = await agent.StandardError.ReadToEndAsync();
        await agent.WaitForExitAsync();
        Assert.True(agent.ExitCode == 1, $"{what}: exit code {agent.ExitCode}, {output}");
        Assert.Contains(expected, output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Killed_again_and_again_it_answers_every_command_and_generations_grow()
    {
        const int Commands = 60;
        var bus = (await (await RabbitServer.SharedAsync()).CreateVirtualHostAsync()).ToString();
        var journal = await TemporaryDirectory.CreateAsync("hv-agent-kill-");
        var fleet = new SimulatedFleet(Seed, TimeProvider.System);
        fleet.Populate(1, 10);
        var host = fleet.Hosts[0].Id;
        await using var driver = new SimulatedDriver(fleet, host);
        var vms = (await driver.ListAsync(default)).Vms;

        var answered = new HashSet<(OperationId, string)>();
        var generations = new List<(DateTimeOffset Agent, long Generation)>();
        var observed = 0L;
        await using var listener = await TestHost.StartAsync(null, bus, [Listener(answered, generations)]);
        var sender = listener.Services.GetRequiredService<IBus>();
        var sent = new List<OperationId>();
        var agent = await StartedAsync();
        try
        {
            for (var round = 0; round < 3; round++)
            {
                var endpoint = await sender.GetSendEndpoint(new Uri($"exchange:{Queues.HostAgent(host)}"));
                for (var i = 0; i < Commands / 3; i++)
                {
                    var command = new ForceOffVmOnHost { OperationId = OperationId.New(), HostId = host, VmId = vms[i % vms.Count].Id, Epoch = round };
                    sent.Add(command.OperationId);
                    await endpoint.Send(command);
                }

                // Kill it in the middle of the work, wherever that is.
                await Eventually.Until(() => Answered() > observed, "some commands are answered");
                agent.Kill();
                await agent.WaitForExitAsync();
                agent.Dispose();
                agent = await StartedAsync();
                observed = Answered();
            }

            await Eventually.Until(() => Missing().Count == 0, "every command is answered", 60);
            lock (generations)
            {
                var perAgent = generations.GroupBy(g => g.Agent).OrderBy(g => g.Key).Select(g => g.Single().Generation).ToList();
                Assert.Equal(4, perAgent.Count);
                Assert.Equal(perAgent.Order(), perAgent);
                Assert.Equal(perAgent.Count, perAgent.Distinct().Count());
            }
        }
        finally
        {
            agent.Kill();
            agent.Dispose();
        }

        int Answered()
        {
            lock (answered)
            {
                return answered.Count;
            }
        }

        List<OperationId> Missing()
        {
            lock (answered)
            {
                return [.. sent.Where(o => !answered.Contains((o, "force-off")))];
            }
        }

        async Task<Process> StartedAsync()
        {
            var before = Count();
            var process = StartAgent(journal, bus, "--driver", "simulated", "--hosts", "1", "--vms-per-host", "10", "--seed", $"{Seed}");
            _ = process.StandardError.ReadToEndAsync();
            _ = process.StandardOutput.ReadToEndAsync();
            await Eventually.Until(() => Count() > before, "the agent has registered its host", 60);
            return process;
        }

        int Count()
        {
            lock (generations)
            {
                return generations.Count;
            }
        }
    }

    static HvModule Listener(HashSet<(OperationId, string)> answered, List<(DateTimeOffset Agent, long Generation)> generations) => new()
    {
        Name = "listener",
        Endpoints =
        [
            new HvEndpoint("listener", (_, e) =>
            {
                e.Handler<VmCommandCompleted>(c => Add(c.Message.OperationId, c.Message.Step));
                e.Handler<VmCommandFailed>(c => Add(c.Message.OperationId, c.Message.Step));
                e.Handler<HostRegistered>(c =>
                {
                    lock (generations)
                    {
                        generations.Add((c.Message.AgentStartedAt, c.Message.Generation));
                    }

                    return Task.CompletedTask;
                });

                Task Add(OperationId operation, string step)
                {
                    lock (answered)
                    {
                        answered.Add((operation, step));
                    }

                    return Task.CompletedTask;
                }
            })
            { Transactional = false },
        ],
    };

    static Process StartAgent(string journal, string bus, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var argument in (string[])[Path.Combine(AppContext.BaseDirectory, "HvPlatform.HostAgent.dll"), .. arguments, "--journal", journal, "--bus", bus])
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }
}
