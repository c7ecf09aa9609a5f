using HvPlatform.Contracts;

namespace HvPlatform.Hypervisors.Libvirt;

/// <summary>
/// Runs calls on the current session and opens a new one when the old is lost. Nothing reconnects in the background: the next call does, and
/// fails with Transient as long as the host does not answer.
/// </summary>
internal sealed class LibvirtConnector(LibvirtOptions options) : IDisposable
{
    readonly NativeWorkers workers = new(threads: 8, "libvirt");
    readonly Lock gate = new();
    LibvirtSession? session;
    bool disposed;
    long callsOfLostSessions;
    HostId? known;

    public LibvirtOptions Options => options;

    /// <summary>From now on a new connection has to reach this host; one that reaches another (a reinstalled host, a changed address) is refused.</summary>
    public void Expect(HostId host)
    {
        lock (gate)
        {
            known = host;
        }
    }

    /// <summary>Native calls to the host since the driver was made.</summary>
    public long Calls
    {
        get
        {
            lock (gate)
            {
                return callsOfLostSessions + (session?.Calls ?? 0);
            }
        }
    }

    /// <summary>Runs a call that takes milliseconds on a worker thread.</summary>
    public Task<T> RunAsync<T>(Func<LibvirtSession, T> call, CancellationToken cancellationToken) =>
        workers.RunAsync(
            () =>
            {
                try
                {
                    return call(Current());
                }
                catch (ObjectDisposedException e)
                {
                    // Another call found the connection lost and closed it under this one, or the driver was closed.
                    throw new HypervisorException(LibvirtErrors.ConnectionLost(options.Uri), e);
                }
            },
            cancellationToken);

    /// <summary>As <see cref="RunAsync{T}"/> without a result.</summary>
    public Task RunAsync(Action<LibvirtSession> call, CancellationToken cancellationToken) =>
        RunAsync(
            s =>
            {
                call(s);
                return true;
            },
            cancellationToken);

    /// <summary>The open session; blocks while it opens one.</summary>
    public LibvirtSession Current()
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            if (session is { Lost: false })
            {
                return session;
            }

            Drop();
            try
            {
                return session = Open();
            }
            catch (HypervisorException e) when (e.Kind is not (ErrorKind.Denied or ErrorKind.Validation) && e.Error.Code != "libvirt-missing")
            {
                // Whatever kept it from opening now (no socket yet, daemon busy starting) may be over at the next try.
                throw new HypervisorException(e.Error with { Kind = ErrorKind.Transient }, e);
            }
        }
    }

    /// <summary>The open session without opening one.</summary>
    public LibvirtSession? TryCurrent()
    {
        lock (gate)
        {
            return session is { Lost: false } ? session : null;
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            disposed = true;
            Drop();
        }

        workers.Dispose();
    }

    LibvirtSession Open()
    {
        var opened = LibvirtSession.Open(options);
        try
        {
            if (known is { } host && HostFacts.Read(opened).Id is var found && found != host)
            {
                throw LibvirtErrors.Own(
                    ErrorKind.Fatal, "host-changed", $"{options.Uri} answers as host {found}, but this driver was made for host {host}.", opened.Where, "Restart the agent if the host was reinstalled.");
            }

            return opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    void Drop()
    {
        if (session is { } old)
        {
            callsOfLostSessions += old.Calls;
            session = null;
            old.Dispose();
        }
    }
}
