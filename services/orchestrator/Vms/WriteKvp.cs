using System.Globalization;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Orchestrator.Vms;

/// <summary>The body of <c>POST /v1/vms/{id}/kvp</c>.</summary>
internal sealed record WriteKvpRequest
{
    /// <summary>What is to change, in this order.</summary>
    public required IReadOnlyList<VmKvpChange> Changes { get; init; }
}

/// <summary><c>POST /v1/vms/{id}/kvp</c>.</summary>
internal static class WriteKvpAction
{
    /// <summary>Its request.</summary>
    public static readonly VmActionBody<WriteKvpRequest> Body = new(static (asked, rules) =>
    {
        rules.Need(asked.Changes.Count is >= 1 and <= 256, "changes", string.Create(CultureInfo.InvariantCulture, $"must be 1 to 256, found {asked.Changes.Count}"));
        for (var i = 0; i < Math.Min(asked.Changes.Count, 256); i++)
        {
            rules.Line(asked.Changes[i].Key, $"changes[{i}].key", 255);
            rules.Lines(asked.Changes[i].Value, $"changes[{i}].value", 1023);
        }
    });

    public static readonly VmAction Action = new()
    {
        Kind = OperationKind.WriteVmKvp,
        Verb = "kvp",
        InWords = "write key-value pairs of",
        Summary = "Add, change and remove key-value pairs that the host keeps for a VM.",
        Allowed = [VmState.Off, VmState.Running, VmState.Paused, VmState.Saved],
        Advice = "Wait until it is at rest.",
        Facet = "guest",
        Body = Body,
        Send = (tx, operation) => VmAction.ToHost(tx, new WriteVmKvpOnHost
        {
            OperationId = operation.Id,
            HostId = operation.HostId,
            VmId = operation.VmId,
            Epoch = operation.Epoch,
            Changes = operation.As<WriteKvpRequest>().Changes,
        }),
    };
}
