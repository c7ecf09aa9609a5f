using Npgsql;

namespace HvPlatform.Cli.LocalServers;

/// <summary>
/// A private PostgreSQL from the distribution's package as a child process on a free loopback port: data in a directory of its own, run by the
/// unprivileged user <c>postgres</c> when this process is root (the server refuses to run as root).
/// </summary>
internal sealed class LocalPostgres
{
    const int SigInt = 2;
    const int OldestVersion = 15;
    const string Packages = "/usr/lib/postgresql";
    const int MaxConnections = 300;
    readonly string _directory;
    readonly string _bin;
    readonly string _password;
    readonly bool _fsync;
    readonly string _endSignal;
    ChildProcess? _child;

    LocalPostgres(string directory, string bin, string password, int port, bool fsync, string endSignal)
    {
        (_directory, _bin, _password, Port, _fsync, _endSignal) = (directory, bin, password, port, fsync, endSignal);
    }

    /// <summary>Where it listens, on 127.0.0.1.</summary>
    public int Port { get; private set; }

    /// <summary>The running server.</summary>
    public ChildProcess Child => _child ?? throw new LocalServerException("PostgreSQL is not running.");

    /// <summary>Where the newest installed PostgreSQL server keeps its programs, or null if none is installed that is new enough.</summary>
    public static string? FindBin() => Installed().OrderByDescending(i => i.Version).Select(i => i.Bin).FirstOrDefault();

    static IEnumerable<(int Version, string Bin)> Installed() =>
        (Directory.Exists(Packages) ? Directory.GetDirectories(Packages) : [])
            .Select(d => (Version: int.TryParse(Path.GetFileName(d), out var v) ? v : 0, Bin: Path.Combine(d, "bin")))
            .Where(i => i.Version >= OldestVersion && File.Exists(Path.Combine(i.Bin, "initdb")) && File.Exists(Path.Combine(i.Bin, "postgres")));

    /// <summary>The programs that can run over the data: those of the version that made it, or the newest for a new directory.</summary>
    static string BinFor(string data)
    {
        var versionFile = Path.Combine(data, "PG_VERSION");
        if (!File.Exists(versionFile))
        {
            return FindBin() ?? throw new LocalServerException(
                $"PostgreSQL {OldestVersion} or newer is not installed (looked under {Packages}). Install it: apt-get install -y --no-install-recommends postgresql");
        }

        var made = File.ReadAllText(versionFile).Trim();
        return Installed().Where(i => $"{i.Version}" == made).Select(i => i.Bin).FirstOrDefault() ?? throw new LocalServerException(
            $"The data in {data} was made by PostgreSQL {made}, which is not installed. Install postgresql-{made}, upgrade the data with pg_upgrade, or choose another --data directory.");
    }

    /// <summary>Starts a server whose data is thrown away: no password, killed with this process.</summary>
    /// <param name="directory">An empty directory owned by the user the server runs as.</param>
    /// <param name="fsync">Whether commits are durable. Off is faster, and still survives a killed server, not a power loss.</param>
    public static Task<LocalPostgres> StartThrowawayAsync(string directory, bool fsync) => StartAsync(directory, "", fsync, "KILL");

    /// <summary>
    /// Starts a server over a directory that is kept: created at the first start, found again at the next, also after a crash. A generated password,
    /// readable by its owner only, keeps other users of the machine out. Throws if a server is already running over the directory.
    /// </summary>
    public static async Task<LocalPostgres> StartKeptAsync(string directory)
    {
        var password = await PasswordFile.ReadOrCreateAsync(Path.Combine(directory, "password"));
        await OwnAsync(directory);
        return await StartAsync(directory, password, fsync: true, "INT");
    }

    /// <summary>Gives a directory to the user PostgreSQL runs as.</summary>
    public static async Task OwnAsync(string directory)
    {
        if (Environment.IsPrivilegedProcess)
        {
            await ChildProcess.RunAsync(["chown", "-R", "postgres:postgres", directory]);
        }
    }

    static async Task<LocalPostgres> StartAsync(string directory, string password, bool fsync, string endSignal)
    {
        var data = Path.Combine(directory, "data");
        var bin = BinFor(data);
        var server = new LocalPostgres(directory, bin, password, Ports.Next(), fsync, endSignal);
        if (!File.Exists(Path.Combine(data, "PG_VERSION")))
        {
            string[] auth = password.Length == 0 ? ["--auth=trust"] : ["--auth=scram-sha-256", $"--pwfile={Path.Combine(directory, "password")}"];
            string[] sync = fsync ? [] : ["--no-sync"];
            await ChildProcess.RunAsync([Path.Combine(bin, "initdb"), "-D", data, "-U", "postgres", "--encoding=UTF8", "--locale=C.UTF-8", .. auth, .. sync], "postgres");
        }

        RemoveStalePidFile(data);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await server.StartAsync();
                return server;
            }
            catch (LocalServerException) when (attempt < 3 && !Ports.IsFree(server.Port))
            {
                // Another process took the port between our look and the server's.
                server.Port = Ports.Next();
            }
        }
    }

    /// <summary>The server checks the pid itself, but a reused pid would make it refuse; and a running server must give a clear message.</summary>
    static void RemoveStalePidFile(string data)
    {
        var file = Path.Combine(data, "postmaster.pid");
        if (!File.Exists(file))
        {
            return;
        }

        var pid = File.ReadLines(file).FirstOrDefault()?.Trim();
        var commandLine = $"/proc/{pid}/cmdline";
        if (File.Exists(commandLine) && File.ReadAllText(commandLine).Split('\0') is { } command && command.Contains(data))
        {
            throw new LocalServerException($"A PostgreSQL (pid {pid}) is already running over {data}: another `./hv up`? Stop it first, or choose another --data directory.");
        }

        File.Delete(file);
    }

    /// <summary>The connection string for a database of this server.</summary>
    public string ConnectionString(string database) => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = Port,
        Username = "postgres",
        Password = _password.Length == 0 ? null : _password,
        Database = database,
    }.ConnectionString;

    /// <summary>Creates a database unless it exists.</summary>
    public Task CreateDatabaseAsync(string name) => CreateDatabaseAsync(ConnectionString("postgres"), name);

    /// <summary>Creates a database on any server unless it exists.</summary>
    public static async Task CreateDatabaseAsync(string connectionString, string name)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var exists = new NpgsqlCommand("select 1 from pg_database where datname = $1", connection) { Parameters = { new() { Value = name } } };
        if (await exists.ExecuteScalarAsync() is null)
        {
            await using var create = new NpgsqlCommand($"create database \"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"", connection);
            await create.ExecuteNonQueryAsync();
        }
    }

    /// <summary>Starts it (again) on its port and waits until it answers queries.</summary>
    public async Task StartAsync()
    {
        var log = Path.Combine(_directory, "log");
        _child = ChildProcess.Start(new()
        {
            Name = "PostgreSQL",
            Command =
            [
                Path.Combine(_bin, "postgres"), "-D", Path.Combine(_directory, "data"), "-c", "listen_addresses=127.0.0.1", "-c", $"port={Port}",
                "-c", "unix_socket_directories=", "-c", "logging_collector=off", "-c", $"max_connections={MaxConnections}",
                "-c", $"fsync={(_fsync ? "on" : "off")}", "-c", "timezone=UTC", "-c", "log_timezone=UTC",
            ],
            LogFile = log,
            User = "postgres",
            EndSignal = _endSignal,
        });
        await _child.UntilAsync(AnswersAsync, TimeSpan.FromSeconds(60));
    }

    /// <summary>Fast shutdown: sessions are ended, data is written.</summary>
    public Task StopAsync() => Child.StopAsync(SigInt, TimeSpan.FromSeconds(20));

    async Task<bool> AnswersAsync()
    {
        try
        {
            await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(ConnectionString("postgres")) { Pooling = false, Timeout = 5 }.ConnectionString);
            await connection.OpenAsync();
            return true;
        }
        catch (NpgsqlException e) when (e.SqlState is null or PostgresErrorCodes.CannotConnectNow)
        {
            // Nobody listens yet, or it is still recovering. A wrong password or the like is no matter of time and is thrown.
            return false;
        }
    }
}
