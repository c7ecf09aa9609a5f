using System.Text;
using System.Xml;

namespace HvPlatform.Hypervisors.HyperV.Cim.WsMan;

/// <summary>Moves through an answer's elements. Depth is bounded, document types are refused, comments and processing instructions passed over.</summary>
internal sealed class XmlCursor : IDisposable
{
    private const int MaxDepth = 32;

    private readonly char[] number = new char[64];

    public XmlCursor(ArraySegment<byte> answer, Encoding? encoding, XmlNameTable names)
    {
        var settings = new XmlReaderSettings
        {
            DtdProcessing = DtdProcessing.Prohibit,
            XmlResolver = null,
            NameTable = names,
            IgnoreComments = true,
            IgnoreProcessingInstructions = true,
        };
        var stream = new MemoryStream(answer.Array!, answer.Offset, answer.Count, writable: false);
        Xml = encoding is null ? XmlReader.Create(stream, settings) : XmlReader.Create(new StreamReader(stream, encoding), settings);
    }

    public XmlReader Xml { get; }

    /// <summary>Goes to the root element.</summary>
    public void Root() => Xml.MoveToContent();

    /// <summary>Goes into the element it stands on, and says at what depth it was; <see cref="NextChild"/> then gives its child elements.</summary>
    public int Enter()
    {
        var depth = Xml.Depth;
        if (depth > MaxDepth)
        {
            throw Wrong($"it is nested deeper than {MaxDepth}");
        }

        if (Xml.IsEmptyElement)
        {
            Xml.Read();
            return -1;
        }

        Xml.Read();
        return depth;
    }

    /// <summary>Stands on the next child element, which the caller must read past; false at the parent's end, which it goes past.</summary>
    public bool NextChild(int parentDepth)
    {
        if (parentDepth < 0)
        {
            return false;
        }

        while (true)
        {
            switch (Xml.NodeType)
            {
                case XmlNodeType.Element:
                    return true;
                case XmlNodeType.EndElement:
                    Xml.Read();
                    return false;
                case XmlNodeType.Text or XmlNodeType.CDATA:
                    throw Wrong("text stands where elements belong");
                default:
                    if (!Xml.Read())
                    {
                        throw Wrong("it ends too early");
                    }

                    break;
            }
        }
    }

    /// <summary>The text of an element that has no elements, and goes past it.</summary>
    public string Text() => Scalar() ?? throw Wrong($"'{Xml.LocalName}' stands where text belongs");

    /// <summary>The text of the element, and goes past it; null if it has child elements, and then stands on the first.</summary>
    public string? Scalar()
    {
        if (Xml.IsEmptyElement)
        {
            Xml.Read();
            return string.Empty;
        }

        Xml.Read();
        return Rest();
    }

    /// <summary>
    /// Like <see cref="Scalar"/>, but a short text is given as a span that is valid until the next call; <paramref name="text"/> is set instead if it was not short, or
    /// not in one piece. False if there are child elements.
    /// </summary>
    public bool ShortScalar(out ReadOnlySpan<char> characters, out string? text)
    {
        characters = default;
        text = null;
        if (Xml.IsEmptyElement)
        {
            Xml.Read();
            return true;
        }

        Xml.Read();
        if (Xml.NodeType is XmlNodeType.Text)
        {
            var length = Xml.ReadValueChunk(number, 0, number.Length);
            if (length < number.Length - 1)
            {
                Xml.Read();
                if (Xml.NodeType is XmlNodeType.EndElement)
                {
                    Xml.Read();
                    characters = number.AsSpan(0, length);
                    return true;
                }

                text = new string(number, 0, length) + (Rest() ?? throw Wrong($"'{Xml.LocalName}' stands in the middle of a text"));
                return true;
            }

            text = new string(number, 0, length) + (Rest() ?? throw Wrong($"'{Xml.LocalName}' stands in the middle of a text"));
            return true;
        }

        text = Rest();
        return text is not null;
    }

    private string? Rest()
    {
        string? text = null;
        while (true)
        {
            switch (Xml.NodeType)
            {
                case XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.Whitespace or XmlNodeType.SignificantWhitespace:
                    text += Xml.Value;
                    break;
                case XmlNodeType.EndElement:
                    Xml.Read();
                    return text ?? string.Empty;
                case XmlNodeType.Element when string.IsNullOrWhiteSpace(text):
                    return null;
                case XmlNodeType.Element:
                    throw Wrong($"'{Xml.LocalName}' stands in the middle of a text");
                case XmlNodeType.None:
                    throw Wrong("it ends too early");
            }

            Xml.Read();
        }
    }

    /// <summary>Goes past the element with all it holds. Gives null, so that it can stand where a value is read.</summary>
    public string? Skip()
    {
        var depth = Xml.Depth;
        while (Xml.Read() && Xml.Depth > depth)
        {
            if (Xml.Depth > MaxDepth)
            {
                throw Wrong($"it is nested deeper than {MaxDepth}");
            }
        }

        if (Xml.NodeType is XmlNodeType.EndElement && Xml.Depth == depth)
        {
            Xml.Read();
        }

        return null;
    }

    /// <summary>Reads to the end, so that an answer cut short is not taken for a whole one.</summary>
    public void Finish()
    {
        while (Xml.Read())
        {
            if (Xml.Depth > MaxDepth)
            {
                throw Wrong($"it is nested deeper than {MaxDepth}");
            }
        }
    }

    public CimException Wrong(string what) => new(CimErrorKind.Malformed, $"the answer is not what WS-Management says: {what}{((Xml as IXmlLineInfo)?.HasLineInfo() == true ? $" (character {((IXmlLineInfo)Xml).LinePosition} of line {((IXmlLineInfo)Xml).LineNumber})" : string.Empty)}.");

    public void Dispose() => Xml.Dispose();
}
