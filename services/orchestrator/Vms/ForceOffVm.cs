using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Orchestrator.Vms;

/// <summary><c>POST /v1/vms/{id}/force-off</c>.</summary>
internal static class ForceOffVmAction
{
    public static readonly VmAction Action = new()
    {
        Kind = OperationKind.ForceOffVm,
        Verb = "force-off",
        Summary = "Turn a VM off at once, as pulling the plug does.",
        Allowed = [VmState.Running, VmState.Paused, VmState.ShuttingDown, VmState.Crashed, VmState.Suspended],
        Advice = "A VM that is off needs nothing.",
        Send = (tx, operation) => VmAction.ToHost(tx, new ForceOffVmOnHost
        {
            OperationId = operation.Id,
            HostId = operation.HostId,
            VmId = operation.VmId,
            Epoch = operation.Epoch,
        }),
    };
}
