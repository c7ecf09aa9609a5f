using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVTests.Driver;

/// <summary>A session whose host answers some questions as a test says.</summary>
internal sealed class HookedSession(ICimSession inner) : ICimSession
{
    /// <summary>What a call answers: null is as the host does.</summary>
    public Func<string, Func<Task<CimInstance>>, Task<CimInstance>?> Invoked { get; set; } = (_, _) => null;

    /// <summary>What a path gives: null is as the host does.</summary>
    public Func<CimPath, CimInstance?> Got { get; set; } = _ => null;

    /// <summary>What a class has besides.</summary>
    public Func<string, IEnumerable<CimInstance>> Also { get; set; } = _ => [];

    /// <summary>The methods that were called.</summary>
    public List<string> Calls { get; } = [];

    public async Task<CimInstance?> GetAsync(CimPath path, CancellationToken cancellationToken) => Got(path) ?? await inner.GetAsync(path, cancellationToken);

    public async IAsyncEnumerable<CimInstance> EnumerateAsync(string nameSpace, string className, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var one in Also(className))
        {
            yield return one;
        }

        await foreach (var one in inner.EnumerateAsync(nameSpace, className, cancellationToken))
        {
            yield return one;
        }
    }

    public IAsyncEnumerable<CimInstance> QueryAsync(string nameSpace, string wql, CancellationToken cancellationToken) => inner.QueryAsync(nameSpace, wql, cancellationToken);

    public IAsyncEnumerable<CimInstance> AssociatorsAsync(CimPath source, string? associationClass, string? resultClass, CancellationToken cancellationToken) =>
        inner.AssociatorsAsync(source, associationClass, resultClass, cancellationToken);

    public IAsyncEnumerable<CimInstance> ReferencesAsync(CimPath source, string? associationClass, CancellationToken cancellationToken) => inner.ReferencesAsync(source, associationClass, cancellationToken);

    public Task<CimInstance> InvokeAsync(CimPath target, string method, CimInstance arguments, CancellationToken cancellationToken)
    {
        Calls.Add(method);
        return Invoked(method, () => inner.InvokeAsync(target, method, arguments, cancellationToken)) ?? inner.InvokeAsync(target, method, arguments, cancellationToken);
    }

    public Task ModifyAsync(CimPath path, CimInstance instance, CancellationToken cancellationToken) => inner.ModifyAsync(path, instance, cancellationToken);

    public IAsyncEnumerable<CimInstance>? Watch(string nameSpace, string wql, CancellationToken cancellationToken) => inner.Watch(nameSpace, wql, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
