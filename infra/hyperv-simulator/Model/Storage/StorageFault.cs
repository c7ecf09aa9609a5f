namespace HvPlatform.HyperVSimulator.Model.Storage;

/// <summary>Why a file operation failed; the number is the Win32 error that the host's text carries.</summary>
public enum StorageError
{
    /// <summary>The directory is there, the file is not.</summary>
    FileNotFound = 2,

    /// <summary>A directory on the way is missing.</summary>
    PathNotFound = 3,

    /// <summary>The file or volume is read-only.</summary>
    AccessDenied = 5,

    /// <summary>Somebody has the file open.</summary>
    SharingViolation = 32,

    /// <summary>The share's server does not answer.</summary>
    NetworkPathNotFound = 53,

    /// <summary>There is such a file already.</summary>
    FileExists = 80,

    /// <summary>The volume has no room left.</summary>
    DiskFull = 112,

    /// <summary>The path is no valid path.</summary>
    InvalidName = 123,

    /// <summary>The file's content is not what is wanted: no virtual hard disk, no configuration.</summary>
    Corrupt = 1392,
}

/// <summary>A file operation failed.</summary>
/// <param name="error">Why.</param>
/// <param name="path">At which path.</param>
/// <param name="what">In words.</param>
public sealed class StorageFault(StorageError error, string path, string what)
    : Exception($"'{path}': {what} (0x{0x80070000 + (uint)error:X8}).")
{
    /// <summary>Why.</summary>
    public StorageError Error { get; } = error;

    /// <summary>At which path.</summary>
    public string Path { get; } = path;

    /// <summary>The return value or job error code of Hyper-V's methods for it: 32779 if a file is not found, 32769 access denied, 32774 in use, 32773 invalid parameter, else 32768.</summary>
    public ushort Code => Error switch
    {
        StorageError.FileNotFound or StorageError.PathNotFound => 32779,
        StorageError.AccessDenied => 32769,
        StorageError.SharingViolation => 32774,
        StorageError.InvalidName => 32773,
        _ => 32768,
    };
}
