using System.Text.Json.Serialization;

namespace HvPlatform.Contracts.Access;

/// <summary>What a caller of the API may do in a resource group; each role may do what those before it may.</summary>
[JsonConverter(typeof(TolerantEnumConverter<AccessRole>))]
public enum AccessRole
{
    /// <summary>A role of a newer version; it allows nothing.</summary>
    Unknown,

    /// <summary>Reads.</summary>
    Viewer,

    /// <summary>Also changes VMs, moves them, and takes hosts in and out of maintenance.</summary>
    Operator,

    /// <summary>Also says who may do what.</summary>
    Admin,
}
