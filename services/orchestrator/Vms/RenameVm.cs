using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Orchestrator.Vms;

/// <summary>The body of <c>POST /v1/vms/{id}/rename</c>.</summary>
internal sealed record RenameVmRequest
{
    /// <summary>The new name, unique on the host.</summary>
    public required string Name { get; init; }
}

/// <summary><c>POST /v1/vms/{id}/rename</c>.</summary>
internal static class RenameVmAction
{
    /// <summary>Its request.</summary>
    public static readonly VmActionBody<RenameVmRequest> Body = new(static (asked, rules) =>
    {
        rules.Line(asked.Name, "name", 255);
        rules.Need(!asked.Name.Contains('/', StringComparison.Ordinal), "name", "must not contain '/'");
    });

    public static readonly VmAction Action = new()
    {
        Kind = OperationKind.RenameVm,
        Verb = "rename",
        Summary = "Give a VM another name.",
        Allowed = [VmState.Off, VmState.Running, VmState.Paused, VmState.Saved],
        Advice = "Wait until it is at rest.",
        Facet = "definition-rename",
        Body = Body,
        Send = (tx, operation) => VmAction.ToHost(tx, new RenameVmOnHost
        {
            OperationId = operation.Id,
            HostId = operation.HostId,
            VmId = operation.VmId,
            Epoch = operation.Epoch,
            Name = operation.As<RenameVmRequest>().Name,
        }),
    };
}
