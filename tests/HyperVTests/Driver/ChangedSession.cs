using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVTests.Driver;

/// <summary>A session whose calls and answers a test can change: another host's ways, or an answer that does not arrive.</summary>
internal sealed class ChangedSession(ICimSession inner) : ICimSession
{
    /// <summary>Given the method and its arguments before the call; may change them or throw.</summary>
    public Action<string, CimInstance>? Before { get; set; }

    /// <summary>Given the method and its answer after the call; may change it or throw.</summary>
    public Action<string, CimInstance>? After { get; set; }

    /// <summary>Given every instance that is read, with its association's if it is one.</summary>
    public Action<CimInstance>? Read { get; set; }

    public async Task<CimInstance?> GetAsync(CimPath path, CancellationToken cancellationToken)
    {
        var instance = await inner.GetAsync(path, cancellationToken);
        if (instance is not null)
        {
            Read?.Invoke(instance);
        }

        return instance;
    }

    public IAsyncEnumerable<CimInstance> EnumerateAsync(string nameSpace, string className, CancellationToken cancellationToken) => Changed(inner.EnumerateAsync(nameSpace, className, cancellationToken));

    public IAsyncEnumerable<CimInstance> QueryAsync(string nameSpace, string wql, CancellationToken cancellationToken) => Changed(inner.QueryAsync(nameSpace, wql, cancellationToken));

    public IAsyncEnumerable<CimInstance> AssociatorsAsync(CimPath source, string? associationClass, string? resultClass, CancellationToken cancellationToken) =>
        Changed(inner.AssociatorsAsync(source, associationClass, resultClass, cancellationToken));

    public IAsyncEnumerable<CimInstance> ReferencesAsync(CimPath source, string? associationClass, CancellationToken cancellationToken) =>
        Changed(inner.ReferencesAsync(source, associationClass, cancellationToken));

    public async Task<CimInstance> InvokeAsync(CimPath target, string method, CimInstance arguments, CancellationToken cancellationToken)
    {
        Before?.Invoke(method, arguments);
        var answer = await inner.InvokeAsync(target, method, arguments, cancellationToken);
        After?.Invoke(method, answer);
        return answer;
    }

    public Task ModifyAsync(CimPath path, CimInstance instance, CancellationToken cancellationToken) => inner.ModifyAsync(path, instance, cancellationToken);

    public IAsyncEnumerable<CimInstance>? Watch(string nameSpace, string wql, CancellationToken cancellationToken) => inner.Watch(nameSpace, wql, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private async IAsyncEnumerable<CimInstance> Changed(IAsyncEnumerable<CimInstance> instances)
    {
        await foreach (var instance in instances)
        {
            Read?.Invoke(instance);
            yield return instance;
        }
    }
}
