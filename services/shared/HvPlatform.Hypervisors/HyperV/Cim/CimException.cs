namespace HvPlatform.Hypervisors.HyperV.Cim;

/// <summary>A call on a CIM session that failed, whatever the transport.</summary>
/// <param name="kind">What a caller can do about it.</param>
/// <param name="message">What happened, where; in our words, with the host's text.</param>
/// <param name="code">The native code: a WSManFault code, an HRESULT or a CIM status; null if there was none.</param>
/// <param name="inner">What caused it.</param>
public sealed class CimException(CimErrorKind kind, string message, uint? code = null, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What a caller can do about it.</summary>
    public CimErrorKind Kind { get; } = kind;

    /// <summary>The native code: a WSManFault code, an HRESULT or a CIM status; null if there was none.</summary>
    public uint? Code { get; } = code;
}

/// <summary>Why a call on a CIM session failed.</summary>
public enum CimErrorKind
{
    /// <summary>The host was not reached, or the connection broke before the request was sent whole. Nothing happened there.</summary>
    Unreachable,

    /// <summary>The connection broke after the request was sent: it may have been carried out.</summary>
    ReplyLost,

    /// <summary>The TLS certificate is not trusted, or is not the pinned one.</summary>
    CertificateRejected,

    /// <summary>The host does not take the credentials (401), or offers no way of authentication that was asked for.</summary>
    Authentication,

    /// <summary>The account may not do this.</summary>
    AccessDenied,

    /// <summary>The host did not answer in time; it may have carried the call out.</summary>
    Timeout,

    /// <summary>A quota of the host: too many operations or connections at once. Passes by itself.</summary>
    Busy,

    /// <summary>The answer is larger than the host or we allow.</summary>
    TooLarge,

    /// <summary>The class or namespace does not exist: an older version, or a host without Hyper-V.</summary>
    ClassNotFound,

    /// <summary>No instance has these keys.</summary>
    NotFound,

    /// <summary>The host cannot process this filter (WQL); an unfiltered enumeration works.</summary>
    FilterUnsupported,

    /// <summary>The host says that the request is wrong: a parameter, a selector, an envelope it does not accept.</summary>
    InvalidRequest,

    /// <summary>The host's answer is not what the protocol or the schema says.</summary>
    Malformed,

    /// <summary>Any other fault.</summary>
    Failed,
}
