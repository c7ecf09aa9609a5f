namespace HvPlatform.Hypervisors.HyperV.Cim.WsMan;

/// <summary>What the codes of faults mean: WinRM's and WMI's HRESULTs, the subcodes of DSP0226 and WS-Enumeration, the status codes of CIM.</summary>
internal static class WsManFaults
{
    /// <summary>WinRM's code for a class or namespace that does not exist; queries get it for any filter that the host cannot process, too.</summary>
    public const uint NoSuchClass = 0x8033801A;

    /// <summary>Whether a quota of the service itself was reached, which it looks at before it reads the request. WMI's may be reached in the middle of a call.</summary>
    public static bool RefusedUnread(uint? code) => code is 0x803381A5 or 0x803381A6;

    public static CimErrorKind? KindOf(uint code) => code switch
    {
        5 or 0x80070005 or 0x80041003 => CimErrorKind.AccessDenied,
        0x80041010 or 0x8004100E or 0x803380FA => CimErrorKind.ClassNotFound,
        0x80041002 or 0x80338000 => CimErrorKind.NotFound,
        0x80041017 or 0x80041018 => CimErrorKind.FilterUnsupported,
        0x80338029 or 0x80041069 => CimErrorKind.Timeout,
        0x803381A5 or 0x803381A6 or 0x8004106C => CimErrorKind.Busy,
        0x80338048 or 0x80338049 => CimErrorKind.TooLarge,
        87 or 0x80070057 or 0x80041008 or 0x8004102F or 0x8004103A => CimErrorKind.InvalidRequest,
        _ => null,
    };

    public static CimErrorKind? KindOfSubcode(string? subcode) => subcode switch
    {
        "AccessDenied" => CimErrorKind.AccessDenied,
        "DestinationUnreachable" => CimErrorKind.NotFound,
        "CannotProcessFilter" or "FilterDialectRequestedUnavailable" or "FilteringNotSupported" => CimErrorKind.FilterUnsupported,
        "TimedOut" => CimErrorKind.Timeout,
        "QuotaLimit" or "Concurrency" => CimErrorKind.Busy,
        "EncodingLimit" => CimErrorKind.TooLarge,
        "InvalidParameter" or "InvalidSelectors" or "SchemaValidationError" or "InvalidMessageInformationHeader" or "InvalidOptions" or "ActionNotSupported" or "UnsupportedFeature" or "MustUnderstand"
            => CimErrorKind.InvalidRequest,
        _ => null,
    };

    public static CimErrorKind? KindOfStatus(uint? status) => status switch
    {
        2 => CimErrorKind.AccessDenied,
        3 or 5 => CimErrorKind.ClassNotFound,
        4 or 17 => CimErrorKind.InvalidRequest,
        6 => CimErrorKind.NotFound,
        14 or 15 => CimErrorKind.FilterUnsupported,
        27 => CimErrorKind.Busy,
        _ => null,
    };
}
