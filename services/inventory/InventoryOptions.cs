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

    public static InventoryOptions From(IConfiguration configuration) => configuration.GetSection("Hv:Inventory").Get<InventoryOptions>() ?? new();
}
