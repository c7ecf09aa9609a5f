using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Orchestrator.Vms;

/// <summary><c>POST /v1/vms/{id}/pause</c>.</summary>
internal static class PauseVmAction
{
    public static readonly VmAction Action = new()
    {
        Kind = OperationKind.PauseVm,
        Verb = "pause",
        Summary = "Stop a running VM's virtual CPUs; its memory stays.",
        Allowed = [VmState.Running],
        Advice = "Only a running VM has something to pause; start it with POST /v1/vms/{id}/start.",
        Facet = "power",
        Send = (tx, operation) => VmAction.ToHost(tx, new PauseVmOnHost
        {
            OperationId = operation.Id,
            HostId = operation.HostId,
            VmId = operation.VmId,
            Epoch = operation.Epoch,
        }),
    };
}
