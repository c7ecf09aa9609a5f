using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Orchestrator.Vms;

/// <summary><c>POST /v1/vms/{id}/files</c>.</summary>
internal static class CopyFileToVmAction
{
    /// <summary>Its request.</summary>
    public static readonly VmActionBody<VmFileCopy> Body = new(static (asked, rules) =>
    {
        rules.Line(asked.SourcePath, "sourcePath", 4096);
        rules.Line(asked.DestinationPath, "destinationPath", 4096);
    });

    public static readonly VmAction Action = new()
    {
        Kind = OperationKind.CopyFileToVm,
        Verb = "files",
        InWords = "copy files into",
        Summary = "Copy a file of the VM's host into the running guest, through its guest services.",
        Allowed = [VmState.Running],
        Advice = "Start it first: its guest takes the file.",
        Facet = "guest-files",
        Body = Body,
        Send = (tx, operation) => VmAction.ToHost(tx, new CopyFileToVmOnHost
        {
            OperationId = operation.Id,
            HostId = operation.HostId,
            VmId = operation.VmId,
            Epoch = operation.Epoch,
            File = operation.As<VmFileCopy>(),
        }),
    };
}
