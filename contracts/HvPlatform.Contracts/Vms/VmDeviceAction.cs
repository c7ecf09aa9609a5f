using System.Text.Json.Serialization;

namespace HvPlatform.Contracts.Vms;

/// <summary>What is to be done with a device.</summary>
[JsonConverter(typeof(TolerantEnumConverter<VmDeviceAction>))]
public enum VmDeviceAction
{
    /// <summary>Not known to this build: refused.</summary>
    Unknown = 0,

    /// <summary>Change one that is there.</summary>
    Change = 1,

    /// <summary>Add one, or attach one that exists.</summary>
    Add = 2,

    /// <summary>Take one away; a disk's file stays.</summary>
    Remove = 3,

    /// <summary>Make a new disk file and attach it.</summary>
    Create = 4,
}
