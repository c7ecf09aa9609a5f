using System.Security.Cryptography;
using Npgsql;

namespace HvPlatform.Cli.LocalServers;

/// <summary>
/// A private PostgreSQL from the distribution's package as a child process on a free loopback port: data in a directory of its own, run by the
/// unprivileged user <c>postgres</c> when this process is root (the server refuses to run as root).
/// </summary>
internal sealed class LocalPostgres
{
    const int SigInt = 2;
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

    /// <summary>Where the newest installed PostgreSQL server keeps its programs, or null if none is installed.</summary>
    public static string? FindBin()
    {
        var candidates = Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql") : [];
        return candidates
            .Select(d => (Version: int.TryParse(Path.GetFileName(d), out var v) ? v : 0, Bin: Path.Combine(d, "bin")))
            .Where(c => c.Version >= 15 && File.Exists(Path.Combine(c.Bin, "initdb")) && File.Exists(Path.Combine(c.Bin, "postgres")))
            .OrderByDescending(c => c.Version).Select(c => c.Bin).FirstOrDefault();
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
        if (OperatingSystem.IsWindows())
        {
            throw new LocalServerException("A private PostgreSQL can be started on Linux only.");
        }

        var passwordFile = Path.Combine(directory, "password");
        if (!File.Exists(passwordFile))
        {
            await using var file = new FileStream(passwordFile, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
            await file.WriteAsync(System.Text.Encoding.ASCII.GetBytes(RandomNumberGenerator.GetHexString(40, lowercase: true)));
        }

        await OwnAsync(directory);
        return await StartAsync(directory, (await File.ReadAllTextAsync(passwordFile)).Trim(), fsync: true, "INT");
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
        var bin = FindBin() ?? throw new LocalServerException(
            "PostgreSQL 15 or newer is not installed (looked under /usr/lib/postgresql). Install it: apt-get install -y --no-install-recommends postgresql");
        var server = new LocalPostgres(directory, bin, password, Ports.Next(), fsync, endSignal);
        var data = Path.Combine(directory, "data");
        if (!File.Exists(Path.Combine(data, "PG_VERSION")))
        {
            string[] auth = password.Length == 0 ? ["--auth=trust"] : ["--auth=scram-sha-256", $"--pwfile={Path.Combine(directory, "password")}"];
            await ChildProcess.RunAsync([Path.Combine(bin, "initdb"), "-D", data, "-U", "postgres", "--encoding=UTF8", "--locale=C.UTF-8", .. auth, .. fsync ? (string[])[] : ["--no-sync"]], "postgres");
        }

        CheckVersion(data, bin);
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

    static void CheckVersion(string data, string bin)
    {
        var made = File.ReadAllText(Path.Combine(data, "PG_VERSION")).Trim();
        var installed = Path.GetFileName(Path.GetDirectoryName(bin));
        if (made != installed)
        {
            throw new LocalServerException($"The data in {data} was made by PostgreSQL {made}, but {installed} is the newest installed. Install postgresql-{made}, or upgrade the data with pg_upgrade, or choose another --data directory.");
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
