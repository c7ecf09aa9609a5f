using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using HvPlatform.Hypervisors.HyperV.Cim.WsMan;

namespace HvPlatform.HyperVTests.Cim.WsMan;

/// <summary>Something that listens and answers each request with whatever bytes the test gives.</summary>
internal sealed class HostileHost : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly Func<string, NetworkStream, CancellationToken, Task> answer;
    private readonly Task accepting;

    /// <summary>Listens. The answer is given the request's body, and the stream to write to; when it returns the connection waits for the next request.</summary>
    public HostileHost(Func<string, NetworkStream, CancellationToken, Task> answer)
    {
        this.answer = answer;
        listener.Start();
        accepting = AcceptAsync();
    }

    /// <summary>The bodies of all requests so far.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    public WsManOptions Options => new()
    {
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/wsman"),
        Authentication = WsManAuthentication.Basic,
        Credential = WireHost.Account,
        AllowUnencrypted = true,
        RetryDelay = TimeSpan.FromMilliseconds(1),
        MaxAnswerBytes = 1024 * 1024,
        MaxEnvelopeBytes = 64 * 1024,
    };

    /// <summary>Answers every request with this.</summary>
    public static HostileHost Always(string body, int status = 200, string contentType = "application/soap+xml;charset=UTF-8") => new((_, stream, _) => WriteAsync(stream, body, status, contentType));

    public static Task WriteAsync(NetworkStream stream, string body, int status = 200, string contentType = "application/soap+xml;charset=UTF-8") => WriteAsync(stream, Encoding.UTF8.GetBytes(body), status, contentType);

    public static async Task WriteAsync(NetworkStream stream, byte[] body, int status, string contentType)
    {
        byte[] all = [.. Encoding.ASCII.GetBytes($"HTTP/1.1 {status} X\r\nContent-Type: {contentType}\r\nContent-Length: {body.Length}\r\n\r\n"), .. body];
        await stream.WriteAsync(all);
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        listener.Stop();
        await accepting;
        stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                connections.Add(ServeAsync(await listener.AcceptTcpClientAsync(stop.Token)));
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var owned = client;
        try
        {
            client.NoDelay = true;
            var stream = client.GetStream();
            while (await ReadAsync(stream) is { } body)
            {
                Requests.Enqueue(body);
                await answer(body, stream, stop.Token);
            }
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task<string?> ReadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, stop.Token) == 0)
            {
                return null;
            }

            head.Append((char)one[0]);
        }

        var length = head.ToString().Split("\r\n").First(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase));
        var body = new byte[int.Parse(length["Content-Length:".Length..], CultureInfo.InvariantCulture)];
        await stream.ReadExactlyAsync(body, stop.Token);
        return Encoding.UTF8.GetString(body);
    }
}
