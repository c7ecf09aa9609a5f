using System.Text;
using System.Xml;

namespace HvPlatform.Hypervisors.HyperV.Cim.WsMan;

/// <summary>The connections of a session: at most so many, reused while they are good, the one used last first. Each serves one request at a time.</summary>
internal sealed class WsManChannels(WsManOptions options) : IDisposable
{
    // What names a hostile host makes up is forgotten with the table.
    private const long NamesLastBytes = 16 * 1024 * 1024;

    private readonly SemaphoreSlim free = new(options.MaxConnections);
    private readonly Lock gate = new();
    private readonly Stack<Lease> idle = new();
    private bool disposed;

    /// <summary>A connection for one request; waits until one is free. Disposing gives it back.</summary>
    public async Task<Lease> RentAsync(CancellationToken cancellationToken)
    {
        await free.WaitAsync(cancellationToken);
        lock (gate)
        {
            if (disposed)
            {
                free.Release();
                throw new CimException(CimErrorKind.Failed, $"The connections to {options.Address} were closed.");
            }

            while (idle.TryPop(out var lease))
            {
                if (options.Time.GetElapsedTime(lease.LastUsed) < options.IdleTimeout)
                {
                    return lease;
                }

                lease.Channel.Dispose();
            }
        }

        return new Lease(this, Open());
    }

    private IWsManChannel Open() => options.Authentication switch
    {
        WsManAuthentication.Basic => new PlainChannel(options, "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Account(options)}:{options.Credential!.Password}"))),
        WsManAuthentication.Certificate => new PlainChannel(options, WsManNames.CertificateProfile),
        _ => new NegotiateChannel(options),
    };

    private static string Account(WsManOptions options) =>
        string.IsNullOrEmpty(options.Credential!.Domain) ? options.Credential.UserName : $@"{options.Credential.Domain}\{options.Credential.UserName}";

    private void Return(Lease lease)
    {
        lock (gate)
        {
            if (lease.Channel.IsUsable && !disposed)
            {
                idle.Push(lease);
            }
            else
            {
                lease.Channel.Dispose();
            }
        }

        free.Release();
    }

    public void Dispose()
    {
        lock (gate)
        {
            disposed = true;
            while (idle.TryPop(out var lease))
            {
                lease.Channel.Dispose();
            }
        }
    }

    /// <summary>A connection in use by one request, with the names that its answers were read with.</summary>
    internal sealed class Lease(WsManChannels owner, IWsManChannel channel) : IDisposable
    {
        private long read;

        public IWsManChannel Channel => channel;

        /// <summary>Whether it served a request before.</summary>
        public bool WasUsed { get; private set; }

        public long LastUsed { get; private set; }

        public XmlNameTable Names { get; private set; } = new NameTable();

        /// <summary>Counts an answer that was read.</summary>
        public void Served(int bytes)
        {
            WasUsed = true;
            read += bytes;
            if (read > NamesLastBytes)
            {
                read = 0;
                Names = new NameTable();
            }
        }

        public void Dispose()
        {
            LastUsed = owner.StampNow();
            owner.Return(this);
        }
    }

    private long StampNow() => options.Time.GetTimestamp();
}
