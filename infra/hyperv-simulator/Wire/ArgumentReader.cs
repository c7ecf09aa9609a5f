using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Wire;

/// <summary>Reads the arguments of a method from the body of a request, each typed as the schema's parameter is. What does not fit is a <see cref="WsManFault"/>.</summary>
internal static class ArgumentReader
{
    /// <summary>Reads <c>METHOD_INPUT</c>. A parameter that was sent as nil is there with the value null; one that was not sent is absent.</summary>
    /// <param name="body">The body; may be empty if there are no arguments.</param>
    /// <param name="methodName">The method's name.</param>
    /// <param name="method">Its declaration, or null if the schema has none: then arguments are texts.</param>
    public static CimInstance Read(WireElement body, string methodName, CimMethod? method)
    {
        var arguments = new CimInstance(methodName + "_INPUT");
        if (body.Children.Count == 0)
        {
            return arguments;
        }

        var input = body.Children[0];
        if (body.Children.Count > 1 || !input.Name.Equals(methodName + "_INPUT", StringComparison.OrdinalIgnoreCase))
        {
            throw WsManFault.InvalidBody($"{methodName}_INPUT was expected, not {input.Name}.");
        }

        foreach (var group in input.Children.GroupBy(child => child.Name, StringComparer.OrdinalIgnoreCase))
        {
            var parameter = method?.Parameters.FirstOrDefault(one => one.In && one.Property.Name.Equals(group.Key, StringComparison.OrdinalIgnoreCase))?.Property;
            if (method is not null && parameter is null)
            {
                throw WsManFault.InvalidParameter(group.Key);
            }

            arguments[parameter?.Name ?? group.Key] = Value(parameter ?? new CimProperty(group.Key, CimType.String, IsArray: false, IsKey: false, ClassName: null), [.. group]);
        }

        return arguments;
    }

    private static object? Value(CimProperty property, List<WireElement> elements)
    {
        if (elements is [{ IsNil: true }])
        {
            return null;
        }

        if (!property.IsArray)
        {
            return elements.Count == 1 ? Scalar(property, elements[0]) : throw WsManFault.ParameterType(property.Name, "not an array");
        }

        if (property.Type is CimType.UInt8 && elements is [var only] && !CimText.TryParse(CimType.UInt8, only.Text, out _))
        {
            return Base64(property, only.Text);
        }

        return CimText.ToArray(property.Type, [.. elements.Select(element => Scalar(property, element))]);
    }

    private static object Scalar(CimProperty property, WireElement element)
    {
        switch (property.Type)
        {
            case CimType.Reference:
                return WsManResource.ReadReference(element) ?? throw WsManFault.ParameterType(property.Name, "a reference");
            case CimType.Instance:
                return Embedded(property, element);
            case CimType.DateTime:
                var text = element.Child(WsManNames.Cim, "Datetime")?.Text ?? element.Child(WsManNames.Cim, "Interval")?.Text ?? element.Text;
                return WsManText.TryDateTime(text, out var moment) ? moment : throw WsManFault.ParameterType(property.Name, "a datetime");
            default:
                return element.Children.Count == 0 && CimText.TryParse(property.Type, element.Text, out var value) && value is not null
                    ? value
                    : throw WsManFault.ParameterType(property.Name, CimText.Name(property.Type));
        }
    }

    /// <summary>An embedded object: its class is what the parameter says, or what <c>xsi:type</c> does.</summary>
    private static CimInstance Embedded(CimProperty property, WireElement element)
    {
        var typed = element.Attribute("type", WsManNames.SchemaInstance)?.Split(':')[^1];
        var className = typed is not null && typed.EndsWith("_Type", StringComparison.Ordinal) ? typed[..^"_Type".Length] : property.ClassName;
        var known = className is null ? null : CimSchema.Instance.Find(className);
        if (known is null)
        {
            throw WsManFault.ParameterType(property.Name, $"an instance of {property.ClassName ?? "a known class"}");
        }

        var instance = new CimInstance(known.Name);
        foreach (var group in element.Children.GroupBy(child => child.Name, StringComparer.OrdinalIgnoreCase))
        {
            var member = known.Property(group.Key) ?? throw WsManFault.InvalidParameter($"{property.Name}.{group.Key}");
            instance[member.Name] = Value(member, [.. group]);
        }

        return instance;
    }

    private static byte[] Base64(CimProperty property, string text)
    {
        try
        {
            return Convert.FromBase64String(text);
        }
        catch (FormatException)
        {
            throw WsManFault.ParameterType(property.Name, "an array of uint8");
        }
    }
}
