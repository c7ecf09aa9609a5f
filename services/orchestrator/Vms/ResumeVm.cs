using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Orchestrator.Vms;

/// <summary><c>POST /v1/vms/{id}/resume</c>.</summary>
internal static class ResumeVmAction
{
    public static readonly VmAction Action = new()
    {
        Kind = OperationKind.ResumeVm,
        Verb = "resume",
        Summary = "Let a paused VM run on.",
        Allowed = [VmState.Paused, VmState.Suspended],
        Advice = "A stopped VM is started with POST /v1/vms/{id}/start.",
        Facet = "power",
        Send = (tx, operation) => VmAction.ToHost(tx, new ResumeVmOnHost
        {
            OperationId = operation.Id,
            HostId = operation.HostId,
            VmId = operation.VmId,
            Epoch = operation.Epoch,
        }),
    };
}
