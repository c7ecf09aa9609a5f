using System.Globalization;
using System.Text;
using System.Xml;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Wire;

/// <summary>A request envelope, read.</summary>
internal sealed class WsManRequest
{
    /// <summary>Windows' default limit of an envelope, bytes; of requests and of answers.</summary>
    public const int DefaultMaxEnvelopeBytes = 512_000;

    private const int MinEnvelopeBytes = 8192;

    private WsManRequest(WireElement body) => Body = body;

    /// <summary>The action; empty for Identify, which has none.</summary>
    public string Action { get; private set; } = string.Empty;

    /// <summary>The message's id, for the answer's RelatesTo; null for Identify.</summary>
    public string? MessageId { get; private set; }

    /// <summary>The resource URI as it was sent, trimmed.</summary>
    public string ResourceUri { get; private set; } = string.Empty;

    /// <summary>The class with its namespace that the resource URI names; the class is <c>*</c> where it says so.</summary>
    public WsManResource? Resource { get; private set; }

    /// <summary>The selectors but <c>__cimnamespace</c>.</summary>
    public IReadOnlyList<(string Name, string Value)> Selectors { get; private set; } = [];

    /// <summary>The largest answer of items, bytes: what the client says, at most Windows' default.</summary>
    public int MaxEnvelopeBytes { get; private set; } = DefaultMaxEnvelopeBytes;

    /// <summary>
    /// The largest answer that cannot be divided, bytes. A client that names no size gets more than Windows' default: libvirt does not, and asks for screens of 2 MB, which
    /// real hosts give it. (No such answer is recorded.)
    /// </summary>
    public int MaxSingleBytes { get; private set; } = 8 * 1024 * 1024;

    /// <summary>Whether <see cref="MaxEnvelopeBytes"/> is the client's wish rather than the service's limit.</summary>
    public bool MaxEnvelopeIsClients { get; private set; }

    /// <summary>How long the operation may take.</summary>
    public TimeSpan OperationTimeout { get; private set; } = TimeSpan.FromSeconds(60);

    /// <summary>The body's element.</summary>
    public WireElement Body { get; }

    /// <summary>The path that resource and selectors name.</summary>
    public CimPath Path => new(Resource!.Namespace, Resource.ClassName, [.. Selectors]);

    /// <summary>Whether this is the identification that needs no resource.</summary>
    public bool IsIdentify => Body.Children is [{ Name: "Identify", Namespace: WsManNames.Identity }];

    /// <summary>Reads a request; <see cref="WsManFault"/> says what is wrong with it.</summary>
    /// <param name="bytes">The envelope.</param>
    /// <param name="charset">The content type's charset, or null.</param>
    /// <param name="messageId">What is known of the message's id even if the rest is wrong.</param>
    public static WsManRequest Read(ReadOnlyMemory<byte> bytes, string? charset, out string? messageId)
    {
        messageId = null;
        WireElement envelope;
        try
        {
            var encoding = charset is not null && charset.StartsWith("utf-16", StringComparison.OrdinalIgnoreCase) ? Encoding.Unicode : Encoding.UTF8;
            var text = encoding.GetString(bytes.Span).TrimStart('\uFEFF').TrimEnd('\0');
            envelope = WireElement.Read(new StringReader(text), 2 * DefaultMaxEnvelopeBytes);
        }
        catch (XmlException error)
        {
            throw WsManFault.InvalidXml(error.Message);
        }

        if (envelope is not { Name: "Envelope" })
        {
            throw WsManFault.InvalidXml($"The root element is {envelope.Name}, not Envelope.");
        }

        if (envelope.Namespace != WsManNames.Soap)
        {
            throw new WsManFault("s", string.Empty, 0x8033800D, "The WS-Management service does not support the SOAP version of the request. ");
        }

        var request = new WsManRequest(envelope.Child(WsManNames.Soap, "Body") ?? throw WsManFault.InvalidBody("There is no Body."));
        if (request.IsIdentify)
        {
            return request;
        }

        var header = envelope.Child(WsManNames.Soap, "Header") ?? throw WsManFault.MissingHeader("Header");
        messageId = request.MessageId = header.Child(WsManNames.Addressing, "MessageID")?.Text.Trim();
        request.ReadHeader(header);
        return request;
    }

    private void ReadHeader(WireElement header)
    {
        WireElement? selectors = null;
        foreach (var entry in header.Children)
        {
            switch (entry.Namespace, entry.Name)
            {
                case (WsManNames.Addressing, "Action"):
                    Action = entry.Text.Trim();
                    break;
                case (WsManNames.WsMan, "ResourceURI"):
                    ResourceUri = entry.Text.Trim();
                    break;
                case (WsManNames.WsMan, "SelectorSet"):
                    selectors = entry;
                    break;
                case (WsManNames.WsMan, "MaxEnvelopeSize"):
                    ReadMaxEnvelopeSize(entry);
                    break;
                case (WsManNames.WsMan, "OperationTimeout"):
                    ReadOperationTimeout(entry);
                    break;
                case (WsManNames.WsMan, "FragmentTransfer"):
                    throw new WsManFault("w", "UnsupportedFeature", 0x80338077, "The WS-Management service does not support fragment transfer. ") { Detail = "FragmentLevelAccess" };
                case (WsManNames.WsMan, "Locale" or "OptionSet" or "RequestEPR"):
                case (WsManNames.Addressing, "To" or "MessageID" or "ReplyTo" or "RelatesTo" or "FaultTo" or "From"):
                case (WsManNames.Microsoft, _):
                    break;
                default:
                    if (entry.Attribute("mustUnderstand", WsManNames.Soap) is "true" or "1")
                    {
                        throw WsManFault.NotUnderstood(entry.Name);
                    }

                    break;
            }
        }

        if (Action.Length == 0)
        {
            throw WsManFault.MissingHeader("Action");
        }

        if (string.IsNullOrEmpty(MessageId))
        {
            throw WsManFault.MissingHeader("MessageID");
        }

        if (ResourceUri.Length == 0)
        {
            throw WsManFault.InvalidResource();
        }

        var found = ReadSelectors(selectors, out var nameSpace);
        Selectors = found;
        Resource = WsManResource.Parse(ResourceUri, nameSpace);
    }

    /// <summary>Reads a selector set, of a header or of an endpoint reference.</summary>
    public static List<(string Name, string Value)> ReadSelectors(WireElement? set, out string? nameSpace)
    {
        nameSpace = null;
        var found = new List<(string Name, string Value)>();
        foreach (var selector in set?.Children ?? [])
        {
            if (selector is not { Name: "Selector", Namespace: WsManNames.WsMan } || selector.Attribute("Name") is not { Length: > 0 } name)
            {
                throw WsManFault.InvalidHeader("SelectorSet");
            }

            if (name.Equals(WsManNames.NamespaceSelector, StringComparison.OrdinalIgnoreCase))
            {
                nameSpace = selector.Text.Trim().Replace('\\', '/');
            }
            else if (found.Exists(one => one.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
            {
                throw WsManFault.TooManySelectors();
            }
            else
            {
                found.Add((name, SelectorValue(selector)));
            }
        }

        return found;
    }

    /// <summary>A selector's value: its text, or the object path of the endpoint reference in it.</summary>
    private static string SelectorValue(WireElement selector)
    {
        if (selector.Children.Count == 0)
        {
            return selector.Text;
        }

        return (WsManResource.ReadReference(selector) ?? throw WsManFault.InvalidHeader("Selector")).ToObjectPath(".");
    }

    private void ReadMaxEnvelopeSize(WireElement entry)
    {
        if (!long.TryParse(entry.Text, NumberStyles.None | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var bytes))
        {
            throw WsManFault.InvalidHeader("MaxEnvelopeSize");
        }

        if (bytes < MinEnvelopeBytes)
        {
            throw WsManFault.EnvelopeTooSmall();
        }

        MaxEnvelopeIsClients = bytes < DefaultMaxEnvelopeBytes;
        MaxEnvelopeBytes = (int)Math.Min(bytes, DefaultMaxEnvelopeBytes);
        MaxSingleBytes = MaxEnvelopeBytes;
    }

    private void ReadOperationTimeout(WireElement entry)
    {
        try
        {
            OperationTimeout = XmlConvert.ToTimeSpan(entry.Text.Trim());
        }
        catch (Exception error) when (error is FormatException or OverflowException)
        {
            throw new WsManFault("w", "InvalidTimeout", 0x80338081, "The WS-Management service cannot process the request because the timeout header in the request is invalid. ");
        }

        if (OperationTimeout <= TimeSpan.Zero)
        {
            throw new WsManFault("w", "InvalidTimeout", 0x80338081, "The WS-Management service cannot process the request because the timeout header in the request is invalid. ");
        }
    }
}
