using HvPlatform.ServiceKit;

namespace HvPlatform.Inventory;

/// <summary>The inventory service as a list of its parts.</summary>
public static class InventoryModule
{
    /// <summary>The parts.</summary>
    public static HvModule Create() => new()
    {
        Name = "inventory",
        Schema = "inventory",
        SqlAssembly = typeof(InventoryModule).Assembly,
    };
}
