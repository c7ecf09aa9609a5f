using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Orchestrator.Vms;

/// <summary>The body of <c>POST /v1/vms/{id}/checkpoints/apply</c>.</summary>
internal sealed record ApplyCheckpointRequest
{
    /// <summary>Its id, from the list of the VM's checkpoints.</summary>
    public required string CheckpointId { get; init; }
}

/// <summary><c>POST /v1/vms/{id}/checkpoints/apply</c>.</summary>
internal static class ApplyCheckpointAction
{
    /// <summary>Its request.</summary>
    public static readonly VmActionBody<ApplyCheckpointRequest> Body = new(static (asked, rules) =>
    {
        rules.Line(asked.CheckpointId, "checkpointId", 255);
    });

    public static readonly VmAction Action = new()
    {
        Kind = OperationKind.ApplyVmCheckpoint,
        Verb = "checkpoints/apply",
        InWords = "apply checkpoints to",
        Summary = "Bring a stopped VM back to a checkpoint; what came after it is lost unless it is in another checkpoint.",
        Allowed = [VmState.Off, VmState.Saved],
        Advice = "Turn it off first, and make a checkpoint if what it is now is to be kept.",
        Facet = "checkpoints",
        Body = Body,
        Send = (tx, operation) => VmAction.ToHost(tx, new ApplyVmCheckpointOnHost
        {
            OperationId = operation.Id,
            HostId = operation.HostId,
            VmId = operation.VmId,
            Epoch = operation.Epoch,
            CheckpointId = operation.As<ApplyCheckpointRequest>().CheckpointId,
        }),
    };
}
