using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Wire;

/// <summary>What a resource URI names.</summary>
/// <param name="Namespace">The CIM namespace, with slashes.</param>
/// <param name="ClassName">The class, or <c>*</c> for a query.</param>
/// <param name="IsDmtf">Whether it came in the DMTF's form, which the answer then uses too.</param>
internal sealed record WsManResource(string Namespace, string ClassName, bool IsDmtf)
{
    /// <summary>
    /// Reads a resource URI in Microsoft's form (<c>…/wmi/root/virtualization/v2/CLASS</c>) or the DMTF's (<c>…/cim-schema/2/CLASS</c> with the namespace in a selector).
    /// <see cref="WsManFault"/> if it is neither.
    /// </summary>
    public static WsManResource Parse(string uri, string? nameSpaceSelector)
    {
        uri = uri.Trim();
        if (uri.StartsWith(WsManNames.WmiResource, StringComparison.OrdinalIgnoreCase))
        {
            var path = uri[WsManNames.WmiResource.Length..];
            var slash = path.LastIndexOf('/');
            if (slash <= 0 || slash == path.Length - 1 || !IsClass(path[(slash + 1)..]))
            {
                throw WsManFault.InvalidResource();
            }

            var nameSpace = path[..slash].ToLowerInvariant();
            if (nameSpaceSelector is not null && !nameSpaceSelector.Equals(nameSpace, StringComparison.OrdinalIgnoreCase))
            {
                throw WsManFault.DifferentNamespaces();
            }

            return new WsManResource(nameSpace, path[(slash + 1)..], IsDmtf: false);
        }

        if (uri.Equals(WsManNames.DmtfAll, StringComparison.OrdinalIgnoreCase))
        {
            return new WsManResource(Normal(nameSpaceSelector), "*", IsDmtf: true);
        }

        if (uri.StartsWith(WsManNames.DmtfResource, StringComparison.OrdinalIgnoreCase) && uri[WsManNames.DmtfResource.Length..] is { Length: > 0 } className && IsClass(className))
        {
            return new WsManResource(Normal(nameSpaceSelector), className, IsDmtf: true);
        }

        throw WsManFault.InvalidResource();
    }

    /// <summary>The path of an endpoint reference whose parts are children of an element, or of an EndpointReference in it; null if there is none.</summary>
    public static CimPath? ReadReference(WireElement element)
    {
        var holder = element.Child(WsManNames.Addressing, "EndpointReference") ?? element;
        if (holder.Child(WsManNames.Addressing, "ReferenceParameters") is not { } parameters || parameters.Child(WsManNames.WsMan, "ResourceURI") is not { } uri)
        {
            return null;
        }

        var selectors = WsManRequest.ReadSelectors(parameters.Child(WsManNames.WsMan, "SelectorSet"), out var nameSpace);
        var resource = Parse(uri.Text, nameSpace);
        return new CimPath(resource.Namespace, resource.ClassName, [.. selectors]);
    }

    private static string Normal(string? nameSpace) => nameSpace is { Length: > 0 } ? nameSpace.ToLowerInvariant() : CimPath.Cimv2;

    private static bool IsClass(string name) => name == "*" || name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
}
