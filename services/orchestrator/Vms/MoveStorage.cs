using System.Globalization;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Orchestrator.Vms;

/// <summary><c>POST /v1/vms/{id}/storage-moves</c>.</summary>
internal static class MoveStorageAction
{
    private const int MostDisks = 256;

    /// <summary>Its request.</summary>
    public static readonly VmActionBody<VmStorageMove> Body = new(static (asked, rules) =>
    {
        rules.Need(asked.Directory is not null || asked.Disks is { Count: > 0 }, "directory", "must be given if disks is empty");
        rules.Line(asked.Directory, "directory", 4096);
        rules.Need(asked.Disks is { Count: <= MostDisks }, "disks", string.Create(CultureInfo.InvariantCulture, $"must be a list of at most {MostDisks}"));
        var (sources, destinations) = (new HashSet<string>(StringComparer.OrdinalIgnoreCase), new HashSet<string>(StringComparer.OrdinalIgnoreCase));
        for (var i = 0; i < Math.Min(asked.Disks?.Count ?? 0, MostDisks); i++)
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"disks[{i}]");
            if (asked.Disks![i] is not { } disk)
            {
                rules.Need(false, path, "must not be null");
                continue;
            }

            rules.Line(disk.Source, $"{path}.source", 4096);
            rules.Line(disk.Destination, $"{path}.destination", 4096);
            rules.Need(sources.Add(disk.Source), $"{path}.source", "must not be named twice");
            rules.Need(destinations.Add(disk.Destination), $"{path}.destination", "must not be the place of two disks");
        }
    });

    public static readonly VmAction Action = new()
    {
        Kind = OperationKind.MoveVmStorage,
        Verb = "storage-moves",
        InWords = "move the storage of",
        Summary = "Move a VM's disks and files to another place of its host, also while it runs. If it fails, they are where they were.",
        Allowed = [VmState.Off, VmState.Running, VmState.Paused, VmState.Saved],
        Advice = "Wait until it is at rest.",
        Facet = "storage",
        Body = Body,
        LongestWait = TimeSpan.FromDays(8),
        Send = (tx, operation) => VmAction.ToHost(tx, new MoveVmStorageOnHost
        {
            OperationId = operation.Id,
            HostId = operation.HostId,
            VmId = operation.VmId,
            Epoch = operation.Epoch,
            Move = operation.As<VmStorageMove>(),
        }),
    };
}
