using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Hypervisors;

/// <summary>Defining and deleting VMs (facet <c>definition</c>).</summary>
public interface IDefinitionDriver
{
    /// <summary>Creates a VM's definition; it is not started. A name or id in use is <see cref="ErrorKind.Conflict"/>.</summary>
    Task<VmInfo> DefineAsync(VmId id, VmSpec spec, CancellationToken cancellationToken);

    /// <summary>Removes a stopped VM's definition; its disks stay. A running VM is <see cref="ErrorKind.InvalidState"/>.</summary>
    Task DeleteAsync(VmId vm, CancellationToken cancellationToken);

    /// <summary>Gives a VM another name (facet <c>definition-rename</c>). A name in use is <see cref="ErrorKind.Conflict"/>; a state that does not allow it <see cref="ErrorKind.InvalidState"/>.</summary>
    Task RenameAsync(VmId vm, string name, CancellationToken cancellationToken);
}
