using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Orchestrator.Vms;

/// <summary><c>POST /v1/vms/{id}/hibernate</c>.</summary>
internal static class HibernateVmAction
{
    public static readonly VmAction Action = new()
    {
        Kind = OperationKind.HibernateVm,
        Verb = "hibernate",
        Summary = "Ask the guest to hibernate: it writes its memory to its own disk and turns off.",
        Allowed = [VmState.Running],
        Advice = "Only a running guest can be asked; POST /v1/vms/{id}/save needs no guest.",
        Facet = "power-hibernate",
        Send = (tx, operation) => VmAction.ToHost(tx, new HibernateVmOnHost
        {
            OperationId = operation.Id,
            HostId = operation.HostId,
            VmId = operation.VmId,
            Epoch = operation.Epoch,
        }),
    };
}
