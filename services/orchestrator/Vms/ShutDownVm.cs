using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Orchestrator.Vms;

/// <summary><c>POST /v1/vms/{id}/shutdown</c>.</summary>
internal static class ShutDownVmAction
{
    public static readonly VmAction Action = new()
    {
        Kind = OperationKind.ShutDownVm,
        Verb = "shutdown",
        Summary = "Ask the guest to shut down; it may refuse or take its time.",
        Allowed = [VmState.Running],
        Advice = "A guest that cannot be asked is turned off with POST /v1/vms/{id}/force-off.",
        Facet = "power",
        Send = (tx, operation) => VmAction.ToHost(tx, new ShutDownVmOnHost
        {
            OperationId = operation.Id,
            HostId = operation.HostId,
            VmId = operation.VmId,
            Epoch = operation.Epoch,
        }),
    };
}
