using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Orchestrator.Vms;

/// <summary><c>POST /v1/vms/{id}/settings</c>.</summary>
internal static class ReconfigureVmAction
{
    /// <summary>Its request.</summary>
    public static readonly VmActionBody<VmSettings> Body = new(static (asked, rules) =>
    {
        VmSettingsRules.Check(asked, rules);
    });

    public static readonly VmAction Action = new()
    {
        Kind = OperationKind.ReconfigureVm,
        Verb = "settings",
        InWords = "reconfigure",
        Summary = "Change a VM's settings: those that are given, and only where they differ. What a state or a driver does not allow is refused by the host before anything is changed.",
        Allowed = [VmState.Off, VmState.Running, VmState.Paused, VmState.Saved],
        Advice = "Wait until it is at rest.",
        Facet = "settings",
        Body = Body,
        Send = (tx, operation) => VmAction.ToHost(tx, new ReconfigureVmOnHost
        {
            OperationId = operation.Id,
            HostId = operation.HostId,
            VmId = operation.VmId,
            Epoch = operation.Epoch,
            Settings = operation.As<VmSettings>(),
        }),
    };
}
