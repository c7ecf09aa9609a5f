using System.Net;
using System.Net.Sockets;
using HvPlatform.ServiceKit.Bus;
using HvPlatform.ServiceKit.Tls;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace HvPlatform.UnitTests.Telemetry;

public sealed class ErrorQueuesTests
{
    [Fact]
    public async Task A_broker_that_takes_the_connection_and_says_nothing_does_not_answer()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var taken = listener.AcceptTcpClientAsync();
        await using var topology = new RabbitTopology(new Uri($"amqp://{listener.LocalEndpoint}"), BusTls.Read(new ConfigurationBuilder().Build()));
        Assert.Null(await new ErrorQueues(topology, TimeSpan.FromMilliseconds(300)).CountAsync(["orchestrator"], CancellationToken.None));
        (await taken).Dispose();
    }
}
