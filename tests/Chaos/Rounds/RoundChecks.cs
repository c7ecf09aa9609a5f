using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using HvPlatform.Chaos.World;
using HvPlatform.TestKit;

namespace HvPlatform.Chaos.Rounds;

/// <summary>What must be true after a round, asked of the hosts themselves, of the guest, of the database and of the API.</summary>
sealed class RoundChecks(ChaosWorld world, RoundPlan plan, int source, int destination, int bootsBefore)
{
    /// <summary>What does not hold, and still does not when the patience is over.</summary>
    public async Task<IReadOnlyList<string>> RunAsync(JsonElement operation, TimeSpan patience, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            List<string> found = [.. await GuestAsync(), .. await HostsAsync(operation), .. await StoresAsync(), .. await ApiAsync(operation)];
            if (found.Count == 0 || clock.Elapsed > patience)
            {
                return found;
            }

            await Task.Delay(250, cancellationToken);
        }
    }

    /// <summary>Where the VM is defined and in which state, by each host's own word; null where libvirtd does not answer.</summary>
    public async Task<IReadOnlyList<(int Host, string State)>> CopiesAsync()
    {
        var copies = new List<(int, string)>();
        for (var host = 1; host <= world.Host.Length; host++)
        {
            if ((await world.Hosts.VirshAsync(host, "list", "--all", "--uuid")).Contains(world.Vm.ToString(), StringComparison.Ordinal))
            {
                copies.Add((host, (await world.Hosts.VirshAsync(host, "domstate", world.Vm.ToString())).Trim()));
            }
        }

        return copies;
    }

    /// <summary>How often the guest booted, on all hosts together.</summary>
    public static int Boots(ChaosWorld world) => Logs(world).Sum(l => l.Count(c => c == 'R'));

    async Task<IReadOnlyList<string>> GuestAsync()
    {
        var found = new List<string>();
        if (!plan.MayEndTheGuest && Boots(world) != bootsBefore)
        {
            found.Add("the guest booted anew, though nothing had ended it");
        }

        IReadOnlyList<(int Host, string State)> copies = [];
        try
        {
            copies = await CopiesAsync();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Told by the check of the hosts.
        }

        if (copies is not [var copy])
        {
            return found;
        }

        // It goes on counting while it is looked at: the disk's number lies between what was said before and after.
        var before = Last(Logs(world));
        var onDisk = await GuestCounter.OnDiskAsync(world.Hosts.OnHost(copy.Host, world.Disk));
        var logs = Logs(world);
        if (GuestCounter.Fault(logs, Last(logs), world.Moves) is { } fault)
        {
            found.Add(fault);
        }

        if (onDisk < before || onDisk > Last(logs) + 1)
        {
            found.Add($"the disk holds {onDisk}, the guest said {before} before and {Last(logs)} after");
        }

        return found;
    }

    static string[] Logs(ChaosWorld world) => [.. Enumerable.Range(1, world.Host.Length).Select(h => world.Hosts.SerialLog(h, ChaosWorld.Guest))];

    static uint Last(string[] logs) => logs.SelectMany(GuestCounter.OnSerial).DefaultIfEmpty().Max();

    async Task<IReadOnlyList<string>> HostsAsync(JsonElement operation)
    {
        var found = new List<string>();
        IReadOnlyList<(int Host, string State)> copies;
        try
        {
            copies = await CopiesAsync();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return [$"a host cannot be asked: {e.Message}"];
        }

        var picture = string.Join(", ", copies.Select(c => $"host {c.Host} {c.State}"));
        if (copies.Count != 1)
        {
            found.Add($"the VM is defined {copies.Count} times: {picture}");
        }

        var status = operation.GetProperty("status").GetString();
        var running = copies.Count(c => c.State == "running");
        if (running != 1 && !(running == 0 && plan.MayStandStill(status)))
        {
            found.Add($"{running} copies run: {picture}");
        }

        if (status == "Failed" && !plan.MayEndTheGuest)
        {
            found.Add($"it failed, though nothing had ended the guest: {Error(operation)}");
        }

        if (status is "Succeeded" or "RolledBack" or "Cancelled" && copies.Any(c => c.Host != (status == "Succeeded" ? destination : source)))
        {
            found.Add($"the operation says {status}, the hosts say: {picture}");
        }

        // What was copied and not needed is removed; what was left behind by a VM that went is its owner's to remove.
        if (status != "Succeeded" && copies is [{ Host: var home }] && home == source && world.DiskFiles(destination) is { Count: > 0 } files)
        {
            found.Add($"the destination still has {string.Join(", ", files.Select(Path.GetFileName))}");
        }

        for (var host = 1; host <= world.Host.Length; host++)
        {
            Leftovers(host, copies, found);
        }

        return found;
    }

    void Leftovers(int host, IReadOnlyList<(int Host, string State)> copies, List<string> found)
    {
        var processes = world.Host[host - 1].Qemu(world.Vm).Count;
        var expected = copies.Count(c => c.Host == host && c.State != "shut off");
        if (processes != expected)
        {
            found.Add($"host {host} has {processes} QEMU processes of the VM where libvirt knows of {expected}");
        }

        if (world.Host[host - 1].MigrationListeners() is { Count: > 0 } ports)
        {
            found.Add($"host {host} still listens for an incoming migration on {string.Join(", ", ports)}");
        }
    }

    async Task<IReadOnlyList<string>> StoresAsync()
    {
        (string Sql, string What)[] empty =
        [
            ("select count(*) from orchestrator.vm_locks", "locks of VMs"),
            ("select count(*) from orchestrator.reservations", "reservations"),
            ("select count(*) from orchestrator.operations where finished_at is null", "open operations"),
            ("select count(*) from migration_saga.sagas_migrate_vm where current_state not in ('Completed', 'RolledBack', 'Failed')", "open migrations of the saga"),
            ("select (select count(*) from orchestrator.outbox_parked) + (select count(*) from migration_saga.outbox_parked) + (select count(*) from inventory.outbox_parked)", "parked messages"),
        ];
        var found = new List<string>();
        foreach (var (sql, what) in empty)
        {
            if (Convert.ToInt64(await world.QueryAsync(sql), CultureInfo.InvariantCulture) is not 0 and var left)
            {
                found.Add($"{left} {what} are left");
            }
        }

        return found;
    }

    async Task<IReadOnlyList<string>> ApiAsync(JsonElement operation)
    {
        if (await world.Api.TryGetAsync($"/v1/vms/{world.Vm}") is not { } vm)
        {
            return ["the API does not know the VM, or does not answer"];
        }

        IReadOnlyList<(int Host, string State)> copies;
        try
        {
            copies = await CopiesAsync();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return [];
        }

        var (host, state) = (world.Number(vm.GetProperty("hostId").GetGuid()), vm.GetProperty("state").GetString());
        var found = new List<string>();
        if (copies is [var copy] && (copy.Host != host || (copy.State == "running") != (state == "Running")))
        {
            found.Add($"the API says host {host} {state}, the hosts say host {copy.Host} {copy.State}");
        }

        var id = operation.GetProperty("id").GetGuid();
        var migration = await world.Api.TryGetAsync($"/v1/migrations/{id}");
        var (status, phase) = (operation.GetProperty("status").GetString(), migration?.GetProperty("phase").GetString());
        var expected = status switch { "Succeeded" => "Completed", "Failed" => "Failed", _ => "RolledBack" };
        if (phase != expected)
        {
            found.Add($"the operation says {status}, the migration says {phase}");
        }

        foreach (var h in await world.Api.ListAsync("/v1/hosts"))
        {
            if (h.GetProperty("status").GetString() is not "Online" and var seen)
            {
                found.Add($"host {h.GetProperty("name")} is {seen} though everything runs again");
            }
        }

        return found;
    }

    static string Error(JsonElement operation) => operation.TryGetProperty("error", out var error) ? error.GetProperty("message").GetString() ?? "" : "no error given";
}
