using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Orchestrator.Vms;

/// <summary><c>DELETE /v1/vms/{id}</c>.</summary>
internal static class DeleteVmAction
{
    public static readonly VmAction Action = new()
    {
        Kind = OperationKind.DeleteVm,
        Verb = null,
        Summary = "Remove a stopped VM's definition from its host; its disks stay.",
        Allowed = [VmState.Off],
        Advice = "Stop it first: POST /v1/vms/{id}/shutdown, or POST /v1/vms/{id}/force-off.",
        Facet = "definition",
        Send = (tx, operation) => VmAction.ToHost(tx, new DeleteVmOnHost
        {
            OperationId = operation.Id,
            HostId = operation.HostId,
            VmId = operation.VmId,
            Epoch = operation.Epoch,
        }),
    };
}
