using System.Text.Json.Serialization;

namespace HvPlatform.Contracts.Evacuations;

/// <summary>In which order VMs leave; where they go does not depend on it.</summary>
[JsonConverter(typeof(TolerantEnumConverter<EvacuationOrder>))]
public enum EvacuationOrder
{
    /// <summary>Not known to this build.</summary>
    Unknown = 0,

    /// <summary>Least memory first: most VMs are away soon.</summary>
    SmallestFirst = 1,

    /// <summary>Most memory first: the longest moves begin early.</summary>
    LargestFirst = 2,

    /// <summary>By name.</summary>
    ByName = 3,
}
