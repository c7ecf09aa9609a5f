using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Orchestrator.Http;

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
        Advice = "Wait until its host knows its state.",
        AdviceFor = vm => vm.State switch
        {
            VmState.Running => "It runs already: nothing has to be done.",
            VmState.Paused or VmState.Suspended => $"Resume it with POST {Urls.Vm(vm.Id)}/resume.",
            VmState.ShuttingDown => $"Ask GET {Urls.Vm(vm.Id)} until it is Off, then start it; a guest that does not come to an end is turned off with POST {Urls.Vm(vm.Id)}/force-off.",
            _ => null,
        },
        Send = (tx, operation) => VmAction.ToHost(tx, new StartVmOnHost
        {
            OperationId = operation.Id,
            HostId = operation.HostId,
            VmId = operation.VmId,
            Epoch = operation.Epoch,
        }),
    };
}
