using System.Text.Json.Serialization;

namespace HvPlatform.Contracts.Migrations;

/// <summary>What carries a Hyper-V migration between the hosts.</summary>
[JsonConverter(typeof(TolerantEnumConverter<HyperVTransport>))]
public enum HyperVTransport
{
    /// <summary>Not known to this build.</summary>
    Unknown = 0,

    /// <summary>TCP (<c>TransportType</c> 5).</summary>
    Tcp = 1,

    /// <summary>SMB, for networks with RDMA (<c>TransportType</c> 32768).</summary>
    Smb = 2,
}
