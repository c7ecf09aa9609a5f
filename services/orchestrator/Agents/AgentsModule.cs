namespace HvPlatform.Orchestrator.Agents;

/// <summary>The parts of joining agents, in one list.</summary>
internal static class AgentsModule
{
    /// <exception cref="ServiceKit.HvStartupException">The CA or the broker's settings cannot be used.</exception>
    public static void AddServices(IServiceCollection services, OrchestratorOptions options)
    {
        options.Ca.Check();
        options.Broker.Check();
        services.AddSingleton(p => new PlatformCa(options.Ca.Directory is { Length: > 0 } directory ? CertificateAuthority.Open(directory, p.GetRequiredService<TimeProvider>()) : null));
        services.AddSingleton(_ => new AgentBroker(options.Broker));
        services.AddSingleton<AgentStore>();
        services.AddSingleton<JoinAttempts>();
        services.AddSingleton<BrokerSync>();
        services.AddHostedService(p => p.GetRequiredService<BrokerSync>());
        services.AddHostedService<CaCheck>();
    }

    public static void Map(RouteGroupBuilder v1)
    {
        ReadCa.Map(v1);
        CreateJoinToken.Map(v1);
        ReadJoinTokens.Map(v1);
        DeleteJoinToken.Map(v1);
        JoinAgent.Map(v1);
        RenewAgent.Map(v1);
        ClaimHosts.Map(v1);
        ApproveHost.Map(v1);
        ReadAgents.Map(v1);
        RevokeAgent.Map(v1);
    }

    /// <summary>A CA that cannot be used is told at the start, not at the first join.</summary>
    sealed class CaCheck(PlatformCa ca) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            _ = ca.Get();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
