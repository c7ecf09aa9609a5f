using System.Collections.Concurrent;
using HvPlatform.Cli.LocalServers;

namespace HvPlatform.TestKit;

/// <summary>
/// A real RabbitMQ for tests: <c>HV_TEST_RABBITMQ</c> (an amqp URI; <c>HV_TEST_RABBITMQ_API</c> is the base of its management API, default port 15672
/// of the same host with the same user) if set, else a child process from the distribution's package, else a container.
/// </summary>
public sealed class RabbitServer
{
    const int VirtualHostsPerCall = 8;
    static readonly Lazy<Task<RabbitServer>> s_shared = new(StartAsync);
    readonly ConcurrentQueue<string> _virtualHosts = new();
    readonly SemaphoreSlim _creating = new(1);
    readonly LocalRabbit? _local;
    readonly DockerContainer? _container;
    readonly bool _external;

    RabbitServer(Uri uri, LocalRabbit? local, DockerContainer? container)
    {
        (Uri, _local, _container, _external) = (uri, local, container, local is null && container is null);
    }

    /// <summary>The broker, for example <c>amqp://guest:guest@127.0.0.1:5673/</c>.</summary>
    public Uri Uri { get; }

    /// <summary>The broker of this test process, started at first use and stopped at exit.</summary>
    public static Task<RabbitServer> SharedAsync() => s_shared.Value;

    /// <summary>A broker of the test's own, for a test that stops or kills it.</summary>
    public static async Task<RabbitServer> StartAsync()
    {
        if (Environment.GetEnvironmentVariable("HV_TEST_RABBITMQ") is { Length: > 0 } given)
        {
            return new(new Uri(given), null, null);
        }

        if (LocalRabbit.IsInstalled)
        {
            var local = await LocalRabbit.StartThrowawayAsync(await TemporaryDirectory.CreateAsync("hv-test-rabbitmq-", "rabbitmq"));
            return new(local.Uri, local, null);
        }

        if (await DockerContainer.EngineAnswersAsync())
        {
            var container = await DockerContainer.StartAsync("rabbitmq:3", 5672);
            var server = new RabbitServer(UriOf(container.Port), null, container);
            await Eventually.Until(server.IsUpAsync, "the RabbitMQ container is up", 90);
            return server;
        }

        throw new InvalidOperationException(
            "These tests need a real RabbitMQ, and there is neither the package, nor a Docker engine, nor HV_TEST_RABBITMQ. Run: apt-get install -y --no-install-recommends rabbitmq-server");
    }

    /// <summary>A fresh virtual host; returns its URI, for example <c>amqp://guest:guest@127.0.0.1:5673/t1</c>.</summary>
    public async Task<Uri> CreateVirtualHostAsync()
    {
        await _creating.WaitAsync();
        try
        {
            if (!_virtualHosts.TryDequeue(out var name))
            {
                var names = _external ? await CreateThroughApiAsync() : _local is not null ? await _local.CreateVirtualHostsAsync(VirtualHostsPerCall) : await CreateInContainerAsync();
                foreach (var other in names.Skip(1))
                {
                    _virtualHosts.Enqueue(other);
                }

                name = names[0];
            }

            return new Uri(Uri, $"/{name}");
        }
        finally
        {
            _creating.Release();
        }
    }

    /// <summary>Runs <c>rabbitmqctl</c> on the broker, for example <c>list_queues -p t1 name messages</c>; returns what it prints.</summary>
    public Task<string> ControlAsync(params string[] arguments) => _local?.ControlAsync(arguments) ?? Container.ExecAsync(["rabbitmqctl", "-q", .. arguments]);

    /// <summary>Stops the broker in good order; connections break.</summary>
    public Task StopAsync() => _local?.StopAsync() ?? Container.StopAsync();

    /// <summary><c>kill -9</c> of the broker.</summary>
    public Task KillAsync() => _local?.Child.KillAsync() ?? Container.KillAsync();

    /// <summary>Starts a stopped or killed broker again, on the same port over the same data.</summary>
    public async Task StartAgainAsync()
    {
        if (_local is not null)
        {
            await _local.StartAsync();
            return;
        }

        await Container.StartAgainAsync();
        await Eventually.Until(IsUpAsync, "the RabbitMQ container is up again", 90);
    }

    DockerContainer Container => _container ?? throw new InvalidOperationException("HV_TEST_RABBITMQ names a broker that is not ours to control.");

    static Uri UriOf(int port) => new($"amqp://guest:guest@127.0.0.1:{port}/");

    async Task<bool> IsUpAsync()
    {
        try
        {
            await ControlAsync("await_startup", "--timeout", "60");
            return true;
        }
        catch (LocalServerException)
        {
            return false;
        }
    }

    async Task<IReadOnlyList<string>> CreateInContainerAsync()
    {
        var name = $"t{Guid.CreateVersion7():n}";
        await ControlAsync("add_vhost", name);
        await ControlAsync("set_permissions", "-p", name, "guest", ".*", ".*", ".*");
        return [name];
    }

    async Task<IReadOnlyList<string>> CreateThroughApiAsync()
    {
        var user = Uri.UnescapeDataString(Uri.UserInfo.Split(':')[0]);
        var password = Uri.UnescapeDataString(Uri.UserInfo.Split(':', 2).ElementAtOrDefault(1) ?? "");
        var api = new Uri(Environment.GetEnvironmentVariable("HV_TEST_RABBITMQ_API") is { Length: > 0 } given ? given : $"http://{Uri.Host}:15672/");
        using var http = new HttpClient { BaseAddress = api };
        http.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"{user}:{password}")));
        var name = $"t{Guid.CreateVersion7():n}";
        try
        {
            (await http.PutAsync($"/api/vhosts/{name}", Json("{}"))).EnsureSuccessStatusCode();
            (await http.PutAsync($"/api/permissions/{name}/{Uri.EscapeDataString(user)}", Json("""{"configure":".*","write":".*","read":".*"}"""))).EnsureSuccessStatusCode();
        }
        catch (HttpRequestException e)
        {
            throw new InvalidOperationException($"HV_TEST_RABBITMQ is set, so tests make their virtual hosts through its management API at {api}, which failed: {e.Message}. Enable the plugin rabbitmq_management there, or set HV_TEST_RABBITMQ_API.", e);
        }

        return [name];

        static StringContent Json(string text) => new(text, System.Text.Encoding.UTF8, "application/json");
    }
}
