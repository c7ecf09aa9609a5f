using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using HvPlatform.HyperVSimulator;
using HvPlatform.HyperVSimulator.Control;
using Xunit;

namespace HvPlatform.HyperVTests.Simulator.Wire;

public sealed class HttpTests
{
    private const string Identify = "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" xmlns:i=\"http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd\"><s:Header/><s:Body><i:Identify/></s:Body></s:Envelope>";

    [Fact]
    public async Task Identify_needs_no_authentication_if_it_says_so_and_hides_the_version_then()
    {
        await using var fleet = await HyperVFleet.StartAsync(new HyperVFleetOptions());
        using var client = new HttpClient();
        using var request = Request(fleet.Hosts[0].Address, Identify);
        request.Headers.Add("WSMANIDENTIFY", "unauthenticated");
        using var answer = await client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains("OS: 0.0.0 SP: 0.0 Stack: 3.0", await answer.Content.ReadAsStringAsync());
        Assert.Contains("OS: 10.0.20348", await (await SendBasic(client, fleet.Hosts[0].Address)).Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData(true, true, "Negotiate|Basic realm=\"WSMAN\"")]
    [InlineData(true, false, "Negotiate")]
    [InlineData(false, true, "Basic realm=\"WSMAN\"")]
    public async Task A_challenge_has_a_header_for_each_scheme_that_is_offered(bool ntlm, bool basic, string expected)
    {
        await using var fleet = await HyperVFleet.StartAsync(new HyperVFleetOptions { Ntlm = ntlm, Basic = basic });
        using var client = new HttpClient();
        using var answer = await client.SendAsync(Request(new Uri(fleet.Hosts[0].Address + "/"), Identify));
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal(expected.Split('|'), answer.Headers.NonValidated["WWW-Authenticate"]);
    }

    [Fact]
    public async Task Basic_over_HTTP_is_refused_unless_it_is_allowed_and_with_a_wrong_password()
    {
        await using var closed = await HyperVFleet.StartAsync(new HyperVFleetOptions { AllowUnencrypted = false });
        await using var open = await HyperVFleet.StartAsync(new HyperVFleetOptions());
        using var client = new HttpClient();
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendBasic(client, closed.Hosts[0].Address)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendBasic(client, open.Hosts[0].Address, "wrong")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await SendBasic(client, open.Hosts[0].Address)).StatusCode);
    }

    [Fact]
    public async Task HTTPS_has_the_fleets_certificate_and_takes_client_certificates()
    {
        using var own = ClientCertificate();
        await using var fleet = await HyperVFleet.StartAsync(new HyperVFleetOptions { Https = true, ClientCertificates = new Dictionary<string, string> { [own.GetCertHashString(HashAlgorithmName.SHA256)] = "operator" } });
        var pin = fleet.Certificate!.GetCertHashString();
        Assert.Equal(HttpStatusCode.OK, await Send(own));
        using var stranger = ClientCertificate();
        Assert.Equal(HttpStatusCode.Unauthorized, await Send(stranger));

        async Task<HttpStatusCode> Send(X509Certificate2 certificate)
        {
            using var handler = new SocketsHttpHandler
            {
                SslOptions = new SslClientAuthenticationOptions
                {
                    ClientCertificates = [certificate],
                    RemoteCertificateValidationCallback = (_, given, _, _) => given?.GetCertHashString() == pin,
                },
            };
            using var client = new HttpClient(handler);
            using var request = Request(fleet.Hosts[0].SecureAddress!, Identify);
            request.Headers.TryAddWithoutValidation("Authorization", "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual");
            using var answer = await client.SendAsync(request);
            return answer.StatusCode;
        }
    }

    [Fact]
    public async Task What_is_no_request_of_the_protocol_is_answered_and_does_not_end_the_service()
    {
        await using var fleet = await HyperVFleet.StartAsync(new HyperVFleetOptions());
        var address = fleet.Hosts[0].Address;
        using var client = new HttpClient();
        Assert.Equal(HttpStatusCode.NotFound, (await client.SendAsync(Request(new Uri(address, "/other"), Identify))).StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await client.GetAsync(address)).StatusCode);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await SendBasic(client, address, mediaType: "text/plain")).StatusCode);
        Assert.Equal(HttpStatusCode.InternalServerError, (await SendBasic(client, address, body: "<x")).StatusCode);
        Assert.Equal(HttpStatusCode.InternalServerError, (await SendBasic(client, address, body: new string('x', 1_000_000))).StatusCode);
        using var garbage = Request(address, Identify);
        garbage.Headers.TryAddWithoutValidation("Authorization", "Negotiate !!!");
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.SendAsync(garbage)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await SendBasic(client, address)).StatusCode);
    }

    [Fact]
    public async Task UTF16_is_read_too()
    {
        await using var fleet = await HyperVFleet.StartAsync(new HyperVFleetOptions());
        using var client = new HttpClient();
        using var request = Request(fleet.Hosts[0].Address, Identify);
        request.Headers.Authorization = Basic("Passw0rd!");
        request.Content = new ByteArrayContent(Encoding.Unicode.GetPreamble().Concat(Encoding.Unicode.GetBytes(Identify)).ToArray());
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/soap+xml;charset=UTF-16");
        Assert.Equal(HttpStatusCode.OK, (await client.SendAsync(request)).StatusCode);
    }

    [Fact]
    public async Task Faults_strike_as_often_as_they_were_told_to()
    {
        await using var fleet = await HyperVFleet.StartAsync(new HyperVFleetOptions());
        var host = fleet.Hosts[0];
        using var client = new HttpClient();
        host.Faults.Add(new WireFault { Kind = WireFaultKind.Unauthorized, Count = 2, Method = "Identify" });
        host.Faults.Add(new WireFault { Kind = WireFaultKind.BrokenXml, Method = "Pull" });
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendBasic(client, host.Address)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendBasic(client, host.Address)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await SendBasic(client, host.Address)).StatusCode);
        Assert.Equal(WireFaultKind.BrokenXml, Assert.Single(host.Faults.List()).Fault.Kind);
        host.Faults.Clear();

        host.Faults.Add(new WireFault { Kind = WireFaultKind.BrokenXml });
        Assert.ThrowsAny<System.Xml.XmlException>(() => System.Xml.Linq.XElement.Parse(Text().GetAwaiter().GetResult()));
        host.Faults.Add(new WireFault { Kind = WireFaultKind.Busy });
        Assert.Equal(HttpStatusCode.InternalServerError, (await SendBasic(client, host.Address)).StatusCode);
        foreach (var kind in (WireFaultKind[])[WireFaultKind.DroppedConnection, WireFaultKind.LostReply, WireFaultKind.TruncatedReply])
        {
            host.Faults.Add(new WireFault { Kind = kind });
            await Assert.ThrowsAnyAsync<HttpRequestException>(Text);
        }

        host.Faults.Add(new WireFault { Kind = WireFaultKind.Delay, DelaySeconds = 0.01 });
        Assert.Equal(HttpStatusCode.OK, (await SendBasic(client, host.Address)).StatusCode);
        Assert.Empty(host.Faults.List());

        async Task<string> Text() => await (await SendBasic(client, host.Address)).Content.ReadAsStringAsync();
    }

    [Fact]
    public async Task A_host_that_was_cut_off_refuses_connections_and_comes_back_on_its_port()
    {
        await using var fleet = await HyperVFleet.StartAsync(new HyperVFleetOptions { Hosts = 2 });
        using var client = new HttpClient();
        var host = fleet["hv2"];
        Assert.Equal(HttpStatusCode.OK, (await SendBasic(client, host.Address)).StatusCode);
        await host.DisconnectAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => SendBasic(client, host.Address));
        Assert.Equal(HttpStatusCode.OK, (await SendBasic(client, fleet["HV1"].Address)).StatusCode);
        await host.ConnectAsync();
        Assert.Equal(HttpStatusCode.OK, (await SendBasic(client, host.Address)).StatusCode);
    }

    [Fact]
    public async Task The_control_endpoint_does_what_the_object_does()
    {
        await using var fleet = await HyperVFleet.StartAsync(new HyperVFleetOptions { ControlPort = 0 });
        using var client = new HttpClient { BaseAddress = fleet.ControlAddress };
        Assert.Equal(HttpStatusCode.OK, (await Post("/hosts/HV1/faults", "{\"kind\":\"LostReply\",\"count\":3,\"method\":\"RequestStateChange\"}")).StatusCode);
        Assert.Equal(3, Assert.Single(fleet.Hosts[0].Faults.List()).Fault.Count);
        Assert.Contains("\"kind\":\"LostReply\"", await client.GetStringAsync("/hosts/HV1/faults"));
        Assert.Equal(HttpStatusCode.BadRequest, (await Post("/hosts/HV1/faults", "{\"kind\":\"Nonsense\"}")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await Post("/hosts/HV1/faults", "{\"kind\":\"Delay\",\"count\":0}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await Post("/hosts/HV9/faults", "{\"kind\":\"Delay\"}")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.DeleteAsync("/hosts/HV1/faults")).StatusCode);
        Assert.Empty(fleet.Hosts[0].Faults.List());
        Assert.Equal(HttpStatusCode.OK, (await Post("/hosts/HV1/disconnect", string.Empty)).StatusCode);
        Assert.False(fleet.Hosts[0].IsUp);
        Assert.Contains("\"isUp\":true", await (await Post("/hosts/HV1/connect", string.Empty)).Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.OK, (await Post("/hosts/HV1/jobs", "{\"slowness\":4}")).StatusCode);
        Assert.Equal(4, fleet.Hosts[0].Model.Jobs.Slowness);

        Task<HttpResponseMessage> Post(string path, string json) => client.PostAsync(path, new StringContent(json, Encoding.UTF8, "application/json"));
    }

    private static async Task<HttpResponseMessage> SendBasic(HttpClient client, Uri address, string password = "Passw0rd!", string body = Identify, string mediaType = "application/soap+xml")
    {
        using var request = Request(address, body, mediaType);
        request.Headers.Authorization = Basic(password);
        return await client.SendAsync(request);
    }

    private static AuthenticationHeaderValue Basic(string password) => new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes("Administrator:" + password)));

    private static HttpRequestMessage Request(Uri address, string body, string mediaType = "application/soap+xml") =>
        new(HttpMethod.Post, address) { Content = new StringContent(body, Encoding.UTF8, mediaType) };

    private static X509Certificate2 ClientCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var made = new CertificateRequest("CN=client", key, HashAlgorithmName.SHA256).CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
    }
}
