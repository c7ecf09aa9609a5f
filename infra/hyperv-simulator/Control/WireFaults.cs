namespace HvPlatform.HyperVSimulator.Control;

/// <summary>The wire faults of one host that are in force. For many threads.</summary>
public sealed class WireFaults
{
    private readonly Lock gate = new();
    private readonly List<Active> active = [];
    private int lastId;

    /// <summary>How many requests were struck so far.</summary>
    public int Struck { get; private set; }

    /// <summary>The faults in force with their ids; counts are those that remain.</summary>
    public IReadOnlyList<(int Id, WireFault Fault)> List()
    {
        lock (gate)
        {
            return [.. active.Select(one => (one.Id, one.Fault))];
        }
    }

    /// <summary>Puts a fault in force; its id. <see cref="ArgumentException"/> if it is none.</summary>
    public int Add(WireFault fault)
    {
        if (fault.Count is <= 0 || !(fault.DelaySeconds is >= 0 and <= 3600))
        {
            throw new ArgumentException("A fault's count is positive or null, its delay 0 to 3600 seconds.", nameof(fault));
        }

        lock (gate)
        {
            active.Add(new Active(++lastId) { Fault = fault });
            return lastId;
        }
    }

    /// <summary>Ends a fault; false if there is none of this id.</summary>
    public bool Remove(int id)
    {
        lock (gate)
        {
            return active.RemoveAll(one => one.Id == id) > 0;
        }
    }

    /// <summary>Ends all.</summary>
    public void Clear()
    {
        lock (gate)
        {
            active.Clear();
        }
    }

    /// <summary>The first fault that strikes this request, used up by one; null if none does.</summary>
    internal WireFault? Take(string method, string? className)
    {
        lock (gate)
        {
            var index = active.FindIndex(one => Strikes(one.Fault, method, className));
            if (index < 0)
            {
                return null;
            }

            Struck++;
            var fault = active[index].Fault;
            if (fault.Count is { } count)
            {
                if (count <= 1)
                {
                    active.RemoveAt(index);
                }
                else
                {
                    active[index].Fault = fault with { Count = count - 1 };
                }
            }

            return fault;
        }
    }

    private static bool Strikes(WireFault fault, string method, string? className) =>
        (fault.Method is null || fault.Method.Equals(method, StringComparison.OrdinalIgnoreCase))
        && (fault.Class is null || fault.Class.Equals(className, StringComparison.OrdinalIgnoreCase));

    private sealed class Active(int id)
    {
        public int Id { get; } = id;

        public required WireFault Fault { get; set; }
    }
}
