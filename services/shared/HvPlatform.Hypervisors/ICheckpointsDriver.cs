using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Hypervisors;

/// <summary>Checkpoints: a VM's state and disks, kept to come back to (facet <c>checkpoints</c>). One that is not there is <see cref="ErrorKind.NotFound"/>.</summary>
public interface ICheckpointsDriver
{
    /// <summary>All checkpoints of a VM, parents before children, older before newer.</summary>
    Task<VmCheckpoints> ListAsync(VmId vm, CancellationToken cancellationToken);

    /// <summary>Creates one from the VM as it is now. A name that one of the VM's checkpoints has is <see cref="ErrorKind.Conflict"/>.</summary>
    Task CreateAsync(VmId vm, string name, CancellationToken cancellationToken);

    /// <summary>Brings the VM back to a checkpoint. A VM that is neither off nor saved is <see cref="ErrorKind.InvalidState"/>.</summary>
    Task ApplyAsync(VmId vm, string checkpointId, CancellationToken cancellationToken);

    /// <summary>Deletes a checkpoint, with <paramref name="subtree"/> also all that were made from it; the VM stays as it is.</summary>
    Task DeleteAsync(VmId vm, string checkpointId, bool subtree, CancellationToken cancellationToken);
}
