using HvPlatform.Cli;
using HvPlatform.Cli.LocalServers;

namespace HvPlatform.Chaos.World;

/// <summary>
/// One service as a process of its own, with what an init system does for it: a process that ended is started again after a second. All its lives write
/// into one log.
/// </summary>
sealed class ServiceProcess : IAsyncDisposable
{
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    readonly HttpClient _http;
    readonly ChildProcessOptions _options;
    ChildProcess? _child;
    bool _wanted;

    /// <summary>Not started yet.</summary>
    /// <param name="service">The service's folder under services/.</param>
    /// <param name="assembly">Its program.</param>
    /// <param name="name">Its name here: there is one host-agent per host.</param>
    /// <param name="logs">Where its log goes.</param>
    /// <param name="configuration">Its configuration.</param>
    public ServiceProcess(string service, string assembly, string name, string logs, IReadOnlyDictionary<string, string> configuration)
    {
        Name = name;
        Url = new($"http://127.0.0.1:{Ports.Next()}");
        _http = new() { BaseAddress = Url, Timeout = TimeSpan.FromSeconds(5) };
        _options = new()
        {
            Name = name,
            Command = [Checkout.Program(Path.Combine("services", service), assembly)],
            LogFile = Path.Combine(logs, $"{name}.log"),
            WorkingDirectory = Checkout.Root,
            Environment = new Dictionary<string, string>(configuration)
            {
                ["Hv__Urls"] = Url.GetLeftPart(UriPartial.Authority),
                ["MASSTRANSIT_USAGE_TELEMETRY"] = "false",
            },
        };
    }

    public string Name { get; }

    /// <summary>Where it speaks HTTP.</summary>
    public Uri Url { get; }

    /// <summary>How often it ended without being killed by us.</summary>
    public int OwnDeaths { get; private set; }

    /// <summary>Starts it; it is kept running from now on.</summary>
    public void Start()
    {
        if (_wanted && _child is { Exited.IsCompleted: false })
        {
            return;
        }

        _wanted = true;
        var child = _child = ChildProcess.Start(_options);
        _ = RestartWhenItEndsAsync(child);
    }

    /// <summary><c>kill -9</c>, and it stays down until <see cref="Start"/>.</summary>
    public async Task KillAsync()
    {
        _wanted = false;
        if (_child is { } child)
        {
            await child.KillAsync();
        }
    }

    /// <summary>Stops it where it stands.</summary>
    public void Freeze() => Signals.Freeze(_child!.Pid);

    /// <summary>Lets it run on; nothing if it was killed meanwhile.</summary>
    public void Thaw()
    {
        if (_child is { Exited.IsCompleted: false } child)
        {
            Signals.Thaw(child.Pid);
        }
    }

    /// <summary>Waits until it says that it is ready.</summary>
    public Task ReadyAsync(CancellationToken cancellationToken) => _child!.UntilAsync(
        async () =>
        {
            try
            {
                using var answer = await _http.GetAsync("/health/ready", cancellationToken);
                return answer.IsSuccessStatusCode;
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                cancellationToken.ThrowIfCancellationRequested();
                return false;
            }
        },
        s_patience,
        cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _http.Dispose();
    }

    async Task RestartWhenItEndsAsync(ChildProcess child)
    {
        await child.Exited;
        if (!_wanted || _child != child)
        {
            return;
        }

        OwnDeaths++;
        await Task.Delay(TimeSpan.FromSeconds(1));
        if (_wanted && _child == child)
        {
            Start();
        }
    }
}
