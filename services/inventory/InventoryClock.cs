namespace HvPlatform.Inventory;

/// <summary>The inventory's clock, cut to PostgreSQL's microseconds so that a time in memory equals the same time read back.</summary>
internal static class InventoryClock
{
    public static DateTimeOffset Now(this TimeProvider time)
    {
        var now = time.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }
}
