using System.Net.Security;
using System.Text;
using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.Hypervisors.HyperV.Cim.WsMan;
using Xunit;

namespace HvPlatform.HyperVTests.Cim.WsMan;

/// <summary>Hosts that answer what they should not: a clear error, bounded memory, and nothing taken for what it is not.</summary>
public sealed class HostileHostTests
{
    private static readonly CimPath Vm = new("Msvm_ComputerSystem", ("CreationClassName", "Msvm_ComputerSystem"), ("Name", "A"));

    [Theory]
    [InlineData(200, "text/html", "<html>Welcome to the proxy</html>", CimErrorKind.Malformed, "text/html")]
    [InlineData(200, "application/soap+xml;charset=ISO-8859-1", "<a/>", CimErrorKind.Malformed, "ISO-8859-1")]
    [InlineData(200, "application/soap+xml;charset=UTF-16", "<a/>", CimErrorKind.Malformed, "not well-formed")]
    [InlineData(200, "application/soap+xml", "", CimErrorKind.Malformed, "without a body")]
    [InlineData(200, "application/soap+xml", "<a/>", CimErrorKind.Malformed, "no SOAP 1.2 envelope")]
    [InlineData(200, "application/soap+xml", "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body/></s:Envelope>", CimErrorKind.Malformed, "no SOAP 1.2 envelope")]
    [InlineData(200, "application/soap+xml", Corpus.EmptyBody, CimErrorKind.Malformed, "body is empty")]
    [InlineData(500, "application/soap+xml", Corpus.EmptyBody, CimErrorKind.Malformed, "body is empty")]
    [InlineData(401, "application/soap+xml", "", CimErrorKind.Authentication, "401")]
    [InlineData(403, "text/html", "no", CimErrorKind.AccessDenied, "403")]
    [InlineData(404, "text/html", "no", CimErrorKind.Failed, "/wsman")]
    [InlineData(302, "text/html", "no", CimErrorKind.Failed, "302")]
    [InlineData(503, "text/html", "no", CimErrorKind.Busy, "503")]
    public async Task WrongAnswers_AreClearErrors(int status, string contentType, string body, CimErrorKind kind, string text)
    {
        await using var host = HostileHost.Always(body, status, contentType);
        await using var session = new WsManSession(host.Options);
        var error = await Assert.ThrowsAsync<CimException>(() => session.GetAsync(Vm, default));
        Assert.Equal(kind, error.Kind);
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NoHttp_IsMalformed()
    {
        await using var host = new HostileHost(async (_, stream, cancel) =>
        {
            await stream.WriteAsync("SSH-2.0-OpenSSH_9\r\n\r\n"u8.ToArray(), cancel);
            stream.Close();
        });
        await using var session = new WsManSession(host.Options);
        Assert.Equal(CimErrorKind.Malformed, (await Assert.ThrowsAsync<CimException>(() => session.GetAsync(Vm, default))).Kind);
    }

    [Fact]
    public async Task EndlessAnswer_IsCutOff()
    {
        var sent = 0L;
        await using var host = new HostileHost(async (_, stream, cancel) =>
        {
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\nTransfer-Encoding: chunked\r\n\r\n"u8.ToArray(), cancel);
            var chunk = Encoding.ASCII.GetBytes("10000\r\n" + new string(' ', 0x10000) + "\r\n");
            while (true)
            {
                await stream.WriteAsync(chunk, cancel);
                sent += chunk.Length;
            }
        });
        await using var session = new WsManSession(host.Options);
        Assert.Equal(CimErrorKind.TooLarge, (await Assert.ThrowsAsync<CimException>(() => session.GetAsync(Vm, default))).Kind);
        Assert.InRange(sent, 1, 64 * 1024 * 1024);
    }

    [Fact]
    public async Task AnnouncedTooLarge_IsNotRead()
    {
        await using var host = new HostileHost((_, stream, cancel) =>
            stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\nContent-Length: 99999999999\r\n\r\n"u8.ToArray(), cancel).AsTask());
        await using var session = new WsManSession(host.Options);
        Assert.Equal(CimErrorKind.TooLarge, (await Assert.ThrowsAsync<CimException>(() => session.GetAsync(Vm, default))).Kind);
    }

    [Fact]
    public async Task SilentHost_IsATimeout_AndACallIsInDoubt()
    {
        await using var host = new HostileHost((_, _, cancel) => Task.Delay(Timeout.Infinite, cancel));
        await using var session = new WsManSession(host.Options with { OperationTimeout = TimeSpan.FromMilliseconds(100), ReplyGrace = TimeSpan.FromMilliseconds(50) });
        Assert.Equal(CimErrorKind.Timeout, (await Assert.ThrowsAsync<CimException>(() => session.InvokeAsync(Vm, "RequestStateChange", new CimInstance("x"), default))).Kind);
        Assert.Single(host.Requests);
        Assert.Contains("<w:OperationTimeout>PT0.1S</w:OperationTimeout>", host.Requests.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnswerInClear_IsRefusedWhereMessagesAreSealed()
    {
        await using var host = HostileHost.Always(Corpus.Text("identify-response"));
        await using var session = new WsManSession(host.Options with { Authentication = WsManAuthentication.Ntlm });
        var error = await Assert.ThrowsAsync<CimException>(() => session.IdentifyAsync(default));
        Assert.Equal(CimErrorKind.Authentication, error.Kind);
        Assert.All(host.Requests, Assert.Empty);
    }

    [Fact]
    public void AnswerInClear_AfterAuthentication_IsRefused()
    {
        using var authentication = new NegotiateAuthentication(new NegotiateAuthenticationClientOptions { Package = "NTLM", Credential = WireHost.Account });
        var answer = new HttpAnswer(200, "application/soap+xml;charset=UTF-8", [], Encoding.UTF8.GetBytes(Corpus.Text("identify-response")));
        var error = Assert.Throws<CimException>(() => Sealing.Open(authentication, answer, new WsManOptions { Address = new Uri("http://hv1/wsman") }));
        Assert.Contains("not encrypted", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<!DOCTYPE s [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;\">]>")]
    [InlineData("<!DOCTYPE s SYSTEM \"file:///etc/passwd\">")]
    public void DocumentTypes_AreRefused(string doctype) =>
        Assert.Equal(CimErrorKind.Malformed, Assert.Throws<CimException>(() => Corpus.Reader(doctype + Corpus.Text("pull-computer-system")).Part(null)).Kind);

    [Theory]
    [InlineData("Body")]
    [InlineData("Header")]
    public void DeepNesting_IsRefused(string where)
    {
        var deep = string.Concat(Enumerable.Repeat("<a>", 100_000));
        var error = Assert.Throws<CimException>(() => Corpus.Reader($"<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope'><s:{where}>{deep}").Part(null));
        Assert.Equal(CimErrorKind.Malformed, error.Kind);
    }

    [Theory]
    [InlineData("<p:EnabledState>seven</p:EnabledState>", "EnabledState")]
    [InlineData("<p:EnabledState>-1</p:EnabledState>", "EnabledState")]
    [InlineData("<p:EnabledState>65536</p:EnabledState>", "EnabledState")]
    [InlineData("<p:EnabledState></p:EnabledState>", "EnabledState")]
    [InlineData("<p:EnabledState>2</p:EnabledState><p:EnabledState>3</p:EnabledState>", "EnabledState")]
    [InlineData("<p:EnabledState><cim:Datetime>2026-01-01T00:00:00Z</cim:Datetime></p:EnabledState>", "EnabledState")]
    [InlineData("<p:InstallDate>yesterday</p:InstallDate>", "InstallDate")]
    [InlineData("<p:InstallDate><cim:Datetime>2026-13-01T00:00:00Z</cim:Datetime></p:InstallDate>", "InstallDate")]
    [InlineData("<p:InstallDate><cim:Interval>-P1D</cim:Interval></p:InstallDate>", "InstallDate")]
    [InlineData("<p:InstallDate><cim:Interval>P99999999999999999D</cim:Interval></p:InstallDate>", "InstallDate")]
    [InlineData("<p:ElementName><a:Address/><a:ReferenceParameters><w:ResourceURI>http://schemas.microsoft.com/wbem/wsman/1/wmi/root/virtualization/v2/X</w:ResourceURI></a:ReferenceParameters></p:ElementName>", "ElementName")]
    [InlineData("<p:ElementName><p:x>1</p:x></p:ElementName>", "ElementName")]
    [InlineData("<p:ElementName>a<p:x>1</p:x></p:ElementName>", "middle of a text")]
    [InlineData("<p:OperationalStatus>2</p:OperationalStatus><p:Name>A</p:Name><p:OperationalStatus>3</p:OperationalStatus>", "OperationalStatus")]
    [InlineData("<p:OperationalStatus>2</p:OperationalStatus><p:OperationalStatus xsi:nil=\"true\"/>", "OperationalStatus")]
    [InlineData("stray text", "text stands")]
    public void Lies_AreMalformed_WithClassAndProperty(string properties, string text)
    {
        var error = Assert.Throws<CimException>(() => Corpus.Reader(Corpus.Vm(properties)).Part(null));
        Assert.Equal(CimErrorKind.Malformed, error.Kind);
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
        Assert.Contains("Test on HV1", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("<n:EnumerationContext/>")]
    [InlineData("<n:EnumerationContext>1</n:EnumerationContext><n:EnumerationContext>2</n:EnumerationContext>")]
    public void EnumerationsWithNoOrTwoContexts_AreMalformed(string contexts) =>
        Assert.Equal(CimErrorKind.Malformed, Assert.Throws<CimException>(() => Corpus.Reader(Corpus.Pull(string.Empty, contexts)).Part(null)).Kind);

    [Fact]
    public void CutShort_IsMalformed_WhereverItIsCut()
    {
        var whole = Encoding.UTF8.GetBytes(Corpus.Text("pull-references").TrimEnd());
        for (var length = 0; length < whole.Length; length += 5)
        {
            var bytes = whole[..length];
            Assert.Equal(CimErrorKind.Malformed, Assert.Throws<CimException>(() => Corpus.Reader(bytes).Part(null)).Kind);
        }
    }

    [Fact]
    public async Task AnotherRequestsAnswer_IsRefused()
    {
        await using var host = HostileHost.Always(Corpus.Text("get-storage-job"));
        await using var session = new WsManSession(host.Options);
        Assert.Contains("another request", (await Assert.ThrowsAsync<CimException>(() => session.GetAsync(Vm, default))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EnumerationThatNeverEnds_EndsHere_AndIsReleased()
    {
        await using var host = HostileHost.Always(Corpus.Pull("<p:Msvm_ComputerSystem/>", "<n:EnumerationContext>same</n:EnumerationContext>"));
        await using var session = new WsManSession(host.Options with { MaxInstances = 50 });
        var error = await Assert.ThrowsAsync<CimException>(() => session.EnumerateAsync(CimPath.Virtualization, "Msvm_ComputerSystem", default).ToListAsync().AsTask());
        Assert.Equal(CimErrorKind.TooLarge, error.Kind);
        Assert.Contains("/Release<", host.Requests.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task EnumerationOfNothing_Ends()
    {
        await using var host = HostileHost.Always(Corpus.Pull(string.Empty, "<n:EnumerationContext>same</n:EnumerationContext>"));
        await using var session = new WsManSession(host.Options);
        var error = await Assert.ThrowsAsync<CimException>(() => session.EnumerateAsync(CimPath.Virtualization, "Msvm_ComputerSystem", default).ToListAsync().AsTask());
        Assert.Equal(CimErrorKind.Malformed, error.Kind);
        Assert.InRange(host.Requests.Count, 10, 30);
    }

    [Fact]
    public async Task ConsumerThatStopsEarly_ReleasesTheEnumeration()
    {
        await using var host = HostileHost.Always(Corpus.Pull("<p:Msvm_ComputerSystem/>", "<n:EnumerationContext>the one</n:EnumerationContext>"));
        await using var session = new WsManSession(host.Options);
        await session.EnumerateAsync(CimPath.Virtualization, "Msvm_ComputerSystem", default).FirstAsync();
        Assert.Equal(2, host.Requests.Count);
        Assert.Contains("<n:Release xmlns:n=\"http://schemas.xmlsoap.org/ws/2004/09/enumeration\"><n:EnumerationContext>the one</n:EnumerationContext></n:Release>", host.Requests.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnswerOverTheEnvelopeLimit_IsAskedForWithFewerInstances_AlsoTheNextTime()
    {
        const string Fault = "<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope' xmlns:w='http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd'><s:Body><s:Fault><s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>w:EncodingLimit</s:Value></s:Subcode></s:Code></s:Fault></s:Body></s:Envelope>";
        await using var host = new HostileHost((body, stream, _) =>
            body.Contains("MaxElements>2000<", StringComparison.Ordinal) || (body.Contains("MaxElements>1000<", StringComparison.Ordinal) && body.Contains("Pull", StringComparison.Ordinal))
                ? HostileHost.WriteAsync(stream, Fault, 500)
                : HostileHost.WriteAsync(stream, body.Contains("Pull", StringComparison.Ordinal) ? Corpus.Vm("<p:Name>B</p:Name>") : Corpus.Pull("<p:Msvm_ComputerSystem><p:Name>A</p:Name></p:Msvm_ComputerSystem>", "<n:EnumerationContext>c</n:EnumerationContext>")));
        await using var session = new WsManSession(host.Options);
        var names = await session.EnumerateAsync(CimPath.Virtualization, "Msvm_ComputerSystem", default).Select(vm => vm.String("Name")).ToListAsync();
        Assert.Equal(["A", "B"], names);
        Assert.Equal(4, host.Requests.Count);
        Assert.Equal(2, await session.EnumerateAsync(CimPath.Virtualization, "Msvm_ComputerSystem", default).CountAsync());
        Assert.Equal(6, host.Requests.Count);
    }

    [Fact]
    public async Task NamespaceSelector_IsNeverSent()
    {
        await using var host = HostileHost.Always(Corpus.Vm(string.Empty));
        await using var session = new WsManSession(host.Options);
        await session.QueryAsync(CimPath.Virtualization, "SELECT * FROM Msvm_ComputerSystem", default).ToListAsync();
        var request = host.Requests.Single();
        Assert.DoesNotContain("__cimnamespace", request, StringComparison.Ordinal);
        Assert.Contains("<w:ResourceURI s:mustUnderstand=\"true\">http://schemas.microsoft.com/wbem/wsman/1/wmi/root/virtualization/v2/*</w:ResourceURI>", request, StringComparison.Ordinal);
        Assert.Contains("<w:MaxEnvelopeSize s:mustUnderstand=\"true\">65536</w:MaxEnvelopeSize>", request, StringComparison.Ordinal);
    }
}
