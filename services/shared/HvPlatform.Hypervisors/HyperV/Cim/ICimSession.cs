namespace HvPlatform.Hypervisors.HyperV.Cim;

/// <summary>
/// A connection to one host's CIM server. Close to <c>Microsoft.Management.Infrastructure.CimSession</c> on purpose, so that a transport over that library is one
/// small class. Every method throws only <see cref="CimException"/> and <see cref="OperationCanceledException"/>; all may be called from many threads.
/// Instances have their properties typed as the schema (<see cref="CimSchema"/>) says, whatever the transport.
/// </summary>
public interface ICimSession : IAsyncDisposable
{
    /// <summary>One instance, or null if none has these keys. All keys of the class must be given.</summary>
    Task<CimInstance?> GetAsync(CimPath path, CancellationToken cancellationToken);

    /// <summary>All instances of a class and of those derived from it.</summary>
    IAsyncEnumerable<CimInstance> EnumerateAsync(string nameSpace, string className, CancellationToken cancellationToken);

    /// <summary>The instances that a query selects: <c>SELECT * FROM Class WHERE …</c>. Values in it are escaped by <see cref="Wql"/>.</summary>
    IAsyncEnumerable<CimInstance> QueryAsync(string nameSpace, string wql, CancellationToken cancellationToken);

    /// <summary>The instances at the other end of associations; null for any association class or any class.</summary>
    IAsyncEnumerable<CimInstance> AssociatorsAsync(CimPath source, string? associationClass, string? resultClass, CancellationToken cancellationToken);

    /// <summary>The associations themselves that refer to an instance.</summary>
    IAsyncEnumerable<CimInstance> ReferencesAsync(CimPath source, string? associationClass, CancellationToken cancellationToken);

    /// <summary>
    /// Calls a method. The result's properties are the out parameters and <c>ReturnValue</c>. A return value that means failure is not an exception here.
    /// Not repeated by itself if its reply is lost.
    /// </summary>
    Task<CimInstance> InvokeAsync(CimPath target, string method, CimInstance arguments, CancellationToken cancellationToken);

    /// <summary>Writes an instance back (WS-Transfer Put). Hyper-V's own settings are changed by methods; this serves what is not.</summary>
    Task ModifyAsync(CimPath path, CimInstance instance, CancellationToken cancellationToken);

    /// <summary>Instances of an event query (<c>SELECT * FROM __InstanceModificationEvent WITHIN 2 WHERE …</c>) as they happen, or null if this transport cannot (WS-Management).</summary>
    IAsyncEnumerable<CimInstance>? Watch(string nameSpace, string wql, CancellationToken cancellationToken);
}
