using System.Text.Json.Serialization;

namespace HvPlatform.Contracts.Migrations;

/// <summary>How a transfer ended, as the source knows it.</summary>
[JsonConverter(typeof(TolerantEnumConverter<VmTransferOutcome>))]
public enum VmTransferOutcome
{
    /// <summary>Not known to this build.</summary>
    Unknown = 0,

    /// <summary>The hypervisor says the VM is on the destination.</summary>
    Completed = 1,

    /// <summary>The hypervisor says the VM stayed.</summary>
    Failed = 2,

    /// <summary>Stopped on request; the VM stayed.</summary>
    Aborted = 3,

    /// <summary>The source cannot tell: ask both hosts.</summary>
    Indeterminate = 4,
}
