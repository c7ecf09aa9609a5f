using HvPlatform.Contracts;
using HvPlatform.HostAgent.Grpc;
using HvPlatform.HostAgent.Joining;
using HvPlatform.HostAgent.Journal;
using HvPlatform.Hypervisors;
using HvPlatform.ServiceKit;
using HvPlatform.ServiceKit.Bus;
using HvPlatform.ServiceKit.Tls;
using MassTransit;

namespace HvPlatform.HostAgent.Hosts;

/// <summary>Starts and stops the agents of this process, many at a time: a simulated fleet may have a thousand.</summary>
sealed class HostAgentService(
    IConfiguration configuration,
    IReadOnlyList<HvModule> modules,
    DriverFactory drivers,
    IHostClaims claims,
    IBus bus,
    IHvEndpointConnector connector,
    AgentGrpc grpc,
    IServiceProvider services,
    TimeProvider time,
    ILogger<HostAgent> logger) : IHostedService
{
    const int AtOnce = 16;

    readonly List<HostAgent> _agents = [];
    readonly AgentBus _bus = new(bus);
    HvStartupException? _refusal;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var configured = ReadOptions(configuration);
        if (configured.Count == 0)
        {
            if (modules.Count == 1)
            {
                throw new HvStartupException("No host is configured", "--driver", "this process was not told which host to manage.", HostAgentArguments.Usage);
            }

            Log.NoAgents(logger);
        }

        for (var i = 0; i < configured.Count; i++)
        {
            await StartAsync($"Hv:Agents:{i}", configured[i], cancellationToken);
        }

        if (_agents.Count == 0 && _refusal is not null)
        {
            throw _refusal;
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await grpc.StopAsync();
        await Parallel.ForEachAsync(_agents, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = CancellationToken.None }, async (agent, _) => await agent.DisposeAsync());
    }

    async Task StartAsync(string where, AgentOptions options, CancellationToken cancellationToken)
    {
        var timings = Timings(where, options);
        var listening = AgentGrpc.Read($"{where}:Grpc", options.Grpc, services.GetService<AgentIdentity>());
        var journal = options.Journal ?? configuration["Hv:Journal"]
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create), "hvplatform", "host-agent");
        try
        {
            var all = await drivers.CreateAsync(where, options, cancellationToken);
            var hosts = await Task.WhenAll(all.Select(d => d.GetHostAsync(cancellationToken)));
            var claimed = await claims.ClaimAsync(hosts, cancellationToken);
            if (claimed.Refusal is { } refusal)
            {
                Log.HostsLeftOut(logger, refusal.Message);
                _refusal ??= refusal;
            }

            await Parallel.ForEachAsync(all.Index(), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken }, async (one, ct) =>
            {
                if (!claimed.Granted.Contains(hosts[one.Index].Id))
                {
                    await one.Item.DisposeAsync();
                    return;
                }

                var agent = await HostAgent.StartAsync(one.Item, host => FileJournalDisk.Open(journal, host.Id), timings, _bus, ConnectAsync, time, logger, null, ct);
                lock (_agents)
                {
                    _agents.Add(agent);
                }

                if (listening is not null)
                {
                    await grpc.StartAsync(listening, one.Index, agent, ct);
                }
            });
        }
        catch (HvStartupException)
        {
            await StopAsync(CancellationToken.None);
            throw;
        }
        catch (HypervisorException e)
        {
            await StopAsync(CancellationToken.None);
            var native = e.Error.NativeMessage is { } text && !e.Error.Message.Contains(text, StringComparison.Ordinal) ? $" ({e.Error.NativeCode}: {text})" : "";
            throw new HvStartupException(
                $"The {options.Driver} host cannot be managed", options.Uri ?? where, $"{e.Error.Message}{native}", e.Error.Advice ?? "Mend that and start the agent again.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await StopAsync(CancellationToken.None);
            throw new HvStartupException("The agent's journal cannot be used", journal, e.Message, "The agent does not run without its journal.", e);
        }
    }

    Task<IAsyncDisposable> ConnectAsync(HostAgent agent, CancellationToken cancellationToken) =>
        connector.ConnectAsync(new HvEndpoint(Queues.HostAgent(agent.Host.Id), agent.Configure) { Transactional = false }, cancellationToken);

    static IReadOnlyList<AgentOptions> ReadOptions(IConfiguration configuration)
    {
        try
        {
            return [.. configuration.GetSection("Hv:Agents").GetChildren().Select(s => s.Get<AgentOptions>(o => o.ErrorOnUnknownConfiguration = true) ?? new AgentOptions())];
        }
        catch (InvalidOperationException e)
        {
            throw new HvStartupException("The agents' configuration cannot be read", "Hv:Agents", (e.InnerException ?? e).Message, "Correct the name or the value.", e);
        }
    }

    static AgentTimings Timings(string where, AgentOptions o)
    {
        Positive("HeartbeatSeconds", o.HeartbeatSeconds);
        Positive("ReportSeconds", o.ReportSeconds);
        Positive("JobTimeoutSeconds", o.JobTimeoutSeconds);
        Positive("Workers", o.Workers);
        if (o.SampleSeconds != 0)
        {
            Positive("SampleSeconds", o.SampleSeconds);
        }

        Limit("MaxConcurrentMigrations", o.MaxConcurrentMigrations);
        Limit("MaxMigrationBandwidthMiBps", o.MaxMigrationBandwidthMiBps);
        return new AgentTimings
        {
            Heartbeat = TimeSpan.FromSeconds(o.HeartbeatSeconds),
            Report = TimeSpan.FromSeconds(o.ReportSeconds),
            Sample = TimeSpan.FromSeconds(o.SampleSeconds),
            JobTimeout = TimeSpan.FromSeconds(o.JobTimeoutSeconds),
            Stop = TimeSpan.FromSeconds(Math.Max(0, o.StopSeconds)),
            Workers = o.Workers,
            ExportRoots = o.ExportRoots.Length > 0 ? o.ExportRoots : [DefaultExportRoot(o.Driver)],
            DiskRoots = o.DiskRoots.Length > 0 ? o.DiskRoots : [.. DefaultDiskRoots(o.Driver), .. o.SharedPaths],
        };

        static string DefaultExportRoot(string driver) => driver.ToLowerInvariant() switch
        {
            "simulated" => "/exports",
            "hyperv" => @"C:\ProgramData\HvPlatform\Exports",
            _ => "/var/lib/hvplatform/exports",
        };

        static string[] DefaultDiskRoots(string driver) => driver.ToLowerInvariant() switch
        {
            "simulated" => ["/simulated", "/local", "/shared"],
            "hyperv" => [@"C:\ProgramData\Microsoft\Windows\Hyper-V", @"C:\Users\Public\Documents\Hyper-V", @"C:\ClusterStorage"],
            _ => ["/var/lib/libvirt/images"],
        };

        void Limit(string name, int? value)
        {
            if (value is < 0 or > 1_000_000)
            {
                throw new HvStartupException("A setting cannot be used", $"{where}:{name}", $"{value} is not between 0 and 1000000.", "Correct it, or remove it for no limit.");
            }
        }

        void Positive(string name, double value)
        {
            if (!(value > 0 && value <= 86_400))
            {
                throw new HvStartupException("A setting cannot be used", $"{where}:{name}", $"{value} is not above 0 and at most 86400.", "Correct or remove it.");
            }
        }
    }
}
