using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>
/// What has to be changed: for each settings object the members that differ and nothing else, because a host refuses an object that comes back with members that cannot
/// be changed; then the steps that add and remove things, in the order they were asked for.
/// </summary>
internal sealed class SettingsPlan(SettingsContext context)
{
    private readonly Dictionary<string, CimInstance> patches = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Changes of the system's own settings; null if there are none.</summary>
    public CimInstance? System => patches.GetValueOrDefault(context.Machine.Settings.String("InstanceID")!);

    /// <summary>Changes of integration components.</summary>
    public IReadOnlyList<CimInstance> GuestServices => [.. Components.Where(p => IsGuestService(p.ClassName))];

    /// <summary>Changes of everything else beneath the system's settings.</summary>
    public IReadOnlyList<CimInstance> Resources => [.. Components.Where(p => !IsGuestService(p.ClassName))];

    /// <summary>What adds and removes, one after another, after all changes.</summary>
    public List<SettingsStep> Steps { get; } = [];

    private IEnumerable<CimInstance> Components => patches.Values.Where(p => p != System);

    /// <summary>
    /// A member of a settings object is to have a value (null: leave it). Does nothing if it has it. A property that the host did not send is one that its version or the VM's does
    /// not have: <see cref="Contracts.ErrorCategory.PropertyNotSupported"/>.
    /// </summary>
    /// <param name="actual">The object as the host gave it.</param>
    /// <param name="property">Its property.</param>
    /// <param name="value">The value, of exactly the property's CLR type.</param>
    /// <param name="since">The version that brought the property, for the error.</param>
    /// <returns>Whether it has to be changed.</returns>
    public bool Set(CimInstance actual, string property, object? value, string since = "Windows Server 2016")
    {
        if (value is null)
        {
            return false;
        }

        if (!actual.Has(property) && value is not Array)
        {
            throw HyperVErrors.PropertyNotSupported($"{actual.ClassName}.{property}", since, context.Machine.Where);
        }

        if (Same(actual[property], value))
        {
            return false;
        }

        var id = actual.String("InstanceID")!;
        if (!patches.TryGetValue(id, out var patch))
        {
            patches.Add(id, patch = new CimInstance(actual.ClassName) { ["InstanceID"] = id });
        }

        patch[property] = value;
        return true;
    }

    private static bool IsGuestService(string className) => className is "Msvm_HeartbeatComponentSettingData" or "Msvm_GuestServiceInterfaceComponentSettingData";

    private static bool Same(object? actual, object wanted) => (actual, wanted) switch
    {
        (null, Array { Length: 0 }) => true,
        (Array a, Array b) => a.Length == b.Length && a.Cast<object?>().SequenceEqual(b.Cast<object?>()),
        _ => Equals(actual, wanted),
    };
}

/// <summary>One call, or a few that belong together, that add or remove something.</summary>
/// <param name="What">A verb phrase for messages.</param>
/// <param name="RunAsync">Does it.</param>
internal sealed record SettingsStep(string What, Func<SettingsCalls, CancellationToken, Task> RunAsync);
