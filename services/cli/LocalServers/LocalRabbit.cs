using System.Net.Sockets;

namespace HvPlatform.Cli.LocalServers;

/// <summary>
/// A private RabbitMQ from the distribution's package as a child process on free loopback ports, with an epmd (Erlang's name server) of its own,
/// run by the user <c>rabbitmq</c> when this process is root.
/// </summary>
internal sealed class LocalRabbit
{
    const string Bin = "/usr/lib/rabbitmq/bin";
    const int SigTerm = 15;
    readonly string _directory;
    readonly string _endSignal;
    readonly Dictionary<string, string> _environment;
    ChildProcess? _epmd;
    ChildProcess? _child;
    int _virtualHosts;

    readonly string _password;
    readonly LocalRabbitTls? _tls;

    LocalRabbit(string directory, string endSignal, string password, LocalRabbitTls? tls)
    {
        (_directory, _endSignal, _password, _tls) = (directory, endSignal, password, tls);
        ManagementPort = tls is null ? 0 : Ports.Next();
        (Port, var epmdPort, var distributionPort) = (Ports.Next(), Ports.Next(), Ports.Next());
        _environment = new()
        {
            ["HOME"] = Path.Combine(directory, "home"),
            ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
            ["ERL_EPMD_PORT"] = $"{epmdPort}",
            ["RABBITMQ_NODENAME"] = "hv@localhost",
            ["RABBITMQ_CONF_ENV_FILE"] = "/dev/null",
            ["RABBITMQ_CONFIG_FILE"] = Path.Combine(directory, "rabbitmq.conf"),
            ["RABBITMQ_ENABLED_PLUGINS_FILE"] = Path.Combine(directory, "enabled_plugins"),
            ["RABBITMQ_MNESIA_BASE"] = Path.Combine(directory, "mnesia"),
            ["RABBITMQ_LOG_BASE"] = Path.Combine(directory, "log"),
            ["RABBITMQ_DIST_PORT"] = $"{distributionPort}",
            ["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = "-noinput -kernel inet_dist_use_interface {127,0,0,1}",
            // Makes the start script become the Erlang VM instead of waiting beside it, so that the pid we hold is the broker's.
            ["RABBITMQ_ALLOW_INPUT"] = "1",
        };
    }

    /// <summary>The AMQP port on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>The management API's port on 127.0.0.1; only with TLS.</summary>
    public int ManagementPort { get; }

    /// <summary>The running broker.</summary>
    public ChildProcess Child => _child ?? throw new LocalServerException("RabbitMQ is not running.");

    /// <summary>Whether the distribution's package is there.</summary>
    public static bool IsInstalled => File.Exists(Path.Combine(Bin, "rabbitmq-server")) && File.Exists("/usr/bin/epmd");

    /// <summary>Where it speaks AMQP.</summary>
    public Uri Uri => new($"{(_tls is null ? "amqp" : "amqps")}://guest:{_password}@127.0.0.1:{Port}/");

    /// <summary>The password of the user guest.</summary>
    public string Password => _password;

    /// <summary>Starts a broker whose data is thrown away: user and password guest, killed with this process.</summary>
    public static Task<LocalRabbit> StartThrowawayAsync(string directory, LocalRabbitTls? tls = null) => StartAsync(directory, "KILL", "guest", tls);

    /// <summary>Starts a broker over a directory that is kept. A generated password, readable by root or the owner only, keeps other users of the machine out.</summary>
    public static async Task<LocalRabbit> StartKeptAsync(string directory, LocalRabbitTls? tls = null) =>
        await StartAsync(directory, "TERM", await PasswordFile.ReadOrCreateAsync(Path.Combine(directory, "password")), tls);

    static async Task<LocalRabbit> StartAsync(string directory, string endSignal, string password, LocalRabbitTls? tls)
    {
        if (!IsInstalled)
        {
            throw new LocalServerException("RabbitMQ is not installed (looked for /usr/lib/rabbitmq/bin). Install it: apt-get install -y --no-install-recommends rabbitmq-server");
        }

        for (var attempt = 1; ; attempt++)
        {
            var server = new LocalRabbit(directory, endSignal, password, tls);
            await server.PrepareAsync();
            try
            {
                await server.StartAsync();
                return server;
            }
            catch (LocalServerException) when (attempt < 3)
            {
                // A port may have been taken between our look and the broker's; the next attempt has others.
                await server.StopAllAsync();
            }
        }
    }

    async Task PrepareAsync()
    {
        foreach (var sub in (string[])["home", "mnesia", "log"])
        {
            Directory.CreateDirectory(Path.Combine(_directory, sub));
        }

        await File.WriteAllTextAsync(Path.Combine(_directory, "rabbitmq.conf"), $"""
            {(_tls is null ? $"listeners.tcp.1 = 127.0.0.1:{Port}" : Tls(_tls))}
            default_pass = {_password}
            log.console = true
            log.file = false

            """);
        await File.WriteAllTextAsync(Path.Combine(_directory, "enabled_plugins"), _tls is null ? "[].\n" : "[rabbitmq_management,rabbitmq_auth_mechanism_ssl].\n");
        if (Environment.IsPrivilegedProcess)
        {
            await ChildProcess.RunAsync(["chown", "-R", "rabbitmq:rabbitmq", _directory]);
            await ChildProcess.RunAsync(["chmod", "700", _directory]);
        }
    }

    /// <summary>Listens by TLS only, to clients with a certificate of the CA only; such a client may sign in by its certificate's common name instead of a password.</summary>
    string Tls(LocalRabbitTls tls)
    {
        var files = Path.Combine(_directory, "tls");
        Directory.CreateDirectory(files);
        foreach (var (from, to) in ((string, string)[])[(tls.Certificate, "broker.pem"), (tls.Key, "broker.key"), (tls.Ca, "ca.pem")])
        {
            File.Copy(from, Path.Combine(files, to), overwrite: true);
        }

        return $"""
            listeners.tcp = none
            listeners.ssl.1 = 127.0.0.1:{Port}
            ssl_options.cacertfile = {files}/ca.pem
            ssl_options.certfile = {files}/broker.pem
            ssl_options.keyfile = {files}/broker.key
            ssl_options.verify = verify_peer
            ssl_options.fail_if_no_peer_cert = true
            ssl_cert_login_from = common_name
            auth_mechanisms.1 = PLAIN
            auth_mechanisms.2 = EXTERNAL
            management.tcp.ip = 127.0.0.1
            management.tcp.port = {ManagementPort}
            """;
    }

    /// <summary>Starts it (again) on its port and waits until it speaks AMQP.</summary>
    public async Task StartAsync()
    {
        if (_epmd is null || _epmd.Exited.IsCompleted)
        {
            _epmd = ChildProcess.Start(new()
            {
                Name = "epmd",
                Command = ["/usr/bin/epmd", "-port", _environment["ERL_EPMD_PORT"], "-address", "127.0.0.1"],
                LogFile = Path.Combine(_directory, "log", "epmd.log"),
                User = "rabbitmq",
                Environment = _environment,
            });
            var port = int.Parse(_environment["ERL_EPMD_PORT"], System.Globalization.CultureInfo.InvariantCulture);
            await _epmd.UntilAsync(() => Ports.AnswersAsync(port), TimeSpan.FromSeconds(10));
        }

        _child = ChildProcess.Start(new()
        {
            Name = "RabbitMQ",
            Command = [Path.Combine(Bin, "rabbitmq-server")],
            LogFile = Path.Combine(_directory, "log", "rabbitmq.log"),
            User = "rabbitmq",
            Environment = _environment,
            EndSignal = _endSignal,
        });
        await _child.UntilAsync(IsReadyAsync, TimeSpan.FromSeconds(90));
    }

    /// <summary>Orderly stop of the broker; epmd stays for the next start.</summary>
    public Task StopAsync() => Child.StopAsync(SigTerm, TimeSpan.FromSeconds(30));

    /// <summary>Stops the broker and its epmd.</summary>
    public async Task StopAllAsync()
    {
        if (_child is { Exited.IsCompleted: false })
        {
            await StopAsync();
        }

        if (_epmd is not null)
        {
            await _epmd.KillAsync();
        }
    }

    /// <summary>Runs <c>rabbitmqctl</c> against this broker; returns what it prints.</summary>
    public Task<string> ControlAsync(params string[] arguments) => ChildProcess.RunAsync([Path.Combine(Bin, "rabbitmqctl"), "-q", .. arguments], "rabbitmq", _environment);

    /// <summary>Creates virtual hosts that the user guest owns; many in one call, because each call costs the start of an Erlang VM.</summary>
    public async Task<IReadOnlyList<string>> CreateVirtualHostsAsync(int count)
    {
        var names = Enumerable.Range(0, count).Select(_ => $"t{Interlocked.Increment(ref _virtualHosts)}").ToArray();
        var list = string.Join(',', names.Select(n => $"<<\"{n}\">>"));
        await ControlAsync("eval",
            $"[begin rabbit_vhost:add(N, <<\"hv\">>), rabbit_auth_backend_internal:set_permissions(<<\"guest\">>, N, <<\".*\">>, <<\".*\">>, <<\".*\">>, <<\"hv\">>) end || N <- [{list}]].");
        return names;
    }

    /// <summary>Listeners are opened last, the management API's before those of AMQP by TLS.</summary>
    async Task<bool> IsReadyAsync() => _tls is null ? await SpeaksAmqpAsync() : await Ports.AnswersAsync(ManagementPort) && await Ports.AnswersAsync(Port);

    /// <summary>The broker greets after the whole start-up, listeners being its last step: a protocol header is answered by Connection.Start (frame type 1).</summary>
    async Task<bool> SpeaksAmqpAsync()
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(System.Net.IPAddress.Loopback, Port);
            var stream = client.GetStream();
            await stream.WriteAsync("AMQP\0\0\u0009\u0001"u8.ToArray());
            var answer = new byte[1];
            return await stream.ReadAsync(answer) == 1 && answer[0] == 1;
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return false;
        }
    }
}

/// <summary>PEM files of a broker that speaks TLS only.</summary>
/// <param name="Certificate">Its certificate, for 127.0.0.1.</param>
/// <param name="Key">The key.</param>
/// <param name="Ca">The CA that its clients' certificates come from.</param>
internal sealed record LocalRabbitTls(string Certificate, string Key, string Ca);
