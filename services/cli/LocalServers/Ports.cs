using System.Net;
using System.Net.Sockets;

namespace HvPlatform.Cli.LocalServers;

/// <summary>
/// Free loopback ports from below the range the kernel gives to outgoing connections (Linux: 32768 and up), so that a server which is
/// stopped and started again finds its port still free.
/// </summary>
internal static class Ports
{
    const int First = 20000, Last = 32000;
    static readonly HashSet<int> s_given = [];

    /// <summary>A port nobody listens on now; never the same one twice in this process.</summary>
    public static int Next()
    {
        for (var attempt = 0; attempt < 1000; attempt++)
        {
            var port = Random.Shared.Next(First, Last);
            lock (s_given)
            {
                if (IsFree(port) && s_given.Add(port))
                {
                    return port;
                }
            }
        }

        throw new LocalServerException($"No free TCP port found between {First} and {Last} on 127.0.0.1.");
    }

    /// <summary>Whether a listener could be opened on this loopback port.</summary>
    public static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port) { ExclusiveAddressUse = true };
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Whether something accepts connections on this loopback port.</summary>
    public static async Task<bool> AnswersAsync(int port)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
