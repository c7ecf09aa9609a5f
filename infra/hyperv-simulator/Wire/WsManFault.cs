using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Wire;

/// <summary>A SOAP fault as WinRM answers it. Codes and texts are those of Windows' <c>wsmerror.h</c>; the shape is written by <see cref="WsManEnvelope"/>.</summary>
internal sealed class WsManFault(string subcodePrefix, string subcode, uint code, string reason, bool sender = true) : Exception(reason)
{
    /// <summary>Whether the client is to blame (<c>s:Sender</c>) or the service (<c>s:Receiver</c>).</summary>
    public bool Sender { get; } = sender;

    /// <summary><c>a</c>, <c>w</c>, <c>n</c> or <c>x</c>: whose subcode it is.</summary>
    public string SubcodePrefix { get; } = subcodePrefix;

    /// <summary>The subcode without its prefix; empty if there is none.</summary>
    public string Subcode { get; } = subcode;

    /// <summary>The WSManFault code.</summary>
    public uint Code { get; } = code;

    /// <summary>The last part of the WS-Management fault detail URI, or null.</summary>
    public string? Detail { get; init; }

    /// <summary>What WMI says beneath, or null if the fault is WinRM's own.</summary>
    public WmiStatus? Wmi { get; init; }

    public static WsManFault InvalidXml(string why) => new("w", "SchemaValidationError", 0x80338043, $"The WS-Management service cannot process the request because the XML is invalid. {why}");

    public static WsManFault InvalidBody(string why) => new("w", "SchemaValidationError", 0x80338027, $"The WS-Management service cannot process the request because the request packet does not have a valid SOAP body. {why}");

    public static WsManFault MissingHeader(string header) =>
        new("a", "MessageInformationHeaderRequired", 0x80338011, $"The WS-Management service cannot process the request. The request does not have all the expected SOAP headers: {header} is missing.");

    public static WsManFault InvalidHeader(string header) =>
        new("a", "InvalidMessageInformationHeader", 0x8033800F, $"The WS-Management service cannot process the request. The request contains one or more invalid SOAP headers: {header}.");

    public static WsManFault NotUnderstood(string header) =>
        new("s", string.Empty, 0x80338010, $"The WS-Management service cannot process a SOAP header in the request that is marked as mustUnderstand by the client: {header}. This could be caused by the use of a version of the protocol which is not supported, or may be an incompatibility between the client and server implementations.");

    public static WsManFault ActionNotSupported(string action) =>
        new("a", "ActionNotSupported", 0x80338013, $"The WS-Management service does not support the action specified in the request: {action}.");

    public static WsManFault InvalidResource() => new("a", "DestinationUnreachable", 0x8033803B, "The WS-Management service cannot process the request. The resource URI is missing or it has an incorrect format. Check the documentation or use the following command for information on how to construct a resource URI: \"winrm help uris\". ")
    {
        Detail = "InvalidResourceURI",
    };

    public static WsManFault TooManySelectors() => new("w", "InvalidSelectors", 0x8033805F, "The WS-Management service cannot process the request because the request contains duplicate selectors. ") { Detail = "DuplicateSelectors" };

    public static WsManFault DifferentNamespaces() =>
        new("w", "InvalidSelectors", 0x8033813B, "The WS-Management service cannot process the request. The resource URI and __cimnamespace selector attempted to use different namespaces. ") { Detail = "UnexpectedSelectors" };

    public static WsManFault WqlNeedsStar() =>
        new("w", "InvalidParameter", 0x803380FB, "The WS-Management service cannot process the request. The resource URI for an enumeration operation with WQL filter must not contain keys and the class name must be '*' (star). ");

    public static WsManFault CannotProcessFilter(string why, uint code = 0x8033801A, WmiStatus? wmi = null) =>
        new("n", "CannotProcessFilter", code, "The data source could not process the filter. The filter might be missing or it might be invalid. Change the filter and try the request again. " + why) { Wmi = wmi };

    public static WsManFault UnknownDialect() =>
        new("n", "FilterDialectRequestedUnavailable", 0x80338019, "The filter dialect (the type associated with the filter) was not supported for this resource. Change the filter dialect or remove it from the request and try the request again. ");

    public static WsManFault InvalidContext() => new(
        "n", "InvalidEnumerationContext", 0x8033801B, "The WS-Enumeration context in the enumeration is not valid. Enumeration may have been completed or canceled. You cannot use this enumeration context anymore. Start a new enumeration. ", sender: false);

    public static WsManFault EnumerationMode() => new("w", "UnsupportedFeature", 0x80338086, "The WS-Management service does not support the specified enumeration mode. ") { Detail = "EnumerationMode" };

    public static WsManFault InvalidParameter(string parameter) =>
        new("w", "InvalidParameter", 0x80338055, $"The WS-Management service cannot process the request. A parameter name is invalid: {parameter}.") { Detail = "InvalidName" };

    public static WsManFault ParameterType(string parameter, string type) =>
        new("w", "InvalidParameter", 0x80338054, $"The WS-Management service cannot process the request. A parameter that is required for the operation is not the correct type: {parameter} is {type}.") { Detail = "TypeMismatch" };

    public static WsManFault TimedOut() => new("w", "TimedOut", 0x80338029, "The WS-Management service cannot complete the operation within the time specified in OperationTimeout.", sender: false);

    public static WsManFault EnvelopeTooSmall() =>
        new("w", "EncodingLimit", 0x8033807E, "The WS-Management service cannot process the request because the envelope size in the request is too small. ") { Detail = "MinimumEnvelopeLimit" };

    public static WsManFault AnswerTooLarge(bool byRequest) => byRequest
        ? new("w", "EncodingLimit", 0x80338048, "The response that the WS-Management service computed exceeds the maximum envelope size in the request. ", sender: false) { Detail = "MaxEnvelopeSizeExceeded" }
        : new("w", "EncodingLimit", 0x80338049, "The response that the WS-Management service computed exceed the internal limit for envelope size. ", sender: false) { Detail = "ServiceEnvelopeLimit" };

    public static WsManFault RequestTooLarge() =>
        new("w", "EncodingLimit", 0x80338035, "The WS-Management service cannot process the request because the encoding of the request exceeds an internal encoding limit. Reconfigure the client to send messages which fit the encoding limits of the service. ");

    public static WsManFault TooManyOperations() =>
        new("w", "QuotaLimit", 0x803381A6, "The WS-Management service cannot process the request. The maximum number of concurrent operations for this user has been exceeded. Close existing operations for this user, or raise the quota for this user. ", sender: false);

    public static WsManFault Internal(string why) => new("w", "InternalError", 0x80338003, $"The WS-Management service encountered an internal error. {why}", sender: false);

    /// <summary>The fault of what a repository refused.</summary>
    /// <param name="error">What it threw.</param>
    /// <param name="operation">The WMI operation, for <c>__ExtendedStatus</c>: <c>GetObject</c>, <c>ExecQuery</c>, <c>ExecMethod</c>.</param>
    /// <param name="parameter">What the operation was about: a path, a query.</param>
    /// <param name="isFilter">Whether the operation was a filtered enumeration.</param>
    public static WsManFault From(CimException error, string operation, string parameter, bool isFilter) => error.Kind switch
    {
        CimErrorKind.NotFound => new("a", "DestinationUnreachable", 0x80338000, NotFoundText) { Detail = "InvalidResourceURI", Wmi = new WmiStatus(0x80338000, NotFoundText, operation, parameter) },
        CimErrorKind.ClassNotFound when isFilter => CannotProcessFilter(string.Empty, wmi: new WmiStatus(0x8033801A, NoClassText, operation, parameter)),
        CimErrorKind.ClassNotFound => new("a", "DestinationUnreachable", 0x8033801A, NotFoundText) { Detail = "InvalidResourceURI", Wmi = new WmiStatus(0x8033801A, NoClassText, operation, parameter) },
        CimErrorKind.FilterUnsupported => CannotProcessFilter(error.Message),
        CimErrorKind.InvalidRequest when isFilter => CannotProcessFilter(string.Empty, wmi: new WmiStatus(error.Code ?? WqlQuery.InvalidQuery, error.Message, operation, parameter)),
        CimErrorKind.AccessDenied => new("w", "AccessDenied", error.Code ?? 5, "Access is denied. ") { Wmi = new WmiStatus(error.Code ?? 5, error.Message, operation, parameter) },
        CimErrorKind.Timeout => TimedOut(),
        CimErrorKind.Busy => TooManyOperations(),
        CimErrorKind.TooLarge => AnswerTooLarge(byRequest: false),
        _ => new("w", "InternalError", error.Code ?? 0x80041001, error.Message, sender: error.Kind is CimErrorKind.InvalidRequest) { Wmi = new WmiStatus(error.Code ?? 0x80041001, error.Message, operation, parameter) },
    };

    private const string NotFoundText = "The WS-Management service cannot process the request. The service cannot find the resource identified by the resource URI and selectors. ";
    private const string NoClassText = "The specified class does not exist in the given namespace. ";
}

/// <summary>What WMI says about a failed operation: the <c>ProviderFault</c> with its <c>__ExtendedStatus</c>.</summary>
internal sealed record WmiStatus(uint Code, string Message, string Operation, string ParameterInfo);
