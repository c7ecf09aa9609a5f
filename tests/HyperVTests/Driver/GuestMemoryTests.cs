using HvPlatform.Contracts;
using HvPlatform.Hypervisors.HyperV;
using HvPlatform.Hypervisors.HyperV.Cim;
using Xunit;

namespace HvPlatform.HyperVTests.Driver;

public sealed class GuestMemoryTests
{
    private static readonly VmId Id = new(Guid.NewGuid());
    private readonly GuestMemory memory = new();
    private DateTimeOffset now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Pairs_are_read_once_per_boot()
    {
        Assert.True(IsRead(uptimeMs: 60_000, "10.0"));
        now += TimeSpan.FromSeconds(30);
        Assert.False(IsRead(uptimeMs: 90_000, "10.0"));
        now += TimeSpan.FromSeconds(30);
        Assert.True(IsRead(uptimeMs: 5_000, "10.0"));
    }

    [Fact]
    public void A_guest_that_has_said_nothing_is_asked_again()
    {
        Assert.True(IsRead(uptimeMs: 1_000, version: null));
        now += TimeSpan.FromSeconds(30);
        Assert.True(IsRead(uptimeMs: 31_000, "10.0"));
        Assert.False(IsRead(uptimeMs: 31_000, "10.0"));
    }

    [Fact]
    public void Pairs_are_read_again_after_a_while()
    {
        Assert.True(IsRead(uptimeMs: 60_000, "10.0"));
        now += TimeSpan.FromMinutes(11);
        Assert.True(IsRead(uptimeMs: 60_000 + (11 * 60_000), "10.0"));
    }

    [Fact]
    public void A_vm_that_is_off_is_not_asked_and_is_asked_after_its_start()
    {
        Assert.True(IsRead(uptimeMs: 60_000, "10.0"));
        Assert.False(IsRead(uptimeMs: 0, "10.0"));
        Assert.True(IsRead(uptimeMs: 60_000, "10.0"));
    }

    [Fact]
    public void A_pair_that_cannot_be_read_is_left_out()
    {
        var pairs = VmGuestReader.Pairs(new CimInstance("Msvm_KvpExchangeComponent") { ["GuestIntrinsicExchangeItems"] = new[] { "<broken", Pair("OSVersion", "10.0") } });
        Assert.Equal("10.0", Assert.Single(pairs).Value);
    }

    private bool IsRead(ulong uptimeMs, string? version)
    {
        var vm = new VmFacts(Id, new CimInstance("Msvm_ComputerSystem") { ["OnTimeInMilliseconds"] = uptimeMs });
        var missing = memory.Recall([vm], now);
        foreach (var one in missing)
        {
            one.Kvp = new CimInstance("Msvm_KvpExchangeComponent") { ["GuestIntrinsicExchangeItems"] = version is null ? [] : new[] { Pair("OSVersion", version) } };
        }

        memory.Keep(missing, new Dictionary<VmId, VmFacts> { [Id] = vm }, now);
        return missing.Count > 0;
    }

    private static string Pair(string name, string data) => CimXml.Write(new CimInstance("Msvm_KvpExchangeDataItem") { ["Name"] = name, ["Data"] = data });
}
