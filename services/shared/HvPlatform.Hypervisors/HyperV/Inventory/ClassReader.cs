using System.Collections.Concurrent;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>
/// Reads all instances of a class with only the members that are wanted: a host's answer is mostly members that nobody reads. A host that is too old for one of them
/// refuses the query; it is asked for everything from then on.
/// </summary>
internal sealed class ClassReader
{
    private readonly ConcurrentDictionary<string, bool> asWhole = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The instances; none if the host does not have the class. Throws <see cref="CimException"/>.</summary>
    /// <param name="session">The host.</param>
    /// <param name="className">The class.</param>
    /// <param name="members">What is wanted of it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <param name="where">A WQL condition, or null for all; the caller filters again.</param>
    public async Task<List<CimInstance>> ReadAsync(ICimSession session, string className, string members, CancellationToken cancellationToken, string? where = null)
    {
        var condition = where is null ? "" : $" WHERE {where}";
        if (!asWhole.ContainsKey(className))
        {
            try
            {
                return await AllAsync(session.QueryAsync(CimPath.Virtualization, $"SELECT {members} FROM {className}{condition}", cancellationToken));
            }
            catch (CimException error) when (error.Kind is CimErrorKind.ClassNotFound)
            {
                return [];
            }
            catch (CimException error) when (error.Kind is CimErrorKind.InvalidRequest or CimErrorKind.FilterUnsupported)
            {
                asWhole[className] = true;
            }
        }

        return await AllAsync(where is null
            ? session.EnumerateAsync(CimPath.Virtualization, className, cancellationToken)
            : session.QueryAsync(CimPath.Virtualization, $"SELECT * FROM {className}{condition}", cancellationToken));
    }

    private static async Task<List<CimInstance>> AllAsync(IAsyncEnumerable<CimInstance> instances)
    {
        var all = new List<CimInstance>();
        await foreach (var instance in instances)
        {
            all.Add(instance);
        }

        return all;
    }
}
