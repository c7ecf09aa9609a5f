using System.Text.Json.Serialization;

namespace HvPlatform.HyperVSimulator.Control;

/// <summary>What goes wrong between a host and its client.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<WireFaultKind>))]
public enum WireFaultKind
{
    /// <summary>The request waits before it is carried out; past its OperationTimeout it is answered with a time-out and not carried out.</summary>
    Delay,

    /// <summary>The request is carried out, the connection ends before the answer.</summary>
    LostReply,

    /// <summary>The connection ends before the request is carried out.</summary>
    DroppedConnection,

    /// <summary>401, and the connection has to authenticate again.</summary>
    Unauthorized,

    /// <summary>The request is carried out; the answer is no well-formed XML.</summary>
    BrokenXml,

    /// <summary>The request is carried out; only the first half of the answer comes, then the connection ends.</summary>
    TruncatedReply,

    /// <summary>The service says that it is busy (a quota), the request is not carried out.</summary>
    Busy,
}
