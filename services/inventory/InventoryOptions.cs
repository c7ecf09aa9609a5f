using HvPlatform.ServiceKit;

namespace HvPlatform.Inventory;

/// <summary>Settings under <c>Hv:Inventory</c>.</summary>
internal sealed record InventoryOptions
{
    /// <summary>How long complete reports must lack a VM before it is softly deleted: <c>Hv:Inventory:MissingGrace</c>, for example <c>00:10:00</c>.</summary>
    public TimeSpan MissingGrace { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How often missing VMs and silent hosts are looked for: <c>Hv:Inventory:SweepInterval</c>.</summary>
    public TimeSpan SweepInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Build all read models anew from the events when the service starts; deliveries wait for it: <c>Hv:Inventory:RebuildAtStart</c>.</summary>
    public bool RebuildAtStart { get; init; }

    /// <summary>Reads the section, defaults where it is silent.</summary>
    /// <exception cref="HvStartupException">A value cannot be used.</exception>
    public static InventoryOptions From(IConfiguration configuration)
    {
        var options = HvOptions.Read<InventoryOptions>(configuration, "Hv:Inventory");
        return options.MissingGrace >= TimeSpan.Zero && options.SweepInterval > TimeSpan.Zero && options.SweepInterval <= TimeSpan.FromDays(1)
            ? options
            : throw new HvStartupException("A setting cannot be used", "Hv:Inventory",
                "MissingGrace must not be negative, SweepInterval must be above 0 and at most a day.", "Correct or remove it.");
    }
}
