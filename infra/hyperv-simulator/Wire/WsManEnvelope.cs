using System.Text;
using System.Xml;

namespace HvPlatform.HyperVSimulator.Wire;

/// <summary>Writes answers: envelope and header as WinRM writes them, and faults.</summary>
internal sealed class WsManEnvelope : IDisposable
{
    /// <summary>Room that an answer keeps for what follows its items.</summary>
    public const int TrailerBytes = 512;

    private static readonly XmlWriterSettings Settings = new()
    {
        Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
        OmitXmlDeclaration = true,
        NewLineHandling = NewLineHandling.Entitize,
        CloseOutput = false,
    };

    private readonly MemoryStream stream = new(8 * 1024);

    private WsManEnvelope() => Writer = XmlWriter.Create(stream, Settings);

    /// <summary>Writes into the body.</summary>
    public XmlWriter Writer { get; }

    /// <summary>Bytes so far.</summary>
    public long Length
    {
        get
        {
            Writer.Flush();
            return stream.Length;
        }
    }

    /// <summary>Takes back what was written since <see cref="Length"/> had this value; only between siblings.</summary>
    public void Truncate(long length)
    {
        Writer.Flush();
        stream.SetLength(length);
    }

    /// <summary>Starts an answer; the body is open.</summary>
    public static WsManEnvelope Start(string action, string? relatesTo, Prefixes prefixes)
    {
        var envelope = new WsManEnvelope();
        var writer = envelope.Writer;
        StartEnvelope(writer, prefixes);
        WriteHeader(writer, action, relatesTo);
        writer.WriteStartElement("s", "Body", WsManNames.Soap);
        return envelope;
    }

    /// <summary>Ends it.</summary>
    public byte[] Finish()
    {
        Writer.WriteEndDocument();
        Writer.Flush();
        return stream.ToArray();
    }

    /// <summary>The answer to Identify. Whoever is not authenticated does not learn the version.</summary>
    public static byte[] Identify(string? windowsVersion)
    {
        using var envelope = new WsManEnvelope();
        var writer = envelope.Writer;
        StartEnvelope(writer, Prefixes.None);
        writer.WriteStartElement("s", "Header", WsManNames.Soap);
        writer.WriteEndElement();
        writer.WriteStartElement("s", "Body", WsManNames.Soap);
        writer.WriteStartElement("wsmid", "IdentifyResponse", WsManNames.Identity);
        writer.WriteElementString("wsmid", "ProtocolVersion", WsManNames.Identity, WsManNames.WsMan);
        writer.WriteElementString("wsmid", "ProductVendor", WsManNames.Identity, "Microsoft Corporation");
        writer.WriteElementString("wsmid", "ProductVersion", WsManNames.Identity, $"OS: {windowsVersion ?? "0.0.0"} SP: 0.0 Stack: 3.0");
        return envelope.Finish();
    }

    /// <summary>A fault.</summary>
    public static byte[] Fault(WsManFault fault, string? relatesTo, string machine)
    {
        var action = fault.SubcodePrefix switch
        {
            "a" => WsManNames.AddressingFault,
            "n" => WsManNames.EnumerationFault,
            _ => WsManNames.WsManFaultAction,
        };
        using var envelope = Start(action, relatesTo, Prefixes.Fault);
        var writer = envelope.Writer;
        writer.WriteStartElement("s", "Fault", WsManNames.Soap);
        writer.WriteStartElement("s", "Code", WsManNames.Soap);
        writer.WriteElementString("s", "Value", WsManNames.Soap, fault switch
        {
            { SubcodePrefix: "s", Code: 0x8033800D } => "s:VersionMismatch",
            { SubcodePrefix: "s" } => "s:MustUnderstand",
            { Sender: true } => "s:Sender",
            _ => "s:Receiver",
        });
        if (fault.Subcode.Length > 0)
        {
            writer.WriteStartElement("s", "Subcode", WsManNames.Soap);
            writer.WriteElementString("s", "Value", WsManNames.Soap, $"{fault.SubcodePrefix}:{fault.Subcode}");
            writer.WriteEndElement();
        }

        writer.WriteEndElement();
        writer.WriteStartElement("s", "Reason", WsManNames.Soap);
        writer.WriteStartElement("s", "Text", WsManNames.Soap);
        writer.WriteAttributeString("xml", "lang", null, "en-US");
        writer.WriteString(WsManText.Clean(fault.Message));
        writer.WriteEndElement();
        writer.WriteEndElement();
        writer.WriteStartElement("s", "Detail", WsManNames.Soap);
        if (fault.Detail is not null)
        {
            writer.WriteElementString("w", "FaultDetail", WsManNames.WsMan, WsManNames.FaultDetail + fault.Detail);
        }

        WriteWsManFault(writer, fault.Code, machine, fault.Message, fault.Wmi);
        return envelope.Finish();
    }

    private static void WriteWsManFault(XmlWriter writer, uint code, string machine, string message, WmiStatus? wmi)
    {
        writer.WriteStartElement("f", "WSManFault", WsManNames.Fault);
        writer.WriteAttributeString("Code", code.ToString(System.Globalization.CultureInfo.InvariantCulture));
        writer.WriteAttributeString("Machine", machine);
        writer.WriteStartElement("f", "Message", WsManNames.Fault);
        if (wmi is null)
        {
            writer.WriteString(WsManText.Clean(message));
        }
        else
        {
            writer.WriteStartElement("f", "ProviderFault", WsManNames.Fault);
            writer.WriteAttributeString("provider", "WMI Provider");
            writer.WriteAttributeString("path", @"C:\Windows\system32\WsmWmiPl.dll");
            WriteWsManFault(writer, wmi.Code, machine, wmi.Message, null);
            WriteExtendedStatus(writer, wmi);
            writer.WriteEndElement();
        }

        writer.WriteEndElement();
        writer.WriteEndElement();
    }

    private static void WriteExtendedStatus(XmlWriter writer, WmiStatus wmi)
    {
        const string Uri = WsManNames.DmtfResource + "__ExtendedStatus";
        writer.WriteStartElement("f", "ExtendedError", WsManNames.Fault);
        writer.WriteStartElement("p", "__ExtendedStatus", Uri);
        writer.WriteAttributeString("xmlns", "xsi", null, WsManNames.SchemaInstance);
        writer.WriteAttributeString("xmlns", "cim", null, WsManNames.Cim);
        writer.WriteAttributeString("xsi", "type", WsManNames.SchemaInstance, "p:__ExtendedStatus_Type");
        Write("Description", null, "cim:cimString");
        Write("Operation", wmi.Operation, "cim:cimString");
        Write("ParameterInfo", wmi.ParameterInfo, "cim:cimString");
        Write("ProviderName", "WinMgmt", "cim:cimString");
        Write("StatusCode", null, "cim:cimUnsignedInt");
        writer.WriteEndElement();
        writer.WriteEndElement();

        void Write(string name, string? value, string type)
        {
            writer.WriteStartElement("p", name, Uri);
            if (value is null)
            {
                writer.WriteAttributeString("xsi", "nil", WsManNames.SchemaInstance, "true");
            }

            writer.WriteAttributeString("xsi", "type", WsManNames.SchemaInstance, type);
            if (value is not null)
            {
                writer.WriteString(WsManText.Clean(value));
            }

            writer.WriteEndElement();
        }
    }

    private static void StartEnvelope(XmlWriter writer, Prefixes prefixes)
    {
        writer.WriteStartElement("s", "Envelope", WsManNames.Soap);
        writer.WriteAttributeString("xml", "lang", null, "en-US");
        writer.WriteAttributeString("xmlns", "s", null, WsManNames.Soap);
        if (prefixes is Prefixes.None)
        {
            return;
        }

        writer.WriteAttributeString("xmlns", "a", null, WsManNames.Addressing);
        if (prefixes is Prefixes.Transfer or Prefixes.Fault)
        {
            writer.WriteAttributeString("xmlns", "x", null, WsManNames.Transfer);
        }

        if (prefixes is Prefixes.Fault)
        {
            writer.WriteAttributeString("xmlns", "e", null, WsManNames.Eventing);
        }

        if (prefixes is Prefixes.Enumeration or Prefixes.Fault)
        {
            writer.WriteAttributeString("xmlns", "n", null, WsManNames.Enumeration);
        }

        writer.WriteAttributeString("xmlns", "w", null, WsManNames.WsMan);
        if (prefixes is Prefixes.Transfer or Prefixes.Fault)
        {
            writer.WriteAttributeString("xmlns", "p", null, WsManNames.Microsoft);
        }
    }

    private static void WriteHeader(XmlWriter writer, string action, string? relatesTo)
    {
        writer.WriteStartElement("s", "Header", WsManNames.Soap);
        writer.WriteElementString("a", "Action", WsManNames.Addressing, WsManText.Clean(action));
        writer.WriteElementString("a", "MessageID", WsManNames.Addressing, $"uuid:{Guid.NewGuid().ToString().ToUpperInvariant()}");
        writer.WriteElementString("a", "To", WsManNames.Addressing, WsManNames.Anonymous);
        if (relatesTo is not null)
        {
            writer.WriteElementString("a", "RelatesTo", WsManNames.Addressing, WsManText.Clean(relatesTo));
        }

        writer.WriteEndElement();
    }

    public void Dispose()
    {
        Writer.Dispose();
        stream.Dispose();
    }

    /// <summary>The namespaces that an answer declares on its envelope: each kind of answer has its own set.</summary>
    public enum Prefixes
    {
        None,
        Enumeration,
        Transfer,
        Fault,
    }
}
