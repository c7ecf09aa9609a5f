using System.Globalization;
using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator.Repository;

namespace HvPlatform.HyperVSimulator.Wire;

/// <summary>An answer without its transport.</summary>
/// <param name="Status">The HTTP status: 200, or 500 for a fault.</param>
/// <param name="Body">The envelope.</param>
internal sealed record WsManReply(int Status, byte[] Body);

/// <summary>
/// The WS-Management service of one host, without HTTP: an envelope in, an envelope out. Never throws for what a client sends; many requests at a time.
/// </summary>
internal sealed partial class WsManService(ICimRepository repository, TimeProvider clock, string windowsVersion)
{
    private readonly EnumerationContexts contexts = new(clock);

    /// <summary>Enumerations that are open.</summary>
    public int OpenEnumerations => contexts.Count;

    /// <summary>Forgets what clients have open, as a restart of the service does.</summary>
    public void ForgetEnumerations() => contexts.Clear();

    /// <summary>The answer to a request that was read.</summary>
    public WsManReply Answer(WsManRequest request, bool isAuthenticated = true)
    {
        try
        {
            return new WsManReply(200, request switch
            {
                { IsIdentify: true } => WsManEnvelope.Identify(isAuthenticated ? windowsVersion : null),
                { Action: WsManNames.Get } => Get(request),
                { Action: WsManNames.Enumerate } => Enumerate(request),
                { Action: WsManNames.Pull } => Pull(request),
                { Action: WsManNames.Release } => Release(request),
                _ when MethodOf(request) is { } method => Invoke(request, method),
                _ => throw WsManFault.ActionNotSupported(request.Action),
            });
        }
        catch (WsManFault fault)
        {
            return Fault(fault, request.MessageId);
        }
    }

    /// <summary>A fault as an answer.</summary>
    public WsManReply Fault(WsManFault fault, string? messageId) => new(500, WsManEnvelope.Fault(fault, messageId, repository.HostName));

    /// <summary>The method that an action calls: the resource URI and a name; null if it is no such action.</summary>
    public static string? MethodOf(WsManRequest request)
    {
        var slash = request.Action.LastIndexOf('/');
        return slash > 0 && request.Action.AsSpan(0, slash).Equals(request.ResourceUri, StringComparison.OrdinalIgnoreCase) && slash < request.Action.Length - 1
            ? request.Action[(slash + 1)..]
            : null;
    }

    private byte[] Get(WsManRequest request)
    {
        if (request.Body.Children.Count > 0)
        {
            throw WsManFault.InvalidBody("Get has no body.");
        }

        var path = CheckedPath(request);
        var instance = Ask(() => repository.Get(path), "GetObject", path.RelativePath)
            ?? throw WsManFault.From(new CimException(CimErrorKind.NotFound, "There is no such instance."), "GetObject", path.RelativePath, isFilter: false);
        using var envelope = WsManEnvelope.Start(WsManNames.Get + "Response", request.MessageId, WsManEnvelope.Prefixes.Transfer);
        new InstanceWriter(envelope.Writer, repository, request.Resource!.IsDmtf).WriteInstance(instance, path.Namespace);
        return Within(request, envelope);
    }

    private byte[] Invoke(WsManRequest request, string methodName)
    {
        var path = CheckedPath(request);
        var declared = CimSchema.Instance.Find(path.ClassName);
        var method = declared?.Method(methodName);
        if (declared is { Methods.Count: > 0 } && method is null)
        {
            throw new WsManFault("a", "ActionNotSupported", 0x8004102E, $"The class {declared.Name} has no method {methodName}. ") { Wmi = new WmiStatus(0x8004102E, "Invalid method ", "ExecMethod", path.RelativePath) };
        }

        var arguments = ArgumentReader.Read(request.Body, method?.Name ?? methodName, method);
        var result = Ask(() => repository.Invoke(path, method?.Name ?? methodName, arguments), "ExecMethod", path.RelativePath);
        using var envelope = WsManEnvelope.Start(request.Action + "Response", request.MessageId, WsManEnvelope.Prefixes.Transfer);
        new InstanceWriter(envelope.Writer, repository, request.Resource!.IsDmtf).WriteOutput(result, method, request.Resource, method?.Name ?? methodName);
        return Within(request, envelope);
    }

    /// <summary>
    /// The path that a request names, its keys checked against the schema as WMI does: none at all is an invalid object path, one too few or too many finds nothing.
    /// A service may be named by its class name alone.
    /// </summary>
    private static CimPath CheckedPath(WsManRequest request)
    {
        var path = request.Path;
        if (path.ClassName == "*")
        {
            throw WsManFault.InvalidResource();
        }

        if (CimSchema.Instance.Find(path.ClassName) is not { } declared)
        {
            return path;
        }

        var keys = declared.Properties.Where(property => property.IsKey).ToList();
        if (path.Keys.Count == 0 && keys.Count > 0)
        {
            const string Text = "The parameters of the method or the object path are not valid. ";
            throw new WsManFault("w", "InternalError", 0x8004102F, Text) { Wmi = new WmiStatus(0x8004102F, Text, "GetObject", path.RelativePath) };
        }

        if (keys.Count > 0 && path.Keys.Any(given => !keys.Exists(key => key.Name.Equals(given.Name, StringComparison.OrdinalIgnoreCase))))
        {
            throw new WsManFault("w", "InvalidSelectors", 0x8033805B, "The WS-Management service cannot process the request because the request contained invalid selectors for the resource. ") { Detail = "UnexpectedSelectors" };
        }

        if (keys.Exists(key => path[key.Name] is null) && !(CimSchema.Instance.Is(declared.Name, "CIM_Service") && path["CreationClassName"] is not null))
        {
            throw WsManFault.From(new CimException(CimErrorKind.NotFound, "Not all keys were given."), "GetObject", path.RelativePath, isFilter: false);
        }

        return path;
    }

    private static byte[] Within(WsManRequest request, WsManEnvelope envelope)
    {
        var bytes = envelope.Finish();
        return bytes.Length <= request.MaxSingleBytes ? bytes : throw WsManFault.AnswerTooLarge(request.MaxEnvelopeIsClients);
    }

    private static T Ask<T>(Func<T> ask, string operation, string parameter, bool isFilter = false)
    {
        try
        {
            return ask();
        }
        catch (CimException error)
        {
            throw WsManFault.From(error, operation, parameter, isFilter);
        }
    }

    private static int ReadCount(WireElement? element, int otherwise)
    {
        if (element is null)
        {
            return otherwise;
        }

        return int.TryParse(element.Text, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var count) && count > 0
            ? count
            : throw new WsManFault("w", "InvalidParameter", 0x8033803A, "The WS-Management service cannot process the request because a parameter for the operation is not valid. MaxElements is no positive number.");
    }
}
