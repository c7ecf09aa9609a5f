using System.Text.Json.Serialization;

namespace HvPlatform.Contracts;

/// <summary>The sort of an error, for people and programs that show or count errors. What to do about one is <see cref="ErrorKind"/>.</summary>
[JsonConverter(typeof(TolerantEnumConverter<ErrorCategory>))]
public enum ErrorCategory
{
    /// <summary>A category this build does not know.</summary>
    Unknown = 0,

    /// <summary>The host was not reached, or the connection broke.</summary>
    Connection = 1,

    /// <summary>The host does not take the credentials, or we not its certificate.</summary>
    Authentication = 2,

    /// <summary>Reading from the host failed.</summary>
    Query = 3,

    /// <summary>Calling a method of the host failed.</summary>
    Method = 4,

    /// <summary>The host has no such VM.</summary>
    VmNotFound = 5,

    /// <summary>The host has no such virtual switch.</summary>
    SwitchNotFound = 6,

    /// <summary>The host has no such virtual disk.</summary>
    DiskNotFound = 7,

    /// <summary>The VM has no such checkpoint.</summary>
    CheckpointNotFound = 8,

    /// <summary>The host has no such job, or has forgotten it.</summary>
    JobNotFound = 9,

    /// <summary>The host has no such GPU.</summary>
    GpuNotFound = 10,

    /// <summary>The VM has no such device or setting.</summary>
    DeviceNotFound = 11,

    /// <summary>The VM's state does not allow this.</summary>
    InvalidState = 12,

    /// <summary>The VM is between two states.</summary>
    TransitionalState = 13,

    /// <summary>A member of the request has a value that is not allowed.</summary>
    Validation = 14,

    /// <summary>A member of the request is missing.</summary>
    MissingRequired = 15,

    /// <summary>This host or VM version has no such property.</summary>
    PropertyNotSupported = 16,

    /// <summary>This host does not run VMs of that version.</summary>
    VmVersionUnsupported = 17,

    /// <summary>A method of the host answered with an error.</summary>
    OperationFailed = 18,

    /// <summary>A value from the host is not of the type it should have.</summary>
    TypeConversion = 19,

    /// <summary>A job of the host ended with an error.</summary>
    JobFailed = 20,

    /// <summary>A job of the host did not end in time.</summary>
    JobTimedOut = 21,

    /// <summary>A job of the host was cancelled.</summary>
    JobCancelled = 22,

    /// <summary>A migration ended with an error.</summary>
    MigrationFailed = 23,

    /// <summary>The VM would have stood still for longer than allowed.</summary>
    BlackoutExceeded = 24,

    /// <summary>A security setting was refused.</summary>
    Security = 25,

    /// <summary>The virtual TPM failed.</summary>
    Tpm = 26,

    /// <summary>Memory, processors or another resource is short.</summary>
    InsufficientResources = 27,

    /// <summary>A GPU or a part of it cannot be had.</summary>
    GpuUnavailable = 28,

    /// <summary>A file on the host could not be read or written.</summary>
    Io = 29,
}
