namespace HvPlatform.HyperVSimulator.Wire;

/// <summary>Namespaces, actions and other URIs of WS-Management (DSP0226, DSP0227, MS-WSMV).</summary>
internal static class WsManNames
{
    public const string Soap = "http://www.w3.org/2003/05/soap-envelope";
    public const string Addressing = "http://schemas.xmlsoap.org/ws/2004/08/addressing";
    public const string Enumeration = "http://schemas.xmlsoap.org/ws/2004/09/enumeration";
    public const string Transfer = "http://schemas.xmlsoap.org/ws/2004/09/transfer";
    public const string Eventing = "http://schemas.xmlsoap.org/ws/2004/08/eventing";
    public const string WsMan = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd";
    public const string Microsoft = "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd";
    public const string CimBinding = "http://schemas.dmtf.org/wbem/wsman/1/cimbinding.xsd";
    public const string Cim = "http://schemas.dmtf.org/wbem/wscim/1/common";
    public const string Identity = "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd";
    public const string Fault = "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault";
    public const string SchemaInstance = "http://www.w3.org/2001/XMLSchema-instance";

    public const string Anonymous = Addressing + "/role/anonymous";
    public const string AddressingFault = Addressing + "/fault";
    public const string EnumerationFault = Enumeration + "/fault";
    public const string WsManFaultAction = "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault";
    public const string FaultDetail = "http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail/";

    public const string Get = Transfer + "/Get";
    public const string Enumerate = Enumeration + "/Enumerate";
    public const string Pull = Enumeration + "/Pull";
    public const string Release = Enumeration + "/Release";

    public const string WmiResource = "http://schemas.microsoft.com/wbem/wsman/1/wmi/";
    public const string DmtfResource = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/";
    public const string DmtfAll = "http://schemas.dmtf.org/wbem/wscim/1/*";
    public const string NamespaceSelector = "__cimnamespace";

    public const string WqlDialect = "http://schemas.microsoft.com/wbem/wsman/1/WQL";
    public const string AssociationDialect = "http://schemas.dmtf.org/wbem/wsman/1/cimbinding/associationFilter";
    public const string SelectorDialect = "http://schemas.dmtf.org/wbem/wsman/1/wsman/SelectorFilter";
}
