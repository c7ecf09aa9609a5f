using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVTests.Driver;

/// <summary>A session whose host can be lost, and be another one afterwards.</summary>
internal sealed class SwitchedSession(ICimSession inner) : ICimSession
{
    public ICimSession Inner { get; set; } = inner;

    public bool Lost { get; set; }

    public CimErrorKind Error { get; set; } = CimErrorKind.Unreachable;

    private ICimSession Now => Lost ? throw new CimException(Error, "The host does not answer.") : Inner;

    public Task<CimInstance?> GetAsync(CimPath path, CancellationToken cancellationToken) => Now.GetAsync(path, cancellationToken);

    public IAsyncEnumerable<CimInstance> EnumerateAsync(string nameSpace, string className, CancellationToken cancellationToken) => Now.EnumerateAsync(nameSpace, className, cancellationToken);

    public IAsyncEnumerable<CimInstance> QueryAsync(string nameSpace, string wql, CancellationToken cancellationToken) => Now.QueryAsync(nameSpace, wql, cancellationToken);

    public IAsyncEnumerable<CimInstance> AssociatorsAsync(CimPath source, string? associationClass, string? resultClass, CancellationToken cancellationToken) =>
        Now.AssociatorsAsync(source, associationClass, resultClass, cancellationToken);

    public IAsyncEnumerable<CimInstance> ReferencesAsync(CimPath source, string? associationClass, CancellationToken cancellationToken) => Now.ReferencesAsync(source, associationClass, cancellationToken);

    public Task<CimInstance> InvokeAsync(CimPath target, string method, CimInstance arguments, CancellationToken cancellationToken) => Now.InvokeAsync(target, method, arguments, cancellationToken);

    public Task ModifyAsync(CimPath path, CimInstance instance, CancellationToken cancellationToken) => Now.ModifyAsync(path, instance, cancellationToken);

    public IAsyncEnumerable<CimInstance>? Watch(string nameSpace, string wql, CancellationToken cancellationToken) => Now.Watch(nameSpace, wql, cancellationToken);

    public ValueTask DisposeAsync() => Inner.DisposeAsync();
}
