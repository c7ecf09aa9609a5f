using System.Net;
using System.Net.Sockets;
using HvPlatform.Cli.LocalServers;

namespace HvPlatform.Chaos.World;

/// <summary>The network between one service and a server, as a relay that can be cut: while it is, nothing passes either way and nobody is told.</summary>
sealed class Link : IDisposable
{
    readonly TcpListener _listener;
    readonly int _target;
    readonly HashSet<Socket> _open = [];
    TaskCompletionSource _whole = Completed();

    /// <summary>A link to a server's port on 127.0.0.1.</summary>
    public Link(int target)
    {
        _target = target;
        Port = Ports.Next();
        _listener = new TcpListener(IPAddress.Loopback, Port);
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>The near end, on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>Cuts it.</summary>
    public void Cut() => _whole = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Mends it: what was on its way arrives now, or, if the connections did not survive, they are reset.</summary>
    public void Mend(bool reset)
    {
        if (reset)
        {
            lock (_open)
            {
                foreach (var socket in _open)
                {
                    socket.LingerState = new LingerOption(true, 0);
                    socket.Close();
                }
            }
        }

        _whole.TrySetResult();
    }

    public void Dispose()
    {
        _listener.Dispose();
        Mend(reset: true);
    }

    async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                _ = RelayAsync(await _listener.AcceptSocketAsync());
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    async Task RelayAsync(Socket near)
    {
        using var far = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        lock (_open)
        {
            _open.Add(near);
            _open.Add(far);
        }

        try
        {
            await _whole.Task;
            await far.ConnectAsync(IPAddress.Loopback, _target);
            near.NoDelay = far.NoDelay = true;
            await Task.WhenAny(PumpAsync(near, far), PumpAsync(far, near));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The server is down: the near end learns it by its connection's end.
        }

        near.Dispose();
        lock (_open)
        {
            _open.Remove(near);
            _open.Remove(far);
        }
    }

    async Task PumpAsync(Socket from, Socket to)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            int read;
            while ((read = await from.ReceiveAsync(buffer)) > 0)
            {
                await _whole.Task;
                await to.SendAsync(buffer.AsMemory(0, read));
            }

            // The end of a connection is a message too.
            await _whole.Task;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            await _whole.Task;
        }
    }

    static TaskCompletionSource Completed()
    {
        var source = new TaskCompletionSource();
        source.SetResult();
        return source;
    }
}
