using System.Text;
using System.Xml;

namespace HvPlatform.Hypervisors.HyperV.Cim.WsMan;

/// <summary>
/// Reads one answer in a single pass over its bytes. What is not well-formed, not SOAP, or not what the protocol and the schema say is a <see cref="CimException"/>
/// of kind <see cref="CimErrorKind.Malformed"/>; a fault is the exception it means.
/// </summary>
internal sealed class EnvelopeReader : IDisposable
{
    /// <summary>Most instances of one answer; Windows' own limit.</summary>
    public const int MaxItems = 32_000;

    private const int MaxContextCharacters = 64 * 1024;

    private readonly XmlCursor cursor;
    private readonly XmlReader xml;
    private readonly InstanceReader instances;
    private readonly WsManRequest request;
    private readonly string host;
    private readonly int bytes;

    public EnvelopeReader(ArraySegment<byte> answer, Encoding? encoding, XmlNameTable names, WsManRequest request, string host)
    {
        this.request = request;
        this.host = host;
        bytes = answer.Count;
        cursor = new XmlCursor(answer, encoding, names);
        xml = cursor.Xml;
        instances = new InstanceReader(cursor);
    }

    /// <summary>What Identify says.</summary>
    public WsManIdentity Identity() => Read(() =>
    {
        ExpectBody("IdentifyResponse", WsManNames.Identity);
        string? vendor = null, version = null, protocol = null;
        var depth = cursor.Enter();
        while (cursor.NextChild(depth))
        {
            _ = xml.LocalName switch
            {
                "ProductVendor" => vendor = cursor.Text(),
                "ProductVersion" => version = cursor.Text(),
                "ProtocolVersion" => protocol = cursor.Text(),
                _ => cursor.Skip(),
            };
        }

        return new WsManIdentity(protocol ?? throw cursor.Wrong("the identity has no protocol version"), vendor, version);
    });

    /// <summary>An instance (Get); a fault that no instance has the keys is thrown.</summary>
    public CimInstance Instance() => Read(() => EnterBody() ? instances.Instance(null) : throw cursor.Wrong("the body is empty"));

    /// <summary>An answer whose content does not matter (Put, Release); true.</summary>
    public bool Accepted() => Read(() =>
    {
        if (EnterBody())
        {
            cursor.Skip();
        }

        return true;
    });

    /// <summary>The out parameters and the return value of a method.</summary>
    public CimInstance Output(string className, string method) => Read(() =>
    {
        if (!EnterBody() || xml.LocalName != method + "_OUTPUT")
        {
            throw cursor.Wrong($"{method}_OUTPUT was expected");
        }

        return instances.Output(className, method);
    });

    /// <summary>The first instances of an enumeration, or further ones.</summary>
    /// <param name="className">The class asked for, for fragments that do not name it; null if none was.</param>
    public EnumerationPart Part(string? className) => Read(() =>
    {
        if (!EnterBody() || xml.NamespaceURI != WsManNames.Enumeration || xml.LocalName is not ("EnumerateResponse" or "PullResponse"))
        {
            throw cursor.Wrong("an enumeration's answer was expected");
        }

        string? context = null;
        var found = new List<CimInstance>();
        var ended = false;
        var depth = cursor.Enter();
        while (cursor.NextChild(depth))
        {
            switch (xml.LocalName)
            {
                case "EnumerationContext" when context is null:
                    context = cursor.Text();
                    break;
                case "EnumerationContext":
                    throw cursor.Wrong("it has two enumeration contexts");
                case "Items":
                    Items(found, className);
                    break;
                case "EndOfSequence":
                    ended = true;
                    cursor.Skip();
                    break;
                default:
                    cursor.Skip();
                    break;
            }
        }

        if (context?.Length > MaxContextCharacters)
        {
            throw cursor.Wrong($"its enumeration context has {context.Length} characters");
        }

        return ended || !string.IsNullOrEmpty(context) ? new EnumerationPart(found, ended ? null : context, bytes) : throw cursor.Wrong("it neither ends the enumeration nor names its context");
    });

    private void Items(List<CimInstance> found, string? className)
    {
        var depth = cursor.Enter();
        while (cursor.NextChild(depth))
        {
            if (xml.NamespaceURI != WsManNames.Management)
            {
                Add(found, instances.Instance(null));
            }
            else if (xml.LocalName == "XmlFragment")
            {
                Add(found, instances.Instance(className ?? throw cursor.Wrong("it has a fragment of no class")));
            }
            else if (xml.LocalName == "Item")
            {
                var inner = cursor.Enter();
                while (cursor.NextChild(inner))
                {
                    if (xml.NamespaceURI == WsManNames.Addressing)
                    {
                        cursor.Skip();
                    }
                    else
                    {
                        Add(found, instances.Instance(null));
                    }
                }
            }
            else
            {
                throw cursor.Wrong($"'{xml.LocalName}' is no item");
            }
        }
    }

    private void Add(List<CimInstance> found, CimInstance instance)
    {
        if (found.Count == MaxItems)
        {
            throw cursor.Wrong($"it has more than {MaxItems} instances");
        }

        found.Add(instance);
    }

    private void ExpectBody(string name, string nameSpace)
    {
        if (!EnterBody() || xml.LocalName != name || xml.NamespaceURI != nameSpace)
        {
            throw cursor.Wrong($"{name} was expected");
        }
    }

    /// <summary>Stands on the body's first element; false if there is none. A fault is thrown.</summary>
    private bool EnterBody()
    {
        cursor.Root();
        if (xml.LocalName != "Envelope" || xml.NamespaceURI != WsManNames.Soap)
        {
            throw cursor.Wrong($"'{xml.Name}' of namespace '{xml.NamespaceURI}' is no SOAP 1.2 envelope");
        }

        var depth = cursor.Enter();
        while (cursor.NextChild(depth))
        {
            if (xml.NamespaceURI == WsManNames.Soap && xml.LocalName == "Body")
            {
                if (!cursor.NextChild(cursor.Enter()))
                {
                    return false;
                }

                return xml.LocalName == "Fault" && xml.NamespaceURI == WsManNames.Soap ? throw FaultReader.Read(cursor, request.What, host) : true;
            }

            if (xml.NamespaceURI == WsManNames.Soap && xml.LocalName == "Header")
            {
                Header();
            }
            else
            {
                cursor.Skip();
            }
        }

        throw cursor.Wrong("the envelope has no body");
    }

    private void Header()
    {
        var depth = cursor.Enter();
        while (cursor.NextChild(depth))
        {
            if (xml.LocalName != "RelatesTo" || xml.NamespaceURI != WsManNames.Addressing)
            {
                cursor.Skip();
            }
            else if (cursor.Text().Trim() is { Length: > 0 } related && request.MessageId is { } id && !related.Equals(id, StringComparison.OrdinalIgnoreCase))
            {
                throw cursor.Wrong("it answers another request");
            }
        }
    }

    private T Read<T>(Func<T> read)
    {
        try
        {
            var result = read();
            cursor.Finish();
            return result;
        }
        catch (XmlException error)
        {
            throw new CimException(CimErrorKind.Malformed, $"{request.What} on {host}: the answer is not well-formed XML, or larger or deeper than allowed: {error.Message}", inner: error);
        }
        catch (CimException error) when (error.Kind is CimErrorKind.Malformed && error.InnerException is null)
        {
            throw new CimException(CimErrorKind.Malformed, $"{request.What} on {host}: {error.Message}", error.Code, error);
        }
    }

    public void Dispose() => cursor.Dispose();
}

/// <summary>Instances of an enumeration that came in one answer.</summary>
/// <param name="Items">The instances.</param>
/// <param name="Context">What the next Pull has to name; null if these were the last.</param>
/// <param name="Bytes">How long the answer was.</param>
internal sealed record EnumerationPart(List<CimInstance> Items, string? Context, int Bytes);
