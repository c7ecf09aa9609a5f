using System.CommandLine;
using HvPlatform.ApiClient;
using HvPlatform.Cli.Client.Connect;
using HvPlatform.Cli.Client.Output;

namespace HvPlatform.Cli.Client;

/// <summary>One verb's run: its options, its way to the platform, its printer.</summary>
internal sealed class Run(Cli cli, ParseResult parsed, RequestSettings settings, TimeSpan? wait, CancellationToken cancellationToken) : IDisposable
{
    HttpClient? _http;

    public CliHost Host => cli.Host;

    public CancellationToken Cancelled => cancellationToken;

    /// <summary>How long to wait for an operation's end; null for not at all.</summary>
    public TimeSpan? Wait => wait;

    public bool IsDryRun => settings.DryRun;

    public string? Reason => settings.Reason;

    public Printer Print { get; } = new(cli.Host, parsed.GetValue(cli.Output) ?? "table", !parsed.GetValue(cli.NoHeaders), parsed.GetValue(cli.Quiet));

    /// <summary>The platform, connected when it is first used.</summary>
    public HvApiClient Api => field ??= Connect();

    /// <summary>The platform's address, once connected.</summary>
    public Uri? Address => _http?.BaseAddress;

    /// <summary>The same run, waiting for an operation's end.</summary>
    public Run Waiting(TimeSpan atMost) => new(cli, parsed, settings, atMost, cancellationToken);

    public T Get<T>(Option<T> option) => parsed.GetValue(option)!;

    public T Get<T>(Argument<T> argument) => parsed.GetValue(argument)!;

    public void Dispose() => _http?.Dispose();

    HvApiClient Connect()
    {
        var connection = Connection.Resolve(cli.Host, parsed.GetValue(cli.Url), parsed.GetValue(cli.Token), parsed.GetValue(cli.Profile));
        return Connect(connection);
    }

    /// <summary>A platform other than the one that the options name, for <c>hv login</c>.</summary>
    public HvApiClient Connect(Connection connection)
    {
        var network = cli.Host.Network is { } given ? new Borrowed(given) : Network.Open(connection);
        _http = new(new RequestHandler(cli.Host, connection, settings with { Verbose = parsed.GetValue(cli.Verbose) }, network)) { BaseAddress = new($"{connection.Url.AbsoluteUri.TrimEnd('/')}/"), Timeout = TimeSpan.FromSeconds(100) };
        return new(_http);
    }

    /// <summary>The network that a test gave is its own.</summary>
    sealed class Borrowed(HttpMessageHandler network) : DelegatingHandler(network)
    {
        protected override void Dispose(bool disposing)
        {
        }
    }
}
