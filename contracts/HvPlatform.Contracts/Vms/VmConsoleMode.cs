using System.Text.Json.Serialization;

namespace HvPlatform.Contracts.Vms;

/// <summary>Where the firmware and early boot write.</summary>
[JsonConverter(typeof(TolerantEnumConverter<VmConsoleMode>))]
public enum VmConsoleMode
{
    /// <summary>Not known to this build: refused.</summary>
    Unknown = 0,

    /// <summary>The screen.</summary>
    Graphics = 1,

    /// <summary>Serial port 1.</summary>
    Com1 = 2,

    /// <summary>Serial port 2.</summary>
    Com2 = 3,

    /// <summary>Nowhere.</summary>
    None = 4,
}
