using HvPlatform.Cli.LocalServers;

namespace HvPlatform.Cli.Platform;

/// <summary>What to start.</summary>
internal sealed record LocalPlatformOptions
{
    /// <summary>From <see cref="DataDirectory.PrepareAsync"/>.</summary>
    public required string Data { get; init; }

    /// <summary>The REST API's port on 127.0.0.1; 0 for a free one.</summary>
    public required int Port { get; init; }

    /// <summary>One process per service over RabbitMQ, instead of one process for all.</summary>
    public bool Distributed { get; init; }

    /// <summary>With <see cref="Distributed"/>: the broker speaks TLS only, and the agent joins the platform as agents of other machines do.</summary>
    public bool Tls { get; init; }

    /// <summary>The host agents, as configuration variables (<c>Hv__Agents__0__Driver</c> …).</summary>
    public required IReadOnlyDictionary<string, string> Agents { get; init; }

    /// <summary>Says what is being done, one line at a time.</summary>
    public required Action<string> Say { get; init; }
}

/// <summary>
/// The whole platform as children of this process: PostgreSQL, with <see cref="LocalPlatformOptions.Distributed"/> RabbitMQ, and the services.
/// Stopped in the reverse order; nothing outlives this process.
/// </summary>
internal sealed class LocalPlatform : IAsyncDisposable
{
    const int SigTerm = 15;
    static readonly TimeSpan s_startPatience = TimeSpan.FromSeconds(90);

    // A little more than the services give their own work when they are stopped.
    static readonly TimeSpan s_stopPatience = TimeSpan.FromSeconds(35);
    readonly LocalPlatformOptions _options;
    readonly List<ChildProcess> _services = [];
    LocalRabbit? _rabbit;
    LocalTls? _tls;
    bool _stopping;

    LocalPlatform(LocalPlatformOptions options) => _options = options;

    /// <summary>The REST API.</summary>
    public Uri Url { get; private set; } = null!;

    /// <summary>The token that may do everything.</summary>
    public string Token { get; private set; } = null!;

    /// <summary>A connection to the API.</summary>
    public HttpClient Connect() => new() { BaseAddress = Url, Timeout = TimeSpan.FromSeconds(60), DefaultRequestHeaders = { Authorization = new("Bearer", Token) } };

    /// <summary>Where <c>/metrics</c> is.</summary>
    public Uri TelemetryUrl { get; private set; } = null!;

    /// <summary>The database server.</summary>
    public LocalPostgres Postgres { get; private set; } = null!;

    /// <summary>Where logs are written.</summary>
    public string Logs => Path.Combine(_options.Data, "log");

    /// <summary>Starts everything and returns when every service says it is ready. Whatever was started is stopped again if a part does not come up.</summary>
    public static async Task<LocalPlatform> StartAsync(LocalPlatformOptions options, CancellationToken cancellationToken)
    {
        if (options.Port != 0 && !Ports.IsFree(options.Port))
        {
            throw new LocalServerException($"Port {options.Port} on 127.0.0.1 is in use (another `./hv up`?). Choose another with --port N, or --port 0 for any free one.");
        }

        var platform = new LocalPlatform(options);
        try
        {
            await platform.StartServersAsync();
            await platform.StartServicesAsync(cancellationToken);
            return platform;
        }
        catch
        {
            await platform.DisposeAsync();
            throw;
        }
    }

    /// <summary>Completes when a child ends that was not stopped, with the words to say about it.</summary>
    public async Task<string> FailureAsync()
    {
        ChildProcess[] children = [.. _services, Postgres.Child, .. _rabbit is null ? (ChildProcess[])[] : [_rabbit.Child]];
        var ended = await Task.WhenAny(children.Select(c => c.Exited));
        var child = children.First(c => c.Exited == ended);
        return $"{child.Options.Name} ended by itself with exit code {await child.Exited}. Its last lines ({child.Options.LogFile}):\n{child.LastLines()}";
    }

    /// <summary>The last lines of the services' logs.</summary>
    public string LastLines() => string.Join('\n', _services.Select(s => $"-- {s.Options.Name}\n{s.LastLines(30)}"));

    /// <summary>Stops everything, services first, and returns when all is gone.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stopping)
        {
            return;
        }

        _stopping = true;
        foreach (var service in Enumerable.Reverse(_services).Where(s => !s.Exited.IsCompleted))
        {
            if (!await service.StopAsync(SigTerm, s_stopPatience))
            {
                _options.Say($"{service.Options.Name} did not stop within {s_stopPatience.TotalSeconds:0} s and was killed; see {service.Options.LogFile}");
            }
        }

        if (_rabbit is not null)
        {
            await _rabbit.StopAllAsync();
        }

        if (Postgres is { Child.Exited.IsCompleted: false })
        {
            await Postgres.StopAsync();
        }
    }

    async Task StartServersAsync()
    {
        Token = await PasswordFile.ReadOrCreateAsync(DataDirectory.TokenFile(_options.Data));
        _options.Say("starting PostgreSQL");
        Postgres = await LocalPostgres.StartKeptAsync(DataDirectory.Sub(_options.Data, "postgres"));
        await Postgres.CreateDatabaseAsync("hv");
        if (_options.Distributed)
        {
            _options.Say("starting RabbitMQ");
            _tls = _options.Tls ? await LocalTls.PrepareAsync(_options.Data) : null;
            _rabbit = await LocalRabbit.StartKeptAsync(DataDirectory.Sub(_options.Data, "rabbitmq"), _tls?.Broker);
        }
    }

    async Task StartServicesAsync(CancellationToken cancellationToken)
    {
        var port = _options.Port == 0 ? Ports.Next() : _options.Port;
        Url = new($"http://127.0.0.1:{port}");
        if (!_options.Distributed)
        {
            _options.Say("starting all services in one process");
            TelemetryUrl = Url;
            await ReadyAsync(Start("all-in-one", "HvPlatform.AllInOne", Url), Url, cancellationToken);
            return;
        }

        // The others read the inventory's tables, so it makes them first.
        TelemetryUrl = FreeUrl();
        var inventoryUrl = FreeUrl();
        _options.Say("starting inventory");
        await ReadyAsync(Start("inventory", "HvPlatform.Inventory", inventoryUrl), inventoryUrl, cancellationToken);
        _options.Say("starting telemetry, migration-saga and orchestrator, then host-agent");
        var (sagaUrl, agentUrl) = (FreeUrl(), FreeUrl());
        await Task.WhenAll(
            ReadyAsync(Start("telemetry", "HvPlatform.Telemetry", TelemetryUrl), TelemetryUrl, cancellationToken),
            ReadyAsync(Start("migration-saga", "HvPlatform.MigrationSaga", sagaUrl), sagaUrl, cancellationToken),
            ReadyAsync(Start("orchestrator", "HvPlatform.Orchestrator", Url), Url, cancellationToken));
        if (_tls is { HasJoined: false })
        {
            _options.Say("joining the agent");
            using var api = Connect();
            await _tls.JoinAsync(api, cancellationToken);
        }

        await ReadyAsync(Start("host-agent", "HvPlatform.HostAgent", agentUrl), agentUrl, cancellationToken);
    }

    static Uri FreeUrl() => new($"http://127.0.0.1:{Ports.Next()}");

    ChildProcess Start(string name, string assembly, Uri url)
    {
        var log = Path.Combine(DataDirectory.Sub(_options.Data, "log"), $"{name}.log");
        File.Delete(log);
        var environment = new Dictionary<string, string>(_options.Agents)
        {
            ["Hv__Database"] = Postgres.ConnectionString("hv"),
            ["Hv__Bus"] = _rabbit?.Uri.AbsoluteUri ?? "inmemory",
            ["Hv__Urls"] = url.GetLeftPart(UriPartial.Authority),
            ["Orchestrator__Dashboard__Path"] = Path.Combine(Checkout.Root, "services", "dashboard", "dist"),
            ["Orchestrator__Access__TokenFile"] = DataDirectory.TokenFile(_options.Data),
            ["Hv__Journal"] = DataDirectory.Sub(_options.Data, "journal"),
            ["MASSTRANSIT_USAGE_TELEMETRY"] = "false",
        };
        _tls?.Configure(environment, name, _rabbit!);
        var child = ChildProcess.Start(new()
        {
            Name = name,
            Command = [Checkout.Program(Path.Combine("services", name), assembly)],
            LogFile = log,
            WorkingDirectory = Checkout.Root,
            EndSignal = "TERM",
            Environment = environment,
        });
        _services.Add(child);
        return child;
    }

    static async Task ReadyAsync(ChildProcess service, Uri url, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = url, Timeout = TimeSpan.FromSeconds(10) };
        await service.UntilAsync(
            async () =>
            {
                try
                {
                    return (await http.GetAsync("/health/ready", cancellationToken)).IsSuccessStatusCode;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            },
            s_startPatience, cancellationToken);
    }
}
