using HvPlatform.ServiceKit;
using HvPlatform.ServiceKit.Tls;

namespace HvPlatform.HostAgent.Joining;

/// <summary>What a start takes from the identity of a joined agent: the broker and the certificate it shows there.</summary>
static class JoinedAgent
{
    /// <summary>The setting with the identity's directory.</summary>
    public const string Setting = "Hv:Identity";

    /// <summary>Where the identity is unless a setting says otherwise: beside the journal.</summary>
    public static string DefaultDirectory =>
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create), "hvplatform", "identity");

    /// <summary>
    /// The command line, with the settings of the joined agent added if the broker is named nowhere else.
    /// </summary>
    /// <exception cref="HvStartupException">The agent knows neither a broker nor a platform.</exception>
    public static string[] Complete(string[] args)
    {
        var configuration = new ConfigurationBuilder()
            .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true)
            .AddEnvironmentVariables()
            .AddCommandLine(args)
            .Build();
        var directory = configuration[Setting] ?? DefaultDirectory;
        if (!string.IsNullOrWhiteSpace(configuration["Hv:Bus"]))
        {
            return args;
        }

        if (!AgentIdentity.Exists(directory))
        {
            throw new HvStartupException("The agent knows no platform", directory, "it has not joined one, and no broker is named.",
                "Join first: host-agent join --url … --token … ; or name the broker with --bus.");
        }

        return [.. args, .. Settings(directory).Select(s => $"--{s.Key}={s.Value}")];
    }

    /// <summary>The settings a joined agent runs with.</summary>
    /// <exception cref="HvStartupException">The platform named no broker.</exception>
    public static IReadOnlyDictionary<string, string?> Settings(string directory)
    {
        using var identity = AgentIdentity.Load(directory, TimeProvider.System);
        return new Dictionary<string, string?>
        {
            [Setting] = directory,
            ["Hv:Bus"] = identity.Facts.Broker?.ToString() ?? throw new HvStartupException("The agent knows no broker", directory, "the platform named none when the agent joined.",
                "Set Orchestrator:Broker:AgentUrl on the platform and join again with --replace, or name the broker with --bus."),
            ["Hv:BusTls:Certificate"] = identity.CertificateFile,
            ["Hv:BusTls:Ca"] = identity.CaCertificateFile,
        };
    }

    /// <summary>The identity, if this process has one; it is renewed in the background, and the agent's hosts are claimed with it.</summary>
    public static void AddServices(IServiceCollection services, IConfiguration configuration)
    {
        if (configuration[Setting] is { Length: > 0 } directory)
        {
            services.AddSingleton(p => AgentIdentity.Load(directory, p.GetRequiredService<TimeProvider>()));
            services.AddSingleton(p => new PlatformApi(p.GetRequiredService<AgentIdentity>().Facts.Platform, p.GetRequiredService<TimeProvider>()));
            services.AddSingleton<IdentityKeeper>();
            services.AddHostedService(p => p.GetRequiredService<IdentityKeeper>());
            services.AddSingleton<IHostClaims, HostClaims>();
        }
        else
        {
            services.AddSingleton<IHostClaims, NoClaims>();
        }
    }
}
