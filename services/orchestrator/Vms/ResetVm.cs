using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Orchestrator.Vms;

/// <summary><c>POST /v1/vms/{id}/reset</c>.</summary>
internal static class ResetVmAction
{
    public static readonly VmAction Action = new()
    {
        Kind = OperationKind.ResetVm,
        Verb = "reset",
        Summary = "Reset a VM at once, as its reset button does.",
        Allowed = [VmState.Running, VmState.Paused, VmState.Crashed],
        Advice = "A VM that is off is started with POST /v1/vms/{id}/start.",
        Facet = "power-reset",
        Send = (tx, operation) => VmAction.ToHost(tx, new ResetVmOnHost
        {
            OperationId = operation.Id,
            HostId = operation.HostId,
            VmId = operation.VmId,
            Epoch = operation.Epoch,
        }),
    };
}
