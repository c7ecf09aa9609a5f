using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Hypervisors;

/// <summary>A VM's storage on its own host (facet <c>storage</c>).</summary>
public interface IStorageDriver
{
    /// <summary>
    /// Moves disks and files to another place while the VM runs, is paused, saved or off, and returns when everything is there; what is there already is left. Checked before
    /// anything begins: a disk that the VM does not have, a place asked for twice or a path that is none is <see cref="ErrorKind.Validation"/>, a VM that is in another state or
    /// that is being moved or exported <see cref="ErrorKind.InvalidState"/>. If it fails, the VM's storage is where it was.
    /// </summary>
    Task MoveStorageAsync(VmId vm, VmStorageMove move, CancellationToken cancellationToken);

    /// <summary>
    /// After this process was restarted: follows a move that still runs to its end. True if everything is where it was asked for, false if it is not and nothing runs; never begins one.
    /// A move that it followed and that failed throws.
    /// </summary>
    Task<bool> ResumeStorageMoveAsync(VmId vm, VmStorageMove move, CancellationToken cancellationToken);
}
