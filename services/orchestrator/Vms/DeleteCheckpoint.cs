using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Orchestrator.Vms;

/// <summary>The body of <c>POST /v1/vms/{id}/checkpoints/delete</c>.</summary>
internal sealed record DeleteCheckpointRequest
{
    /// <summary>Its id, from the list of the VM's checkpoints.</summary>
    public required string CheckpointId { get; init; }

    /// <summary>Also all that were made from it.</summary>
    public bool Subtree { get; init; }
}

/// <summary><c>POST /v1/vms/{id}/checkpoints/delete</c>.</summary>
internal static class DeleteCheckpointAction
{
    /// <summary>Its request.</summary>
    public static readonly VmActionBody<DeleteCheckpointRequest> Body = new(static (asked, rules) =>
    {
        rules.Line(asked.CheckpointId, "checkpointId", 255);
    });

    public static readonly VmAction Action = new()
    {
        Kind = OperationKind.DeleteVmCheckpoint,
        Verb = "checkpoints/delete",
        InWords = "delete checkpoints of",
        Summary = "Delete a checkpoint, or it and all that were made from it; the VM stays as it is.",
        Allowed = [VmState.Off, VmState.Running, VmState.Paused, VmState.Saved],
        Advice = "Wait until it is at rest.",
        Facet = "checkpoints",
        Body = Body,
        Send = (tx, operation) => VmAction.ToHost(tx, new DeleteVmCheckpointOnHost
        {
            OperationId = operation.Id,
            HostId = operation.HostId,
            VmId = operation.VmId,
            Epoch = operation.Epoch,
            CheckpointId = operation.As<DeleteCheckpointRequest>().CheckpointId,
            Subtree = operation.As<DeleteCheckpointRequest>().Subtree,
        }),
    };
}
