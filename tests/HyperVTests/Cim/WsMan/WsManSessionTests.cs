using System.Net;
using System.Security.Cryptography;
using HvPlatform.Hypervisors.HyperV;
using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.Hypervisors.HyperV.Cim.WsMan;
using HvPlatform.HyperVSimulator.Control;
using Xunit;

namespace HvPlatform.HyperVTests.Cim.WsMan;

/// <summary>Sessions over the wire: each way of authentication, everything a session offers, and what passes by itself.</summary>
public sealed class WsManSessionTests
{
    private const string OddName = "Ünïcode <&\"'\\> ]]> \u202E😀\r\n\t";

    [Fact]
    public async Task Basic_OverHttp_WhereAllowed()
    {
        await using var host = await WireHost.StartAsync();
        await using var session = new WsManSession(host.Plain);
        await UseAsync(session, host.Repository);
    }

    [Fact]
    public async Task Ntlm_SealsWhatItSendsOverHttp()
    {
        await using var host = await WireHost.StartAsync(options => options with { AllowUnencrypted = false, Basic = false });
        await using var session = new WsManSession(host.Sealed);
        await UseAsync(session, host.Repository);
        Assert.Equal("NTLM", session.AuthenticatedBy);
    }

    [Theory]
    [InlineData(WsManAuthentication.Ntlm, "NTLM")]
    [InlineData(WsManAuthentication.Negotiate, "NTLM")]
    [InlineData(WsManAuthentication.Basic, "Basic")]
    public async Task Https_WithThePinnedCertificate(WsManAuthentication authentication, string by)
    {
        await using var host = await WireHost.StartAsync();
        await using var session = new WsManSession(host.Secure with { Authentication = authentication });
        await UseAsync(session, host.Repository);
        Assert.Equal(by, session.AuthenticatedBy);
    }

    [Fact]
    public async Task Https_WithAClientCertificate()
    {
        using var certificate = WireHost.MakeCertificate("CN=operator");
        await using var host = await WireHost.StartAsync(options => options with
        {
            Basic = false,
            Ntlm = false,
            ClientCertificates = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { [certificate.GetCertHashString(HashAlgorithmName.SHA256)] = "Administrator" },
        });
        await using var session = new WsManSession(host.Secure with { Authentication = WsManAuthentication.Certificate, ClientCertificate = certificate, Credential = null });
        await UseAsync(session, host.Repository);
    }

    [Fact]
    public async Task Https_RefusesACertificateThatIsNotTrustedOrNotThePinnedOne()
    {
        await using var host = await WireHost.StartAsync();
        await using var trusting = new WsManSession(host.Secure with { PinnedCertificate = null });
        Assert.Equal(CimErrorKind.CertificateRejected, (await Assert.ThrowsAsync<CimException>(() => trusting.IdentifyAsync(default))).Kind);
        await using var pinning = new WsManSession(host.Secure with { PinnedCertificate = new string('0', 64) });
        var error = await Assert.ThrowsAsync<CimException>(() => pinning.IdentifyAsync(default));
        Assert.Equal(CimErrorKind.CertificateRejected, error.Kind);
        Assert.Contains(host.Certificate.GetCertHashString(HashAlgorithmName.SHA256), error.Message, StringComparison.Ordinal);
        Assert.Equal(0, host.Server.Requests);
    }

    [Theory]
    [InlineData(WsManAuthentication.Ntlm, 2)]
    [InlineData(WsManAuthentication.Basic, 1)]
    public async Task WrongPassword_IsAnAuthenticationError_AskedOnce(WsManAuthentication authentication, int requests)
    {
        await using var host = await WireHost.StartAsync();
        await using var session = new WsManSession(host.Plain with { Authentication = authentication, Credential = new NetworkCredential("Administrator", "wrong") });
        var error = await Assert.ThrowsAsync<CimException>(() => session.IdentifyAsync(default));
        Assert.Equal((CimErrorKind.Authentication, 401u), (error.Kind, error.Code));
        Assert.Contains("offers Negotiate", error.Message, StringComparison.Ordinal);
        Assert.Equal(requests, host.Server.Requests);
    }

    [Fact]
    public async Task Kerberos_WithoutATicket_SaysSo()
    {
        await using var host = await WireHost.StartAsync();
        await using var session = new WsManSession(host.Sealed with { Authentication = WsManAuthentication.Kerberos });
        var error = await Assert.ThrowsAsync<CimException>(() => session.IdentifyAsync(default));
        Assert.Equal(CimErrorKind.Authentication, error.Kind);
        Assert.Equal(0, host.Server.Requests);
    }

    [Theory]
    [InlineData("http://h/wsman", WsManAuthentication.Basic)]
    [InlineData("http://h/wsman", WsManAuthentication.Certificate)]
    [InlineData("ftp://h/wsman", WsManAuthentication.Negotiate)]
    public void Options_ThatGiveThePasswordAway_AreRefused(string address, WsManAuthentication authentication) =>
        Assert.Throws<ArgumentException>(() => new WsManSession(new WsManOptions { Address = new Uri(address), Authentication = authentication, Credential = WireHost.Account }));

    [Fact]
    public async Task LostConnections_AreOpenedAnew_AlsoForCalls()
    {
        await using var host = await WireHost.StartAsync();
        var vm = host.Repository.AddVm("A", "vm");
        await using var session = new WsManSession(host.Sealed);
        await session.IdentifyAsync(default);
        await host.Server.RestartAsync(default);
        Assert.Equal(0L, (await session.InvokeAsync(vm, "RequestStateChange", new CimInstance("x"), default)).Number("ReturnValue"));
        host.Server.Faults.Add(new WireFault { Kind = WireFaultKind.Unauthorized });
        Assert.NotNull(await session.GetAsync(vm, default));

        // Over TLS nobody else can have written the 401.
        await using var secure = new WsManSession(host.Secure);
        await secure.IdentifyAsync(default);
        host.Server.Faults.Add(new WireFault { Kind = WireFaultKind.Unauthorized });
        Assert.Equal(0L, (await secure.InvokeAsync(vm, "RequestStateChange", new CimInstance("x"), default)).Number("ReturnValue"));
    }

    [Fact]
    public async Task Enumeration_ThatIsTooLargeInAll_EndsAndIsReleased()
    {
        await using var host = await WireHost.StartAsync();
        for (var i = 0; i < 300; i++)
        {
            host.Repository.AddVm($"{i:000}", $"vm {i}");
        }

        host.Server.Faults.Add(new WireFault { Kind = WireFaultKind.Busy, Method = "Release" });
        await using var session = new WsManSession(host.Sealed with { MaxEnvelopeBytes = 16 * 1024, MaxEnumerationBytes = 40 * 1024 });
        var error = await Assert.ThrowsAsync<CimException>(() => session.EnumerateAsync(CimPath.Virtualization, "Msvm_ComputerSystem", default).ToListAsync().AsTask());
        Assert.Equal(CimErrorKind.TooLarge, error.Kind);
        Assert.Contains("Msvm_ComputerSystem", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, host.Server.Faults.Struck);
    }

    [Fact]
    public async Task FailedPull_ReleasesTheEnumeration()
    {
        await using var host = await WireHost.StartAsync();
        for (var i = 0; i < 300; i++)
        {
            host.Repository.AddVm($"{i:000}", $"vm {i}");
        }

        host.Server.Faults.Add(new WireFault { Kind = WireFaultKind.BrokenXml, Method = "Pull" });
        host.Server.Faults.Add(new WireFault { Kind = WireFaultKind.Busy, Method = "Release" });
        await using var session = new WsManSession(host.Plain with { MaxEnvelopeBytes = 64 * 1024 });
        var error = await Assert.ThrowsAsync<CimException>(() => session.EnumerateAsync(CimPath.Virtualization, "Msvm_ComputerSystem", default).ToListAsync().AsTask());
        Assert.Equal((CimErrorKind.Malformed, 2), (error.Kind, host.Server.Faults.Struck));
    }

    [Theory]
    [InlineData("https://user:S3cret@h/wsman")]
    [InlineData("user:S3cret@h/wsman")]
    public void Address_WithAPassword_IsRefused_WithoutRepeatingIt(string address)
    {
        var options = new WsManOptions { Address = new Uri(address), Credential = WireHost.Account };
        Assert.DoesNotContain("S3cret", Assert.Throws<ArgumentException>(() => new WsManSession(options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Messages_ShowTheAddressWithoutAPassword() =>
        Assert.Equal("https://h:5986/wsman", new HyperVOptions { Remote = new WsManOptions { Address = new Uri("https://user:S3cret@h:5986/wsman") } }.Where);

    [Theory]
    [InlineData(WireFaultKind.LostReply)]
    [InlineData(WireFaultKind.DroppedConnection)]
    [InlineData(WireFaultKind.TruncatedReply)]
    public async Task LostReply_IsRepeatedForReads_NeverForCalls(WireFaultKind kind)
    {
        await using var host = await WireHost.StartAsync();
        var vm = host.Repository.AddVm("A", "vm");
        await using var session = new WsManSession(host.Sealed);
        host.Server.Faults.Add(new WireFault { Kind = kind, Method = "Get" });
        Assert.NotNull(await session.GetAsync(vm, default));
        Assert.Equal(1, host.Server.Faults.Struck);

        host.Server.Faults.Add(new WireFault { Kind = kind });
        var error = await Assert.ThrowsAsync<CimException>(() => session.InvokeAsync(vm, "RequestStateChange", new CimInstance("x"), default));
        Assert.Equal(CimErrorKind.ReplyLost, error.Kind);
        Assert.Equal(2, host.Server.Faults.Struck);
        Assert.NotNull(await session.GetAsync(vm, default));
    }

    [Fact]
    public async Task Busy_IsRepeated_UntilTheHostHasTime()
    {
        await using var host = await WireHost.StartAsync();
        host.Repository.AddVm("A", "vm");
        host.Server.Faults.Add(new WireFault { Kind = WireFaultKind.Busy, Count = 2 });
        await using var session = new WsManSession(host.Plain);
        Assert.Single(await session.EnumerateAsync(CimPath.Virtualization, "Msvm_ComputerSystem", default).ToListAsync());
        host.Server.Faults.Add(new WireFault { Kind = WireFaultKind.Busy, Count = null });
        var error = await Assert.ThrowsAsync<CimException>(() => session.EnumerateAsync(CimPath.Virtualization, "Msvm_ComputerSystem", default).ToListAsync().AsTask());
        Assert.Equal((CimErrorKind.Busy, 0x803381A6u), (error.Kind, error.Code));
    }

    [Fact]
    public async Task BrokenXml_IsMalformed_AndTheNextRequestGoesThrough()
    {
        await using var host = await WireHost.StartAsync();
        var vm = host.Repository.AddVm("A", "vm");
        host.Server.Faults.Add(new WireFault { Kind = WireFaultKind.BrokenXml });
        await using var session = new WsManSession(host.Sealed);
        Assert.Equal(CimErrorKind.Malformed, (await Assert.ThrowsAsync<CimException>(() => session.GetAsync(vm, default))).Kind);
        Assert.NotNull(await session.GetAsync(vm, default));
    }

    [Fact]
    public async Task NobodyListening_IsUnreachable()
    {
        await using var host = await WireHost.StartAsync();
        await host.Server.CutAsync();
        await using var session = new WsManSession(host.Plain);
        Assert.Equal(CimErrorKind.Unreachable, (await Assert.ThrowsAsync<CimException>(() => session.IdentifyAsync(default))).Kind);
    }

    [Fact]
    public async Task ManyRequests_ShareFewConnections()
    {
        await using var host = await WireHost.StartAsync();
        await using var session = new WsManSession(host.Sealed with { MaxConnections = 2 });
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => session.IdentifyAsync(default)));

        // Each connection has two requests of handshake.
        Assert.InRange(host.Server.Requests, 22, 24);
    }

    [Fact]
    public async Task Enumerations_GoOnOverManyAnswers_WithinTheEnvelopeAskedFor()
    {
        await using var host = await WireHost.StartAsync();
        for (var i = 0; i < 300; i++)
        {
            host.Repository.AddVm($"{i:000}", $"vm {i}");
        }

        await using var session = new WsManSession(host.Sealed with { MaxEnvelopeBytes = 64 * 1024 });
        var names = await session.EnumerateAsync(CimPath.Virtualization, "Msvm_ComputerSystem", default).Select(vm => vm.String("Name")).ToListAsync();
        Assert.Equal(Enumerable.Range(0, 300).Select(i => $"{i:000}"), names);
        Assert.True(host.Server.Requests > 5);
    }

    [Fact]
    public async Task FilterRefused_WholeClassesAreReadAndFilteredHere_FromThenOn()
    {
        await using var host = await WireHost.StartAsync();
        host.Repository.AddVm("A", "it's");
        host.Repository.AddVm("B", "other");
        host.Repository.Instances.Add(new CimInstance("Win32_ComputerSystem") { ["Name"] = "HV1" });
        host.Repository.AddVm("HV1", "it's");
        host.Repository.RefusesFilters = new CimException(CimErrorKind.FilterUnsupported, "no");
        await using var session = new WsManSession(host.Plain);
        var wql = Wql.Select("Msvm_ComputerSystem", "ElementName", "it's") + " AND Name <> __SERVER";
        Assert.Equal("A", (await session.QueryAsync(CimPath.Virtualization, wql, default).SingleAsync()).String("Name"));
        Assert.Equal("A", (await session.QueryAsync(CimPath.Virtualization, wql, default).SingleAsync()).String("Name"));
        Assert.Equal(1, host.Repository.Filtered);
        var wrong = await Assert.ThrowsAsync<CimException>(() => session.QueryAsync(CimPath.Virtualization, "SELECT nonsense", default).ToListAsync().AsTask());
        Assert.Equal((CimErrorKind.InvalidRequest, WqlQuery.InvalidQuery), (wrong.Kind, wrong.Code));

        // Associations then go through their own dialect.
        var vm = new CimPath("Msvm_ComputerSystem", ("CreationClassName", "Msvm_ComputerSystem"), ("Name", "A"));
        Assert.Equal("Microsoft:A", (await session.AssociatorsAsync(vm, "Msvm_SettingsDefineState", "Msvm_VirtualSystemSettingData", default).SingleAsync()).String("InstanceID"));
        Assert.Equal(vm, (await session.ReferencesAsync(vm, "Msvm_SettingsDefineState", default).SingleAsync()).Reference("ManagedElement"));
    }

    [Theory]
    [InlineData(WqlQuery.InvalidQuery, 2)]
    [InlineData(0x8033801Au, 1)]
    public async Task FilterRefused_ForWhatTheQuerySays_IsNotRemembered(uint code, int filtered)
    {
        await using var host = await WireHost.StartAsync();
        host.Repository.AddVm("A", "vm");
        host.Repository.RefusesFilters = code == WqlQuery.InvalidQuery ? new CimException(CimErrorKind.InvalidRequest, "no such property", code) : new CimException(CimErrorKind.FilterUnsupported, "no", code);
        await using var session = new WsManSession(host.Plain);
        for (var i = 0; i < 2; i++)
        {
            Assert.Empty(await session.QueryAsync(CimPath.Virtualization, "SELECT * FROM Msvm_ComputerSystem WHERE NewProperty = 1", default).ToListAsync());
        }

        Assert.Equal(filtered, host.Repository.Filtered);
    }

    [Fact]
    public async Task Put_OnAHostThatHasNone_IsInvalid()
    {
        await using var host = await WireHost.StartAsync();
        var vm = host.Repository.AddVm("A", "vm");
        await using var session = new WsManSession(host.Plain);
        Assert.Equal(CimErrorKind.InvalidRequest, (await Assert.ThrowsAsync<CimException>(() => session.ModifyAsync(vm, new CimInstance("Msvm_ComputerSystem") { ["ElementName"] = "x" }, default))).Kind);
    }

    [Fact]
    public async Task ControlCharacters_AreRefusedBeforeAnythingIsSent()
    {
        await using var host = await WireHost.StartAsync();
        await using var session = new WsManSession(host.Plain);
        foreach (var text in (string[])["a\u0001", "\uD800", "\uFFFE"])
        {
            var error = await Assert.ThrowsAsync<CimException>(() => session.InvokeAsync(new CimPath("Msvm_ComputerSystem", ("Name", "A")), "M", new CimInstance("x") { ["Text"] = text }, default));
            Assert.Equal(CimErrorKind.InvalidRequest, error.Kind);
        }

        Assert.Equal(0, host.Server.Requests);
    }

    [Fact]
    public async Task Cancelling_EndsTheCall_AndTheSessionGoesOn()
    {
        await using var host = await WireHost.StartAsync();
        await using var session = new WsManSession(host.Sealed);
        host.Server.Faults.Add(new WireFault { Kind = WireFaultKind.Delay, DelaySeconds = 600 });
        using var cancel = new CancellationTokenSource();
        var asked = session.IdentifyAsync(cancel.Token);
        await TestKit.Eventually.Until(() => host.Server.Faults.Struck == 1, "the host works on it");
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        Assert.NotNull(await session.IdentifyAsync(default));
    }

    [Fact]
    public async Task DisposedSession_SaysSo()
    {
        await using var host = await WireHost.StartAsync();
        var session = new WsManSession(host.Plain);
        await session.DisposeAsync();
        Assert.Equal(CimErrorKind.Failed, (await Assert.ThrowsAsync<CimException>(() => session.IdentifyAsync(default))).Kind);
    }

    /// <summary>Everything a session offers, once.</summary>
    private static async Task UseAsync(WsManSession session, ListRepository repository)
    {
        var path = repository.AddVm("A", OddName);
        repository.AddVm("B", "other");
        Assert.Equal("Microsoft Corporation", (await session.IdentifyAsync(default)).Vendor);
        Assert.Equal(2, await session.EnumerateAsync(CimPath.Virtualization, "CIM_ComputerSystem", default).CountAsync());
        var vm = await session.QueryAsync(CimPath.Virtualization, Wql.Select("Msvm_ComputerSystem", "ElementName", OddName) + " AND Name <> __SERVER", default).SingleAsync();
        Assert.Equal((OddName, (ushort)3), (vm.String("ElementName"), vm["EnabledState"]));
        Assert.Equal(OddName, (await session.GetAsync(path, default))!.String("ElementName"));
        Assert.Null(await session.GetAsync(new CimPath("Msvm_ComputerSystem", ("CreationClassName", "Msvm_ComputerSystem"), ("Name", "C")), default));

        var settings = await session.AssociatorsAsync(path, "Msvm_SettingsDefineState", "Msvm_VirtualSystemSettingData", default).SingleAsync();
        Assert.Equal(["one", "two"], settings.Array<string>("Notes"));
        Assert.Equal(path, (await session.ReferencesAsync(path, null, default).SingleAsync()).Reference("ManagedElement"));

        var arguments = new CimInstance("x")
        {
            ["AffectedConfiguration"] = new CimPath("Msvm_VirtualSystemSettingData", ("InstanceID", @"Microsoft:A\B")),
            ["ResourceSettings"] = new[] { CimXml.Write(settings), string.Empty, new string('x', 64 * 1024) },
        };
        var output = await session.InvokeAsync(new CimPath("Msvm_VirtualSystemManagementService", ("CreationClassName", "Msvm_VirtualSystemManagementService")), "AddResourceSettings", arguments, default);
        Assert.Equal(0u, output["ReturnValue"]);
        Assert.Equal(arguments.Reference("AffectedConfiguration"), output.Reference("AffectedConfiguration"));
        Assert.Equal(arguments.Array<string>("ResourceSettings"), output.Array<string>("ResourceSettings"));

        foreach (var missing in (Func<Task>[])[
            () => session.EnumerateAsync(CimPath.Virtualization, "Msvm_NoSuchClass", default).ToListAsync().AsTask(),
            () => session.QueryAsync(CimPath.Virtualization, "SELECT * FROM Msvm_NoSuchClass", default).ToListAsync().AsTask(),
        ])
        {
            Assert.Equal(CimErrorKind.ClassNotFound, (await Assert.ThrowsAsync<CimException>(missing)).Kind);
        }
    }
}
