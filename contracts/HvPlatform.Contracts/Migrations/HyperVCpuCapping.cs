using System.Text.Json.Serialization;

namespace HvPlatform.Contracts.Migrations;

/// <summary>How far Hyper-V slows the guest's processors while its memory is copied (<c>CPUCappingMagnitude</c>).</summary>
[JsonConverter(typeof(TolerantEnumConverter<HyperVCpuCapping>))]
public enum HyperVCpuCapping
{
    /// <summary>Not known to this build.</summary>
    Unknown = 0,

    /// <summary>As Hyper-V does by itself.</summary>
    Normal = 1,

    /// <summary>Less.</summary>
    Low = 2,

    /// <summary>More.</summary>
    High = 3,
}
