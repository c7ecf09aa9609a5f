using System.Runtime.InteropServices;
using HvPlatform.Contracts;
using HvPlatform.Hypervisors.Libvirt.Native;

namespace HvPlatform.Hypervisors.Libvirt;

/// <summary>
/// One open connection to one libvirtd, from its opening to its loss. All methods are synchronous and call into libvirt on the calling thread;
/// they run on <see cref="NativeWorkers"/>. A lost session is never repaired: <see cref="LibvirtConnector"/> opens another.
/// </summary>
internal sealed partial class LibvirtSession : IDisposable
{
    readonly ConnectHandle connection;
    long calls;
    volatile bool lost;

    LibvirtSession(ConnectHandle connection, LibvirtOptions options)
    {
        this.connection = connection;
        Options = options;
        Where = options.Uri;
    }

    public LibvirtOptions Options { get; }

    /// <summary>The host's name once it is known, for errors.</summary>
    public string Where { get; private set; }

    /// <summary>The connection is gone and every call would fail.</summary>
    public bool Lost => lost;

    /// <summary>Calls made to the host on this connection.</summary>
    public long Calls => Interlocked.Read(ref calls);

    public ConnectHandle Connection => connection;

    /// <summary>What is known of each domain beyond the scan's figures.</summary>
    public DomainCache Details { get; } = new();

    public static LibvirtSession Open(LibvirtOptions options)
    {
        LibvirtRuntime.EnsureStarted();
        var connection = Vir.virConnectOpen(options.Uri);
        if (connection.IsInvalid)
        {
            var (code, text) = LibvirtErrors.Last();
            connection.Dispose();
            throw new HypervisorException(LibvirtErrors.Map(code, text, options.Uri, $"Cannot connect to {options.Uri}"));
        }

        var session = new LibvirtSession(connection, options);
        try
        {
            session.Ok(Vir.virConnectSetKeepAlive(connection, options.KeepAliveSeconds, 3));
            session.Subscribe();
            session.Where = session.Text(Vir.virConnectGetHostname(connection));
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Checks the result of the call just made on this thread and throws its error. <paramref name="what"/> must be ready before: even reading a
    /// name out of a handle between the call and this clears the error.
    /// </summary>
    public int Ok(int result, string? what = null)
    {
        Interlocked.Increment(ref calls);
        return result >= 0 ? result : throw Failure(what);
    }

    /// <summary>As <see cref="Ok(int,string?)"/> for a call that answers a string which the caller owns.</summary>
    public string Text(nint result, string? what = null)
    {
        Interlocked.Increment(ref calls);
        return result != 0 ? Vir.Take(result) : throw Failure(what);
    }

    /// <summary>As <see cref="Ok(int,string?)"/> for a call that answers a handle.</summary>
    public DomainHandle Ok(DomainHandle result, string? what = null)
    {
        Interlocked.Increment(ref calls);
        return result.IsInvalid ? throw Failure(what) : result;
    }

    /// <summary>The domain of a VM; NotFound if the host has none.</summary>
    public DomainHandle Lookup(VmId vm) =>
        TryLookup(vm) ?? throw LibvirtErrors.Own(ErrorKind.NotFound, "vm-not-found", $"Host {Where} has no VM {vm}.", Where, "Check the id and the host.");

    /// <summary>The domain of a VM, or null if the host says that it has none. Any other failure throws: it must not pass for "not found".</summary>
    public unsafe DomainHandle? TryLookup(VmId vm)
    {
        var uuid = stackalloc byte[16];
        vm.Value.TryWriteBytes(new Span<byte>(uuid, 16), bigEndian: true, out _);
        return Found(Vir.virDomainLookupByUUID(connection, uuid));
    }

    /// <summary>As <see cref="TryLookup(VmId)"/> by name.</summary>
    public DomainHandle? TryLookup(string name) => Found(Vir.virDomainLookupByName(connection, name));

    /// <summary>State and reason as libvirt numbers them.</summary>
    public unsafe (int State, int Reason) State(DomainHandle domain)
    {
        int state = 0, reason = 0;
        Ok(Vir.virDomainGetState(domain, &state, &reason, 0));
        return (state, reason);
    }

    /// <summary>The UUID inside a handle: no call to the host.</summary>
    public static unsafe VmId IdOf(nint domain)
    {
        var uuid = stackalloc byte[16];
        return Vir.virDomainGetUUID(domain, uuid) < 0 ? default : new VmId(new Guid(new ReadOnlySpan<byte>(uuid, 16), bigEndian: true));
    }

    /// <summary>As <see cref="IdOf(nint)"/>.</summary>
    public static VmId IdOf(DomainHandle domain) => IdOf(domain.DangerousGetHandle());

    /// <summary>The name inside a handle: no call to the host.</summary>
    public static string NameOf(nint domain) => Marshal.PtrToStringUTF8(Vir.virDomainGetName(domain)) ?? "";

    /// <summary>As <see cref="NameOf(nint)"/>.</summary>
    public static string NameOf(DomainHandle domain) => NameOf(domain.DangerousGetHandle());

    /// <summary>The error of the call that just failed on this thread; if the connection went with it, that is what counts.</summary>
    public HypervisorException Failure(string? what)
    {
        var (code, text) = LibvirtErrors.Last();
        var error = LibvirtErrors.Map(code, text, Where, what);
        if (Vir.virConnectIsAlive(connection) == 1)
        {
            return new HypervisorException(error);
        }

        MarkLost();
        return new HypervisorException(error with { Kind = ErrorKind.Transient, Code = "connection-lost", Advice = "Try again: the driver reconnects by itself." });
    }

    public void Dispose()
    {
        if (connection.IsClosed)
        {
            return;
        }

        Unsubscribe();
        MarkLost();
        connection.Dispose();
    }

    DomainHandle? Found(DomainHandle domain)
    {
        Interlocked.Increment(ref calls);
        if (!domain.IsInvalid)
        {
            return domain;
        }

        var failure = Failure(null);
        return failure.Error.NativeCode == VirConst.ErrNoDomain ? null : throw failure;
    }
}
