using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Orchestrator.Vms;

/// <summary>The body of <c>POST /v1/vms/{id}/checkpoints</c>.</summary>
internal sealed record CreateCheckpointRequest
{
    /// <summary>Its name, unique among the VM's checkpoints.</summary>
    public required string Name { get; init; }
}

/// <summary><c>POST /v1/vms/{id}/checkpoints</c>.</summary>
internal static class CreateCheckpointAction
{
    /// <summary>Its request.</summary>
    public static readonly VmActionBody<CreateCheckpointRequest> Body = new(static (asked, rules) =>
    {
        rules.Line(asked.Name, "name", 100);
    });

    public static readonly VmAction Action = new()
    {
        Kind = OperationKind.CreateVmCheckpoint,
        Verb = "checkpoints",
        InWords = "checkpoint",
        Summary = "Keep a VM's state and disks as they are now, to come back to.",
        Allowed = [VmState.Off, VmState.Running, VmState.Paused, VmState.Saved],
        Advice = "Wait until it is at rest.",
        Facet = "checkpoints",
        Body = Body,
        Send = (tx, operation) => VmAction.ToHost(tx, new CreateVmCheckpointOnHost
        {
            OperationId = operation.Id,
            HostId = operation.HostId,
            VmId = operation.VmId,
            Epoch = operation.Epoch,
            Name = operation.As<CreateCheckpointRequest>().Name,
        }),
    };
}
