using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Orchestrator.Vms;

/// <summary><c>POST /v1/vms/{id}/save</c>.</summary>
internal static class SaveVmAction
{
    public static readonly VmAction Action = new()
    {
        Kind = OperationKind.SaveVm,
        Verb = "save",
        Summary = "Write a VM's memory to disk and stop it; a start goes on from there.",
        Allowed = [VmState.Running, VmState.Paused],
        Advice = "Only a running or paused VM has memory to save.",
        Facet = "power-save",
        Send = (tx, operation) => VmAction.ToHost(tx, new SaveVmOnHost
        {
            OperationId = operation.Id,
            HostId = operation.HostId,
            VmId = operation.VmId,
            Epoch = operation.Epoch,
        }),
    };
}
