using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace HvPlatform.HyperVTests.Cim.WsMan;

/// <summary>Somebody between a client and a host, who passes everything on until told to change the next answer.</summary>
internal sealed class OnPath : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly Uri host;
    private Func<byte[], byte[]>? next;

    public OnPath(Uri host)
    {
        this.host = host;
        listener.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/wsman");
        _ = AcceptAsync();
    }

    /// <summary>What the client is given instead of the host's address.</summary>
    public Uri Address { get; }

    /// <summary>Changes the next answer.</summary>
    public void ChangeNext(Func<byte[], byte[]> change) => Volatile.Write(ref next, change);

    /// <summary>Sends this instead of the next answer.</summary>
    public void ReplaceNext(string answer) => ChangeNext(_ => Encoding.ASCII.GetBytes(answer));

    public void Dispose() => listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = PassAsync(await listener.AcceptTcpClientAsync());
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task PassAsync(TcpClient accepted)
    {
        using var client = accepted;
        using var server = new TcpClient();
        try
        {
            await server.ConnectAsync(host.Host, host.Port);
            await Task.WhenAny(client.GetStream().CopyToAsync(server.GetStream()), AnswersAsync(server.GetStream(), client.GetStream()));
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
        }
    }

    private async Task AnswersAsync(NetworkStream from, NetworkStream to)
    {
        while (await ReadAsync(from) is { } answer)
        {
            await to.WriteAsync(Interlocked.Exchange(ref next, null)?.Invoke(answer) ?? answer);
        }
    }

    private static async Task<byte[]?> ReadAsync(NetworkStream stream)
    {
        var read = new List<byte>();
        var one = new byte[1];
        while (!Encoding.ASCII.GetString([.. read.TakeLast(4)]).Equals("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one) == 0)
            {
                return null;
            }

            read.Add(one[0]);
        }

        var length = Encoding.ASCII.GetString([.. read]).Split("\r\n").Single(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase));
        var body = new byte[int.Parse(length.Split(':')[1], CultureInfo.InvariantCulture)];
        await stream.ReadExactlyAsync(body);
        return [.. read, .. body];
    }
}
