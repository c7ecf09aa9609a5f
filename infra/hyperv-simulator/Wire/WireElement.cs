using System.Xml;

namespace HvPlatform.HyperVSimulator.Wire;

/// <summary>An element of a request, read whole with limits on depth and size: what a client sends is small, and nothing in it is trusted.</summary>
internal sealed class WireElement
{
    private const int MaxDepth = 32;
    private const int MaxElements = 50_000;

    private WireElement(string name, string nameSpace)
    {
        Name = name;
        Namespace = nameSpace;
    }

    /// <summary>Its local name.</summary>
    public string Name { get; }

    /// <summary>Its namespace.</summary>
    public string Namespace { get; }

    /// <summary>Its own text, white space and all; the concatenation where children interrupt it.</summary>
    public string Text { get; private set; } = string.Empty;

    /// <summary>Its children.</summary>
    public List<WireElement> Children { get; } = [];

    private List<(string Name, string Namespace, string Value)> Attributes { get; } = [];

    /// <summary>Whether <c>xsi:nil</c> says that it has no value.</summary>
    public bool IsNil => Attribute("nil", WsManNames.SchemaInstance) is "true" or "1";

    /// <summary>The first child of this name, or null.</summary>
    public WireElement? Child(string nameSpace, string name) => Children.Find(child => child.Name == name && child.Namespace == nameSpace);

    /// <summary>An attribute's value, or null.</summary>
    public string? Attribute(string name, string nameSpace = "")
    {
        foreach (var attribute in Attributes)
        {
            if (attribute.Name == name && attribute.Namespace == nameSpace)
            {
                return attribute.Value;
            }
        }

        return null;
    }

    /// <summary>Reads a document. <see cref="XmlException"/> if it is none, has a document type or exceeds a limit.</summary>
    public static WireElement Read(TextReader text, int maxCharacters)
    {
        using var reader = XmlReader.Create(text, new XmlReaderSettings
        {
            DtdProcessing = DtdProcessing.Prohibit,
            XmlResolver = null,
            MaxCharactersInDocument = maxCharacters,
            IgnoreComments = true,
            IgnoreProcessingInstructions = true,
        });
        var open = new Stack<WireElement>();
        WireElement? root = null;
        var count = 0;
        while (reader.Read())
        {
            switch (reader.NodeType)
            {
                case XmlNodeType.Element:
                    if (++count > MaxElements || open.Count >= MaxDepth)
                    {
                        throw new XmlException($"More than {MaxElements} elements, or nested deeper than {MaxDepth}.");
                    }

                    var element = Start(reader);
                    if (open.TryPeek(out var parent))
                    {
                        parent.Children.Add(element);
                    }

                    root ??= element;
                    if (!reader.IsEmptyElement)
                    {
                        open.Push(element);
                    }

                    break;
                case XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.SignificantWhitespace or XmlNodeType.Whitespace when open.TryPeek(out var owner):
                    owner.Text = owner.Text.Length == 0 ? reader.Value : owner.Text + reader.Value;
                    break;
                case XmlNodeType.EndElement:
                    open.Pop();
                    break;
            }
        }

        return root ?? throw new XmlException("There is no element.");
    }

    private static WireElement Start(XmlReader reader)
    {
        var element = new WireElement(reader.LocalName, reader.NamespaceURI);
        if (reader.MoveToFirstAttribute())
        {
            do
            {
                element.Attributes.Add((reader.LocalName, reader.NamespaceURI, reader.Value));
            }
            while (reader.MoveToNextAttribute());
            reader.MoveToElement();
        }

        return element;
    }
}
