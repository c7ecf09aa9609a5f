using HvPlatform.Contracts.Vms;
using HvPlatform.TestKit;
using Npgsql;

namespace HvPlatform.Chaos.World;

/// <summary>
/// The platform as it is run in earnest, with everything in it killable: each service a process of its own, a private PostgreSQL and RabbitMQ, two libvirt
/// hosts with networks of their own and an agent each, and one guest that never rests.
/// </summary>
sealed class ChaosWorld : IAsyncDisposable
{
    /// <summary>The guest's name.</summary>
    public const string Guest = "wanderer";

    const int HostCount = 2;
    readonly List<IAsyncDisposable> _owned = [];
    readonly List<Link> _links = [];
    readonly Dictionary<Guid, int> _hostNumbers = [];
    readonly Dictionary<string, string> _common = [];

    ChaosWorld(PostgresServer postgres, RabbitServer rabbit, LibvirtHosts hosts, string database, Uri bus)
    {
        (Postgres, Rabbit, Hosts, Database, Bus) = (postgres, rabbit, hosts, database, bus);
        Folder = TemporaryDirectory.Create("hv-chaos-");
        _common["Hv__Database"] = database;
        _common["Orchestrator__Access__TokenFile"] = TestAccess.TokenFile;
        Host = [.. Enumerable.Range(1, HostCount).Select(i => new HostProcesses(hosts, i))];
    }

    public PostgresServer Postgres { get; }

    public RabbitServer Rabbit { get; }

    public LibvirtHosts Hosts { get; }

    /// <summary>Each host's processes; the host numbered 1 comes first.</summary>
    public HostProcesses[] Host { get; }

    public ServiceProcess Orchestrator { get; private set; } = null!;

    public ServiceProcess Saga { get; private set; } = null!;

    public ServiceProcess Inventory { get; private set; } = null!;

    /// <summary>Each host's agent.</summary>
    public ServiceProcess[] Agents { get; private set; } = [];

    /// <summary>Each agent's way to the broker.</summary>
    public Link[] AgentLinks { get; private set; } = [];

    /// <summary>All services.</summary>
    public IReadOnlyList<ServiceProcess> Services => [Inventory, Orchestrator, Saga, .. Agents];

    /// <summary>The REST API.</summary>
    public Api Api { get; private set; } = null!;

    /// <summary>Logs and journals.</summary>
    public string Folder { get; }

    /// <summary>The guest's id.</summary>
    public Guid Vm { get; private set; }

    /// <summary>Whether the guest's disk is its host's own and is copied by each migration, instead of on storage that both hosts share.</summary>
    public bool CopiesDisks { get; private init; }

    /// <summary>The guest's disk, by the path the hosts know it by.</summary>
    public string Disk { get; private set; } = "";

    /// <summary>How often the guest changed host or lost its power: each may cut one line of its serial console.</summary>
    public int Moves { get; set; }

    string Database { get; }

    Uri Bus { get; }

    /// <summary>Starts all of it; returns when the guest runs on host 1.</summary>
    public static async Task<ChaosWorld> StartAsync(CancellationToken cancellationToken, bool copiesDisks = false)
    {
        var postgres = PostgresServer.StartAsync();
        var rabbit = RabbitServer.StartAsync();
        var hosts = await LibvirtHosts.StartAsync(HostCount, ownNetworks: true);
        ChaosWorld? world = null;
        try
        {
            world = new(await postgres, await rabbit, hosts, await (await postgres).CreateDatabaseAsync(), await (await rabbit).CreateVirtualHostAsync()) { CopiesDisks = copiesDisks };
            world._owned.Add(hosts);
            await world.StartServicesAsync(cancellationToken);
            await world.StartGuestAsync(cancellationToken);

            // A broker that has not yet written its list of queues to disk can lose one when it is killed.
            await world.Rabbit.ControlAsync("eval", "[dets:sync(T) || T <- dets:all()].");
            return world;
        }
        catch
        {
            await (world ?? (IAsyncDisposable)hosts).DisposeAsync();
            throw;
        }
    }

    /// <summary>Which host an id names: 1 or 2.</summary>
    public int Number(Guid host) => _hostNumbers[host];

    /// <summary>A host's id.</summary>
    public Guid Id(int host) => _hostNumbers.Single(h => h.Value == host).Key;

    /// <summary>The service that has the agent of a host.</summary>
    public ServiceProcess Agent(int host) => Agents[host - 1];

    /// <summary>One value of the database, or null.</summary>
    public async Task<object?> QueryAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(Database) { Pooling = false, Timeout = 5 }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    /// <summary>Starts everything that is not running: the next round must not inherit this one's ruins.</summary>
    public async Task MendAsync(CancellationToken cancellationToken)
    {
        foreach (var link in AgentLinks)
        {
            link.Mend(reset: false);
        }

        foreach (var service in Services)
        {
            service.Thaw();
            await service.ReadyAsync(cancellationToken);
        }
    }

    /// <summary>The files in a host's own folder that belong to the guest's disk.</summary>
    public IReadOnlyList<string> DiskFiles(int host) =>
        CopiesDisks ? [.. Directory.EnumerateFiles(Path.GetDirectoryName(Hosts.OnHost(host, Disk))!, $"*{Path.GetFileNameWithoutExtension(Disk)}*")] : [];

    /// <summary>Copies what was logged to a folder that stays.</summary>
    public void KeepLogs(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var (prefix, logs) in Host.Select((h, i) => ($"host-{i + 1}-", h.Logs)).Append(("", Folder)))
        {
            foreach (var file in Directory.EnumerateFiles(logs, "*", SearchOption.AllDirectories).Where(f => f.EndsWith(".log", StringComparison.Ordinal)))
            {
                File.Copy(file, Path.Combine(folder, prefix + Path.GetFileName(file)), overwrite: true);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        for (var i = _owned.Count - 1; i >= 0; i--)
        {
            await _owned[i].DisposeAsync();
        }

        foreach (var link in _links)
        {
            link.Dispose();
        }

        await Rabbit.KillAsync();
        await Postgres.KillAsync();
    }

    async Task StartServicesAsync(CancellationToken cancellationToken)
    {
        Inventory = Add("inventory", "HvPlatform.Inventory", "inventory", new() { ["Hv__Bus"] = Bus.AbsoluteUri });
        Inventory.Start();
        await Inventory.ReadyAsync(cancellationToken);
        Orchestrator = Add("orchestrator", "HvPlatform.Orchestrator", "orchestrator", new() { ["Hv__Bus"] = Bus.AbsoluteUri });
        Saga = Add("migration-saga", "HvPlatform.MigrationSaga", "migration-saga", new() { ["Hv__Bus"] = Bus.AbsoluteUri });
        AgentLinks = [.. Enumerable.Range(1, HostCount).Select(_ => new Link(Bus.Port))];
        _links.AddRange(AgentLinks);
        var agents = new List<ServiceProcess>();
        for (var host = 1; host <= HostCount; host++)
        {
            agents.Add(await AgentAsync(host));
        }

        Agents = [.. agents];
        foreach (var service in Services.Skip(1))
        {
            service.Start();
        }

        foreach (var service in Services)
        {
            await service.ReadyAsync(cancellationToken);
        }

        Api = new(Orchestrator.Url);
        await Eventually.Until(
            async () =>
            {
                foreach (var host in await Api.ListAsync("/v1/hosts"))
                {
                    _hostNumbers[host.GetProperty("id").GetGuid()] = host.GetProperty("name").GetString() == "host-1" ? 1 : 2;
                }

                return _hostNumbers.Count == HostCount;
            },
            "both hosts have registered",
            30);
    }

    async Task<ServiceProcess> AgentAsync(int host)
    {
        var options = await Hosts.OptionsAsync(host);
        return Add("host-agent", "HvPlatform.HostAgent", $"host-agent-{host}", new()
        {
            ["Hv__Bus"] = new UriBuilder(Bus) { Port = AgentLinks[host - 1].Port }.Uri.AbsoluteUri,
            ["Hv__Journal"] = Directory.CreateDirectory(Path.Combine(Folder, $"journal-{host}")).FullName,
            ["Hv__Agents__0__Driver"] = "libvirt",
            ["Hv__Agents__0__Uri"] = options.Uri,
            ["Hv__Agents__0__MigrationUri"] = options.MigrationUri!,
            ["Hv__Agents__0__SharedPaths__0"] = Hosts.SharedFolder,
            ["Hv__Agents__0__HostRoot"] = options.HostRoot,
            ["Hv__Agents__0__ForceEmulation"] = "true",
            ["Hv__Agents__0__SerialLogFolder"] = options.SerialLogFolder!,
        });
    }

    ServiceProcess Add(string service, string assembly, string name, Dictionary<string, string> configuration)
    {
        var process = new ServiceProcess(service, assembly, name, Folder, new Dictionary<string, string>(_common.Concat(configuration)));
        _owned.Add(process);
        return process;
    }

    async Task StartGuestAsync(CancellationToken cancellationToken)
    {
        VmSpec spec = CopiesDisks ? await Hosts.NewPrivateSpecAsync(1, Guest, busy: true, counting: true) : await Hosts.NewSpecAsync(Guest, busy: true, counting: true);
        Disk = spec.Disks[0].Source!;
        var defined = await Api.RunAsync("/v1/vms", new { hostId = Id(1), spec }, cancellationToken);
        Vm = defined.GetProperty("vmId").GetGuid();
        await Api.RunAsync($"/v1/vms/{Vm}/start", null, cancellationToken);
        await Eventually.Until(() => Hosts.SerialLog(1, Guest).Contains('#'), "the guest counts");
    }
}
