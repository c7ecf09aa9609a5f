using System.Globalization;
using HvPlatform.Contracts;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <content>A call that failed on its way, or that the host's CIM server refused.</content>
internal static partial class HyperVErrors
{
    /// <summary>The error of a failed call.</summary>
    /// <param name="error">What the session threw.</param>
    /// <param name="what">What was tried, without a full stop: <c>Cannot list the VMs</c>.</param>
    /// <param name="where">The host.</param>
    public static ErrorInfo Of(CimException error, string what, string where)
    {
        var (category, kind, code, failure, advice) = Judge(error.Kind);
        var info = Info(category, $"{what}: {error.Message}", where);
        return info with
        {
            Kind = kind,
            Code = code,
            FailureType = failure,
            Advice = advice ?? info.Advice,
            NativeCode = error.Code is { } native ? string.Create(CultureInfo.InvariantCulture, $"WMI:0x{native:X8}") : null,
            NativeMessage = Short(error.Message, 2000),
        };
    }

    /// <summary>As <see cref="Of"/>, to throw.</summary>
    public static HypervisorException From(CimException error, string what, string where) => new(Of(error, what, where), error);

    private static (ErrorCategory Category, ErrorKind Kind, string Code, FailureType Failure, string? Advice) Judge(CimErrorKind kind) => kind switch
    {
        CimErrorKind.Unreachable => (ErrorCategory.Connection, ErrorKind.Transient, "host-unreachable", FailureType.Transient, null),
        CimErrorKind.ReplyLost => (ErrorCategory.Connection, ErrorKind.Transient, "reply-lost", FailureType.Transient, "The host may have done it: read the state before trying again."),
        CimErrorKind.CertificateRejected => (ErrorCategory.Authentication, ErrorKind.Denied, "certificate-rejected", FailureType.Configuration, "Install a certificate that this machine trusts on the host's HTTPS listener, or pin the one it has."),
        CimErrorKind.Authentication => (ErrorCategory.Authentication, ErrorKind.Denied, "authentication-failed", FailureType.Configuration, null),
        CimErrorKind.AccessDenied => (ErrorCategory.Authentication, ErrorKind.Denied, "access-denied", FailureType.Configuration, "Make the account an administrator of the host, or put it into the group Hyper-V Administrators."),
        CimErrorKind.Timeout => (ErrorCategory.Connection, ErrorKind.Timeout, "host-silent", FailureType.Transient, "The host may have done it: read the state before trying again."),
        CimErrorKind.Busy => (ErrorCategory.Connection, ErrorKind.Transient, "host-busy", FailureType.Transient, "Try again; if it stays, raise the host's WinRM quota (MaxConcurrentOperationsPerUser)."),
        CimErrorKind.TooLarge => (ErrorCategory.Query, ErrorKind.Fatal, "answer-too-large", FailureType.Configuration, "Raise WinRM's MaxEnvelopeSizekb on the host."),
        CimErrorKind.ClassNotFound => (ErrorCategory.Query, ErrorKind.Unsupported, "class-missing", FailureType.Configuration, "Install the Hyper-V role on the host; an older version may lack this class."),
        CimErrorKind.NotFound => (ErrorCategory.DeviceNotFound, ErrorKind.NotFound, "object-not-found", FailureType.Permanent, null),
        CimErrorKind.FilterUnsupported => (ErrorCategory.Query, ErrorKind.Unsupported, "filter-unsupported", FailureType.Permanent, null),
        CimErrorKind.InvalidRequest => (ErrorCategory.Method, ErrorKind.Validation, "request-refused", FailureType.Validation, "The host does not take a value of this request; its text says which."),
        CimErrorKind.Malformed => (ErrorCategory.TypeConversion, ErrorKind.Fatal, "host-answer-malformed", FailureType.Permanent, null),
        _ => (ErrorCategory.Method, ErrorKind.Fatal, "method-failed", FailureType.Permanent, null),
    };

    /// <summary>Whether the same question may be answered in a moment.</summary>
    public static bool MayPass(CimException error) => error.Kind is CimErrorKind.Unreachable or CimErrorKind.ReplyLost or CimErrorKind.Timeout or CimErrorKind.Busy;
}
