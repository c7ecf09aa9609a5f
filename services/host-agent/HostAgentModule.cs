using HvPlatform.HostAgent.Grpc;
using HvPlatform.HostAgent.Hosts;
using HvPlatform.HostAgent.Joining;
using HvPlatform.ServiceKit;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace HvPlatform.HostAgent;

/// <summary>
/// The host-agent service as a list of its parts. It has no database: its durable memory is a journal per host. Queues are read once the drivers have said
/// which hosts they are, so <see cref="HvModule.Endpoints"/> is empty; the commands are listed in <see cref="Jobs.HostJobs"/>.
/// </summary>
public static class HostAgentModule
{
    /// <summary>The parts.</summary>
    public static HvModule Create() => new()
    {
        Name = "host-agent",
        AddServices = builder =>
        {
            builder.Services.TryAddSingleton<SimulatedFleets>();
            builder.Services.AddSingleton<DriverFactory>();
            builder.Services.AddSingleton<AgentGrpc>();
            JoinedAgent.AddServices(builder.Services, builder.Configuration);
            builder.Services.AddHostedService<HostAgentService>();
        },
    };
}
