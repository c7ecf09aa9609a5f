using System.Text;
using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.Hypervisors.HyperV.Cim.WsMan;
using HvPlatform.HyperVSimulator.Control;
using Xunit;

namespace HvPlatform.HyperVTests.Cim.WsMan;

/// <summary>What somebody on the way can do, and cannot.</summary>
public sealed class OnPathTests
{
    [Theory]
    [InlineData("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Negotiate\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: multipart/encrypted\r\nContent-Length: 4\r\n\r\nnone")]
    public async Task UnsealedAnswer_ToASealedRequest_IsALostReply_AndNoCallRunsTwice(string answer)
    {
        await using var host = await WireHost.StartAsync();
        var vm = host.Repository.AddVm("A", "vm");
        using var attacker = new OnPath(host.Server.Address!);
        await using var session = new WsManSession(host.Sealed with { Address = attacker.Address });
        await session.IdentifyAsync(default);

        attacker.ReplaceNext(answer);
        var error = await Assert.ThrowsAsync<CimException>(() => session.InvokeAsync(vm, "RequestStateChange", new CimInstance("x"), default));
        Assert.Equal((CimErrorKind.ReplyLost, 1), (error.Kind, host.Repository.Invoked));

        await session.IdentifyAsync(default);
        attacker.ReplaceNext(answer);
        Assert.NotNull(await session.GetAsync(vm, default));
    }

    [Fact]
    public async Task StatusOfASealedAnswer_IsNotBelieved()
    {
        await using var host = await WireHost.StartAsync();
        var vm = host.Repository.AddVm("A", "vm");
        using var attacker = new OnPath(host.Server.Address!);
        await using var session = new WsManSession(host.Sealed with { Address = attacker.Address });
        await session.IdentifyAsync(default);
        attacker.ChangeNext(answer => [.. "HTTP/1.1 503 No"u8, .. answer.AsSpan(Encoding.ASCII.GetString(answer).IndexOf("\r\n", StringComparison.Ordinal))]);
        Assert.Equal(0L, (await session.InvokeAsync(vm, "RequestStateChange", new CimInstance("x"), default)).Number("ReturnValue"));
        Assert.Equal(1, host.Repository.Invoked);
    }

    [Fact]
    public async Task Busy_RepeatsACall_OnlyIfTheServiceSaysThatItDidNotReadIt()
    {
        await using var host = await WireHost.StartAsync();
        var vm = host.Repository.AddVm("A", "vm");
        using var between = new OnPath(host.Server.Address!);
        await using var session = new WsManSession(host.Plain with { Address = between.Address });
        host.Server.Faults.Add(new WireFault { Kind = WireFaultKind.Busy });
        await session.InvokeAsync(vm, "RequestStateChange", new CimInstance("x"), default);
        Assert.Equal((1, 1), (host.Server.Faults.Struck, host.Repository.Invoked));

        between.ReplaceNext("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
        var error = await Assert.ThrowsAsync<CimException>(() => session.InvokeAsync(vm, "RequestStateChange", new CimInstance("x"), default));
        Assert.Equal((CimErrorKind.Busy, 2), (error.Kind, host.Repository.Invoked));
        between.ReplaceNext("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
        Assert.NotNull(await session.GetAsync(vm, default));
    }

    [Fact]
    public async Task Negotiate_OverHttp_DoesNotFallToNtlm()
    {
        await using var host = await WireHost.StartAsync();
        await using var session = new WsManSession(host.Sealed with { Authentication = WsManAuthentication.Negotiate });
        var error = await Assert.ThrowsAsync<CimException>(() => session.IdentifyAsync(default));
        Assert.Equal(CimErrorKind.Authentication, error.Kind);
        Assert.Contains("ask for Ntlm", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, host.Server.Requests);
    }
}
