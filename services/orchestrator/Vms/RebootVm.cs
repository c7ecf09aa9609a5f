using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Orchestrator.Vms;

/// <summary><c>POST /v1/vms/{id}/reboot</c>.</summary>
internal static class RebootVmAction
{
    public static readonly VmAction Action = new()
    {
        Kind = OperationKind.RebootVm,
        Verb = "reboot",
        Summary = "Ask the guest to reboot.",
        Allowed = [VmState.Running],
        Advice = "A stopped VM is started with POST /v1/vms/{id}/start.",
        Facet = "power",
        Send = (tx, operation) => VmAction.ToHost(tx, new RebootVmOnHost
        {
            OperationId = operation.Id,
            HostId = operation.HostId,
            VmId = operation.VmId,
            Epoch = operation.Epoch,
        }),
    };
}
