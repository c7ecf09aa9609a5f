using Xunit;

namespace HvPlatform.UnitTests.Contracts;

/// <summary>Refuses a change of the contracts that another build could not live with.</summary>
public sealed class ContractCompatibilityTests
{
    const string Record = "HvPlatform.Contracts.Vms.VmObserved";
    const string Enum = "HvPlatform.Contracts.VmState";

    [Fact]
    public void The_contracts_are_compatible_with_the_committed_snapshot()
    {
        var now = ContractSchema.OfThisBuild();
        if (!File.Exists(Golden.SchemaFile))
        {
            Assert.True(Golden.Update, $"{Golden.SchemaFile} is missing.");
            Golden.Save(Golden.SchemaFile, now.ToJson());
        }

        var committed = File.ReadAllText(Golden.SchemaFile);
        var breaks = ContractCompatibility.Breaks(ContractSchema.FromJson(committed), now);
        Assert.True(breaks.Count == 0, $"{breaks.Count} incompatible changes:\n- {string.Join("\n- ", breaks)}");

        // Only compatible changes get here: updating can never make an incompatible one pass.
        if (Golden.Update)
        {
            Golden.Save(Golden.SchemaFile, now.ToJson());
        }
        else
        {
            Assert.True(committed == now.ToJson(), "The contracts have grown, compatibly. Record it: HV_UPDATE_GOLDEN=1 ./hv test Contracts, look at the difference, and commit it.");
        }
    }

    [Fact]
    public void The_snapshot_survives_its_file_form()
    {
        var schema = ContractSchema.OfThisBuild();
        Assert.Equal(schema.ToJson(), ContractSchema.FromJson(schema.ToJson()).ToJson());
        Assert.Contains(Record, schema.Records.Keys);
        Assert.Contains(Enum, schema.Enums.Keys);
    }

    [Fact]
    public void Removing_a_message_is_refused() => Refuses(now => now.Records.Remove(Record), $"{Record} is gone");

    [Fact]
    public void Removing_a_member_is_refused() => Refuses(now => now.Records[Record].Members.Remove("cause"), $"{Record}.cause is gone");

    [Fact]
    public void Renaming_a_member_is_refused() => Refuses(
        now =>
        {
            now.Records[Record].Members.Remove("cause");
            now.Records[Record].Members["reason"] = new("String?", false);
        },
        $"{Record}.cause is gone");

    [Fact]
    public void Changing_a_members_type_is_refused() =>
        Refuses(now => now.Records[Record].Members["generation"] = new("Int32", true), $"{Record}.generation was Int64 and is Int32");

    [Fact]
    public void Letting_a_member_be_null_is_refused() =>
        Refuses(now => now.Records[Record].Members["generation"] = new("Int64?", true), $"{Record}.generation was Int64 and is Int64?");

    [Fact]
    public void Requiring_an_optional_member_is_refused() =>
        Refuses(now => now.Records[Record].Members["cause"] = new("String?", true), $"{Record}.cause was optional and is required");

    [Fact]
    public void No_longer_requiring_a_member_is_refused() =>
        Refuses(now => now.Records[Record].Members["generation"] = new("Int64", false), $"{Record}.generation was required and is optional");

    [Fact]
    public void A_new_required_member_is_refused() =>
        Refuses(now => now.Records[Record].Members["newMember"] = new("String", true), $"{Record}.newMember (String) is new and required");

    [Fact]
    public void Dropping_an_interface_is_refused() => Refuses(
        now => now.Records["HvPlatform.Contracts.Vms.StartVmOnHost"] = now.Records["HvPlatform.Contracts.Vms.StartVmOnHost"] with { Implements = [] },
        "no longer implements HvPlatform.Contracts.Hosts.IHostCommand");

    [Fact]
    public void Removing_an_enum_is_refused() => Refuses(now => now.Enums.Remove(Enum), $"{Enum} is gone");

    [Fact]
    public void Removing_an_enum_member_is_refused() => Refuses(now => now.Enums[Enum].Remove("Paused"), $"{Enum}.Paused is gone");

    [Fact]
    public void Reordering_enum_members_is_refused() => Refuses(now => (now.Enums[Enum]["Off"], now.Enums[Enum]["Running"]) = (2, 1), $"{Enum}.Off was 1 and is 2");

    [Fact]
    public void A_new_enum_member_that_is_not_last_is_refused() => Refuses(now => now.Enums[Enum]["Frozen"] = 2, $"{Enum}.Frozen is new with the number 2");

    [Fact]
    public void Additions_are_allowed()
    {
        var (before, now) = (ContractSchema.OfThisBuild(), ContractSchema.OfThisBuild());
        now.Records["HvPlatform.Contracts.Vms.VmFrozen"] = now.Records[Record];
        now.Records[Record].Members["newMember"] = new("String?", false);
        now.Enums[Enum]["Frozen"] = now.Enums[Enum].Values.Max() + 1;
        Assert.Empty(ContractCompatibility.Breaks(before, now));
    }

    static void Refuses(Action<ContractSchema> change, string because)
    {
        var (before, now) = (ContractSchema.OfThisBuild(), ContractSchema.OfThisBuild());
        Assert.Empty(ContractCompatibility.Breaks(before, now));
        change(now);
        var breaks = ContractCompatibility.Breaks(before, now);
        Assert.Contains(breaks, b => b.Contains(because, StringComparison.Ordinal));
    }
}
