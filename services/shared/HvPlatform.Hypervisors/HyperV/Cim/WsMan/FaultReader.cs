using System.Globalization;
using System.Xml;

namespace HvPlatform.Hypervisors.HyperV.Cim.WsMan;

/// <summary>
/// Reads a SOAP fault with any of the details that hosts give: a WSManFault with a provider's fault and <c>__ExtendedStatus</c> inside, or MSFT_WmiError. Texts follow the
/// host's language, so only codes decide the kind.
/// </summary>
internal sealed class FaultReader
{
    private const int MaxText = 2000;

    private readonly List<uint> codes = [];
    private readonly List<string> texts = [];
    private string? subcode;
    private string? operation;
    private string? about;
    private uint? cimStatus;

    /// <summary>The fault the cursor stands on, as the exception it means.</summary>
    public static CimException Read(XmlCursor cursor, string what, string host)
    {
        var reader = new FaultReader();
        reader.Walk(cursor);
        cursor.Finish();
        return reader.ToException(what, host);
    }

    private void Walk(XmlCursor cursor)
    {
        var xml = cursor.Xml;
        var end = xml.Depth;
        var inSubcode = false;
        var name = string.Empty;
        while (xml.Read() && xml.Depth > end)
        {
            if (xml.NodeType is XmlNodeType.Element)
            {
                name = xml.LocalName;
                inSubcode |= name == "Subcode";
                if (name == "WSManFault" && xml.GetAttribute("Code") is { } code)
                {
                    AddCode(code);
                }

                if (xml.Depth > 32)
                {
                    throw cursor.Wrong("the fault is nested too deep");
                }
            }
            else if (xml.NodeType is XmlNodeType.EndElement)
            {
                name = string.Empty;
            }
            else if (xml.NodeType is XmlNodeType.Text or XmlNodeType.CDATA)
            {
                Take(name, inSubcode, xml.Value.Trim());
            }
        }
    }

    private void Take(string name, bool inSubcode, string text)
    {
        switch (name)
        {
            case "Value" when inSubcode:
                subcode ??= text[(text.LastIndexOf(':') + 1)..];
                break;
            case "Text" or "Message" or "ProviderFault" or "error_WindowsErrorMessage" or "Description" when text.Length > 0 && texts.Count < 8:
                var shortened = text.Length > MaxText ? text[..MaxText] + "…" : text;
                if (!texts.Contains(shortened))
                {
                    texts.Add(shortened);
                }

                break;
            case "error_Code" or "StatusCode":
                AddCode(text);
                break;
            case "MessageID" when text.StartsWith("HRESULT ", StringComparison.OrdinalIgnoreCase):
                AddCode(text["HRESULT ".Length..]);
                break;
            case "CIMStatusCode" when uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var status):
                cimStatus = status;
                break;
            case "Operation":
                operation = Shorten(text);
                break;
            case "ParameterInfo":
                about = Shorten(text);
                break;
        }
    }

    private void AddCode(string text)
    {
        var isHex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        if (codes.Count < 8 && uint.TryParse(isHex ? text.AsSpan(2) : text, isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out var code))
        {
            codes.Add(code);
        }
        else if (codes.Count < 8 && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var signed))
        {
            codes.Add(unchecked((uint)signed));
        }
    }

    private CimException ToException(string what, string host)
    {
        // WMI's own code says more than the service's about what was wrong; the innermost stands last.
        var wmi = codes.FindLast(one => one >> 16 == 0x8004);
        var first = codes.Find(one => one != 0);
        uint? code = wmi != 0 ? wmi : first != 0 ? first : null;
        var kind = WsManFaults.KindOf(wmi) ?? codes.Select(WsManFaults.KindOf).FirstOrDefault(one => one is not null)
            ?? (codes.Contains(WsManFaults.NoSuchClass) && subcode != "CannotProcessFilter" ? CimErrorKind.ClassNotFound : (CimErrorKind?)null)
            ?? WsManFaults.KindOfSubcode(subcode) ?? WsManFaults.KindOfStatus(cimStatus) ?? CimErrorKind.Failed;
        var text = texts.Count > 0 ? string.Join(' ', texts) : $"a fault without text{(subcode is null ? string.Empty : $", {subcode}")}";
        var during = operation is null ? string.Empty : $" during {operation}{(about is null ? string.Empty : $" of {about}")}";
        return new CimException(kind, $"{what} on {host} failed{during}: {text}{(code is null ? string.Empty : $" (0x{code:X8})")}", code ?? cimStatus);
    }

    private static string Shorten(string text) => text.Length > 200 ? text[..200] + "…" : text;
}
