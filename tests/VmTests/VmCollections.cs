using Xunit;

namespace HvPlatform.VmTests;

/// <summary>The tests of one collection run one after another on hosts of their own; two collections run side by side: they wait more than they work.</summary>
public static class VmCollections
{
    public const string Driver = "driver";
    public const string Moves = "moves";
    public const string Faults = "faults";
    public const string Platform = "platform";
    public const string Chaos = "chaos";

    [CollectionDefinition(Driver)]
    public sealed class DriverHosts : ICollectionFixture<LibvirtPair>;

    [CollectionDefinition(Moves)]
    public sealed class MovesHosts : ICollectionFixture<LibvirtPair>;

    [CollectionDefinition(Faults)]
    public sealed class FaultsHosts : ICollectionFixture<LibvirtPair>;

    [CollectionDefinition(Platform)]
    public sealed class PlatformHosts : ICollectionFixture<LibvirtPair>;

    [CollectionDefinition(Chaos)]
    public sealed class ChaosHosts : ICollectionFixture<LibvirtPair>;
}
