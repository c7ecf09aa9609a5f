namespace HvPlatform.Hypervisors.HyperV.Cim.WsMan;

/// <summary>Namespaces, actions and dialects of WS-Management (DSP0226, DSP0227, MS-WSMV).</summary>
internal static class WsManNames
{
    public const string Soap = "http://www.w3.org/2003/05/soap-envelope";
    public const string Addressing = "http://schemas.xmlsoap.org/ws/2004/08/addressing";
    public const string Anonymous = Addressing + "/role/anonymous";
    public const string Management = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd";
    public const string Microsoft = "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd";
    public const string Enumeration = "http://schemas.xmlsoap.org/ws/2004/09/enumeration";
    public const string Transfer = "http://schemas.xmlsoap.org/ws/2004/09/transfer";
    public const string Binding = "http://schemas.dmtf.org/wbem/wsman/1/cimbinding.xsd";
    public const string Common = "http://schemas.dmtf.org/wbem/wscim/1/common";
    public const string Identity = "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd";
    public const string SchemaInstance = "http://www.w3.org/2001/XMLSchema-instance";
    public const string WqlDialect = "http://schemas.microsoft.com/wbem/wsman/1/WQL";
    public const string AssociationDialect = "http://schemas.dmtf.org/wbem/wsman/1/cimbinding/associationFilter";
    public const string CertificateProfile = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual";

    private const string WmiResource = "http://schemas.microsoft.com/wbem/wsman/1/wmi/";
    private const string CimResource = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/";

    /// <summary>The resource URI of a class; <c>*</c> where a filter names it.</summary>
    public static string Resource(string nameSpace, string className) => $"{WmiResource}{nameSpace}/{className}";

    /// <summary>Namespace and class of a resource URI; the namespace is null for a DMTF URI, which has it in a selector. Null if the URI names no class.</summary>
    public static (string? Namespace, string ClassName)? FromResource(string uri)
    {
        uri = uri.Trim();
        if (uri.StartsWith(CimResource, StringComparison.OrdinalIgnoreCase) && uri.Length > CimResource.Length)
        {
            return (null, uri[CimResource.Length..]);
        }

        if (!uri.StartsWith(WmiResource, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var rest = uri[WmiResource.Length..];
        var slash = rest.LastIndexOf('/');
        return slash > 0 && slash < rest.Length - 1 ? (rest[..slash], rest[(slash + 1)..]) : null;
    }
}
