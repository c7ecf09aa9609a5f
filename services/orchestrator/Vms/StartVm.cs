using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Orchestrator.Vms;

/// <summary><c>POST /v1/vms/{id}/start</c>.</summary>
internal static class StartVmAction
{
    public static readonly VmAction Action = new()
    {
        Kind = OperationKind.StartVm,
        Verb = "start",
        Summary = "Start a stopped, saved or crashed VM.",
        Allowed = [VmState.Off, VmState.Saved, VmState.Crashed],
        Advice = "A paused VM is resumed with POST /v1/vms/{id}/resume; a running one needs nothing.",
        Send = (tx, operation) => VmAction.ToHost(tx, new StartVmOnHost
        {
            OperationId = operation.Id,
            HostId = operation.HostId,
            VmId = operation.VmId,
            Epoch = operation.Epoch,
        }),
    };
}
