using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Wire;

/// <summary>The enumerations that clients have open. Bounded in number (a quota, as WinRM has one) and in time without a Pull.</summary>
internal sealed class EnumerationContexts(TimeProvider clock)
{
    private const int MaxOpen = 1500;
    private static readonly TimeSpan MaxIdle = TimeSpan.FromMinutes(10);

    private readonly Dictionary<string, OpenEnumeration> open = new(StringComparer.OrdinalIgnoreCase);
    private readonly Lock gate = new();

    /// <summary>Enumerations that are open.</summary>
    public int Count
    {
        get
        {
            lock (gate)
            {
                return open.Count;
            }
        }
    }

    /// <summary>Keeps an enumeration for the next Pull. <see cref="WsManFault"/> if there are too many.</summary>
    public void Keep(OpenEnumeration enumeration)
    {
        lock (gate)
        {
            var now = clock.GetUtcNow();
            enumeration.UsedAt = now;
            if (open.Count >= MaxOpen)
            {
                foreach (var (id, _) in open.Where(pair => now - pair.Value.UsedAt > MaxIdle).ToList())
                {
                    open.Remove(id);
                }

                if (open.Count >= MaxOpen)
                {
                    throw WsManFault.TooManyOperations();
                }
            }

            open[enumeration.Id] = enumeration;
        }
    }

    /// <summary>Takes an enumeration out; <see cref="WsManFault"/> if there is none of this id or it is too old.</summary>
    public OpenEnumeration Take(string id)
    {
        lock (gate)
        {
            return open.Remove(id.Trim(), out var found) && clock.GetUtcNow() - found.UsedAt <= MaxIdle ? found : throw WsManFault.InvalidContext();
        }
    }

    /// <summary>Forgets all, as when the service restarts.</summary>
    public void Clear()
    {
        lock (gate)
        {
            open.Clear();
        }
    }
}

/// <summary>An enumeration: what it found when it began, and how far it was read.</summary>
internal sealed class OpenEnumeration(IReadOnlyList<CimInstance> items, EnumerationMode mode, WsManResource resource, IReadOnlyList<string>? projections)
{
    public string Id { get; } = $"uuid:{Guid.NewGuid().ToString().ToUpperInvariant()}";

    public IReadOnlyList<CimInstance> Items { get; } = items;

    public EnumerationMode Mode { get; } = mode;

    public WsManResource Resource { get; } = resource;

    public IReadOnlyList<string>? Projections { get; } = projections;

    public int Next { get; set; }

    public DateTimeOffset UsedAt { get; set; }

    public bool IsDone => Next >= Items.Count;
}

/// <summary>What an enumeration returns of each instance.</summary>
internal enum EnumerationMode
{
    Object,
    Reference,
    ObjectAndReference,
}
