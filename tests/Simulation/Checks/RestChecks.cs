using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Inventory.Hosts;
using HvPlatform.Inventory.Operations;
using HvPlatform.Inventory.Vms;
using HvPlatform.Simulation.Worlds;

namespace HvPlatform.Simulation.Checks;

/// <summary>What must hold when nothing is under way: nothing is left behind anywhere, everyone agrees with the hosts, and the read models equal a rebuild.</summary>
static class RestChecks
{
    public static void Run(World world, IEnumerable<OperationId> ended)
    {
        Ends(world, ended.ToHashSet());
        NothingLeft(world);
        foreach (var vm in world.Vms)
        {
            Agree(world, vm);
        }

        Rebuild(world);
    }

    static void Ends(World world, HashSet<OperationId> ended)
    {
        foreach (var o in world.Checks.Accepted.Values)
        {
            Require(ended.Contains(o.OperationId), $"{o.Kind} {o.OperationId} was accepted and has no terminal event");
            Require(world.Orchestrator.Tables.Operations[o.OperationId].IsFinal, $"{o.Kind} {o.OperationId} has ended, the orchestrator does not know: {world.Orchestrator.Tables.Operations[o.OperationId].Status}");
            Require(world.Inventory.Operations.TryGetValue(o.OperationId, out var row) && row.HasEnded, $"{o.Kind} {o.OperationId} has ended, the inventory does not know");
        }

        foreach (var saga in world.Saga.Sagas.Values)
        {
            Require(saga.IsOver, $"migration {saga.OperationId} is still {saga.Phase}{(saga.Phase == MigrationPhase.InDoubt ? $" (work: {saga.PhaseBeforeDoubt})" : "")}");
            var status = world.Orchestrator.Tables.Operations[saga.OperationId].Status;
            var expected = saga.Phase switch
            {
                MigrationPhase.Completed => status == OperationStatus.Succeeded,
                MigrationPhase.Failed => status == OperationStatus.Failed,
                _ => status is OperationStatus.RolledBack or OperationStatus.Cancelled,
            };
            Require(expected, $"migration {saga.OperationId} ended {saga.Phase}, the orchestrator says {status}");
        }
    }

    static void NothingLeft(World world)
    {
        foreach (var host in world.FleetHosts)
        {
            Require(host.PreparedVms.Count == 0, $"{host.Name} is still prepared for {string.Join(", ", host.PreparedVms)}");
            Require(host.MarkedDisks.Count == 0, $"{host.Name} still has disks of VMs that did not arrive: {string.Join(", ", host.MarkedDisks)}");
            Require(host.Transfers.Count == 0, $"a transfer of {host.Name} still runs");
            foreach (var (id, vm) in host.Vms)
            {
                Require(!vm.Incoming, $"{host.Name} still holds an incoming copy of {id}");
                Require(!vm.Left, $"{host.Name} still holds what a migration left of {id}");
            }
        }

        var tables = world.Orchestrator.Tables;
        Require(tables.Locks.IsEmpty, $"locks are held: {string.Join(", ", tables.Locks.Select(l => $"VM {l.Key} by {l.Value}"))}");
        Require(tables.Reservations.IsEmpty, $"reservations are held: {string.Join(", ", tables.Reservations.Keys)}");
        Require(tables.Waits.IsEmpty, $"migrations still wait for room: {string.Join(", ", tables.Waits.Keys)}");
        foreach (var service in world.Services)
        {
            Require(service.Store.Outbox.Count == 0, $"{service.Name} still has {string.Join(", ", service.Store.Outbox.Take(3).Select(r => $"{r.Message.Type.Name}{(r.DueAt is { } due ? $" due {due:HH:mm:ss}" : "")}"))}");
        }
    }

    /// <summary>The hosts, the inventory and the sagas tell the same about a VM.</summary>
    static void Agree(World world, VmId id)
    {
        var copies = world.FleetHosts.Where(h => h.Vms.ContainsKey(id)).ToList();
        var known = world.Inventory.Find(id);
        if (copies.Count == 0)
        {
            Require(known is null or { DeletedAt: not null }, $"VM {id} was deleted, the inventory shows it on {(known is null ? "" : world.NameOf(known.HostId))}");
            return;
        }

        Require(copies.Count == 1, $"VM {id} is on {string.Join(" and ", copies.Select(c => $"{c.Name} ({c.Vms[id].Info.State})"))}");
        var (host, info) = (copies[0], copies[0].Vms[id].Info);
        Require(known is { DeletedAt: null, MissingSince: null }, $"VM {id} is {info.State} on {host.Name}, the inventory says {(known is null ? "nothing" : known.DeletedAt is not null ? "deleted" : "missing")}");
        Require(known!.HostId == host.Id, $"VM {id} is on {host.Name}, the inventory says {world.NameOf(known.HostId)}");
        Require(known.Info.State == info.State, $"VM {id} is {info.State} on {host.Name}, the inventory says {known.Info.State}");
        Require(!known.DuplicateRunning, $"VM {id} runs once, the inventory says twice");
        Require(known.Migration is null, $"VM {id} migrates no more, the inventory says it does");
        var last = world.Saga.Sagas.Values.Where(s => s.VmId == id).MaxBy(s => s.Epoch);
        var lastOperation = world.Orchestrator.Tables.Operations.Values.Where(o => o.VmId == id).MaxBy(o => o.Epoch);
        if (last?.Source is not null && lastOperation?.Id == last.OperationId)
        {
            var expected = last.Phase switch { MigrationPhase.Completed => last.DestinationHostId, MigrationPhase.RolledBack => last.SourceHostId, _ => host.Id };
            Require(expected == host.Id, $"the last migration of VM {id} ended {last.Phase}, and the VM is on {host.Name}");
        }
    }

    static void Rebuild(World world)
    {
        var (vms, hosts, operations) = (new Dictionary<Guid, VmRecord>(), new Dictionary<Guid, HostRecord>(), new Dictionary<Guid, OperationRecord>());
        foreach (var (stream, type, e, at) in world.Inventory.History)
        {
            switch (type)
            {
                case "vm" when VmFold.Apply(vms.GetValueOrDefault(stream), e, at) is { } vm:
                    vms[stream] = vm;
                    break;
                case "host" when HostFold.Apply(hosts.GetValueOrDefault(stream), e, at) is { } host:
                    hosts[stream] = host;
                    break;
                case "operation" when OperationFold.Apply(operations.GetValueOrDefault(stream), e, at) is { } operation:
                    operations[stream] = operation;
                    break;
            }
        }

        foreach (var (id, vm) in world.Inventory.Vms)
        {
            Same($"VM {id}", Stable(vm), Stable(vms[id.Value]));
        }

        foreach (var (id, host) in world.Inventory.Hosts)
        {
            Same($"host {id}", host, hosts[id.Value]);
        }

        foreach (var (id, operation) in world.Inventory.Operations)
        {
            Same($"operation {id}", operation, operations[id.Value]);
        }
    }

    /// <summary>Without what no event tells: a confirmation that changed nothing.</summary>
    static VmRecord Stable(VmRecord vm) => vm with
    {
        Placements = [.. vm.Placements.Select(p => p with { Generation = 0, ObservedAt = default, HostGeneration = 0, HostObservedAt = null, HostEvidenceAt = null })],
    };

    static void Same<T>(string what, T live, T rebuilt)
    {
        var (a, b) = (JsonSerializer.Serialize(live, HvJson.Options), JsonSerializer.Serialize(rebuilt, HvJson.Options));
        Require(a == b, $"the read model of {what} differs from a rebuild:\n  live    {a}\n  rebuilt {b}");
    }

    static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new ViolationException($"at rest: {what}");
        }
    }
}
