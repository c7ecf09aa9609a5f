using System.Text;
using System.Xml;
using HvPlatform.Hypervisors.HyperV.Cim.WsMan;

namespace HvPlatform.HyperVTests.Cim.WsMan;

/// <summary>Envelopes as real hosts and clients sent them.</summary>
internal static class Corpus
{
    public const string EmptyBody = "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Body/></s:Envelope>";

    public static IReadOnlyList<string> Names { get; } =
        [.. typeof(Corpus).Assembly.GetManifestResourceNames().Where(name => name.StartsWith("Corpus/", StringComparison.Ordinal)).Select(name => name["Corpus/".Length..]).Order(StringComparer.Ordinal)];

    public static string Text(string name)
    {
        using var reader = new StreamReader(typeof(Corpus).Assembly.GetManifestResourceStream("Corpus/" + name)!, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    public static EnvelopeReader Read(string name) => Reader(Encoding.UTF8.GetBytes(Text(name)));

    public static EnvelopeReader Reader(string text) => Reader(Encoding.UTF8.GetBytes(text));

    public static EnvelopeReader Reader(byte[] bytes, Encoding? encoding = null) => new(bytes, encoding, new NameTable(), new WsManRequest(null, default, "Test"), "HV1");

    /// <summary>A pull's answer with these items.</summary>
    public static string Pull(string items, string end = "<n:EndOfSequence/>") =>
        $"""
        <s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:n="http://schemas.xmlsoap.org/ws/2004/09/enumeration" xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:cim="http://schemas.dmtf.org/wbem/wscim/1/common" xmlns:p="http://schemas.microsoft.com/wbem/wsman/1/wmi/root/virtualization/v2/Msvm_ComputerSystem"><s:Body><n:PullResponse>{(end.Contains("EndOfSequence", StringComparison.Ordinal) ? string.Empty : end)}<n:Items>{items}</n:Items>{(end.Contains("EndOfSequence", StringComparison.Ordinal) ? end : string.Empty)}</n:PullResponse></s:Body></s:Envelope>
        """;

    public static string Vm(string properties) => Pull($"<p:Msvm_ComputerSystem>{properties}</p:Msvm_ComputerSystem>");
}
