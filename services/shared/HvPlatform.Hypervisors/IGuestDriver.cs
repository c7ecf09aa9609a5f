using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Hypervisors;

/// <summary>What host and guest tell each other (facet <c>guest</c>).</summary>
public interface IGuestDriver
{
    /// <summary>The VM's key-value pairs.</summary>
    Task<VmKvp> ReadKvpAsync(VmId vm, CancellationToken cancellationToken);

    /// <summary>Adds, changes and removes pairs that the host keeps; doing it again changes nothing.</summary>
    Task WriteKvpAsync(VmId vm, IReadOnlyList<VmKvpChange> changes, CancellationToken cancellationToken);

    /// <summary>
    /// Copies a file of the host into the running guest and returns when it is there (facet <c>guest-files</c>). Guest services that are switched off or do not answer are
    /// <see cref="ErrorKind.InvalidState"/>; a file that is there already, without <see cref="VmFileCopy.Overwrite"/>, <see cref="ErrorKind.Conflict"/>.
    /// </summary>
    Task CopyFileAsync(VmId vm, VmFileCopy file, CancellationToken cancellationToken);
}
