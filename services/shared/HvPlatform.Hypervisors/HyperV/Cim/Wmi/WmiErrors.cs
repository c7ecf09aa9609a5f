namespace HvPlatform.Hypervisors.HyperV.Cim.Wmi;

/// <summary>What WMI's and DCOM's HRESULTs mean to a caller. Numbers from WbemCli.h and WinError.h.</summary>
internal static class WmiErrors
{
    /// <summary>No instance has these keys (WBEM_E_NOT_FOUND).</summary>
    public const uint NotFound = 0x80041002;

    /// <summary>Nothing happened within the time given (WBEM_S_TIMEDOUT).</summary>
    public const uint TimedOut = 0x00040004;

    /// <summary>The kind of an HRESULT.</summary>
    public static CimErrorKind Kind(uint code) => code switch
    {
        NotFound => CimErrorKind.NotFound,
        0x80041003 or 0x80070005 => CimErrorKind.AccessDenied,
        0x8004100E or 0x80041010 => CimErrorKind.ClassNotFound,
        0x80041017 or 0x80041018 or 0x80041058 => CimErrorKind.InvalidRequest,
        0x80041008 or 0x8004102E or 0x8004102F or 0x8004103A or 0x80041055 => CimErrorKind.InvalidRequest,
        0x80041045 or 0x8004106C => CimErrorKind.Busy,
        TimedOut or 0x80041069 => CimErrorKind.Timeout,

        // RPC_S_SERVER_UNAVAILABLE, RPC_S_CALL_FAILED_DNE: the call was not carried out.
        0x800706BA or 0x800706BF => CimErrorKind.Unreachable,

        // RPC_S_CALL_FAILED, RPC_E_DISCONNECTED, WBEM_E_TRANSPORT_FAILURE, WBEM_E_SHUTTING_DOWN: it may have been.
        0x800706BE or 0x80010108 or 0x80041015 or 0x80041033 => CimErrorKind.ReplyLost,

        // ERROR_LOGON_FAILURE, ERROR_ACCOUNT_DISABLED, ERROR_PASSWORD_EXPIRED, ERROR_ACCOUNT_LOCKED_OUT.
        0x8007052E or 0x80070533 or 0x80070532 or 0x80070775 => CimErrorKind.Authentication,
        _ => CimErrorKind.Failed,
    };
}
