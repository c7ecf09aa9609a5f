using System.Runtime.CompilerServices;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Repository;

/// <summary>A session that asks a repository directly, without a wire: for tests of what stands above the transport. What it gives out are copies, as if they had travelled.</summary>
public sealed class InProcessCimSession(ICimRepository repository) : ICimSession
{
    /// <inheritdoc/>
    public Task<CimInstance?> GetAsync(CimPath path, CancellationToken cancellationToken) => Task.Run(() => repository.Get(path)?.Copy(), cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<CimInstance> EnumerateAsync(string nameSpace, string className, CancellationToken cancellationToken) => Stream(() => repository.Enumerate(nameSpace, className), cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<CimInstance> QueryAsync(string nameSpace, string wql, CancellationToken cancellationToken) => Stream(
        () =>
        {
            var query = WqlQuery.Parse(wql, nameSpace);
            return query.Kind switch
            {
                WqlKind.Associators => repository.Associators(query.Source!, query.AssociationClass, query.ResultClass),
                WqlKind.References => repository.References(query.Source!, query.AssociationClass),
                _ => repository.Enumerate(nameSpace, query.ClassName!, query.Equalities).Where(one => query.Matches(one, repository.HostName)).Select(query.Project),
            };
        },
        cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<CimInstance> AssociatorsAsync(CimPath source, string? associationClass, string? resultClass, CancellationToken cancellationToken) =>
        Stream(() => repository.Associators(source, associationClass, resultClass), cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<CimInstance> ReferencesAsync(CimPath source, string? associationClass, CancellationToken cancellationToken) =>
        Stream(() => repository.References(source, associationClass), cancellationToken);

    /// <inheritdoc/>
    public Task<CimInstance> InvokeAsync(CimPath target, string method, CimInstance arguments, CancellationToken cancellationToken) =>
        Task.Run(() => repository.Invoke(target, method, arguments), cancellationToken);

    /// <inheritdoc/>
    public Task ModifyAsync(CimPath path, CimInstance instance, CancellationToken cancellationToken) =>
        Task.FromException(new CimException(CimErrorKind.InvalidRequest, "Hyper-V's instances are changed by methods."));

    /// <inheritdoc/>
    public IAsyncEnumerable<CimInstance>? Watch(string nameSpace, string wql, CancellationToken cancellationToken) => null;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static async IAsyncEnumerable<CimInstance> Stream(Func<IEnumerable<CimInstance>> read, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var instance in await Task.Run(() => read().Select(instance => instance.Copy()).ToList(), cancellationToken))
        {
            yield return instance;
        }
    }
}
