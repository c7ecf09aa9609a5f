using System.Text.Json;
using HvPlatform.Contracts;
using Xunit;

namespace HvPlatform.UnitTests.Contracts;

/// <summary>Enums travel as names, and a name of a newer build reads as Unknown.</summary>
public sealed class ContractEnumTests
{
    public static TheoryData<string> EnumNames => [.. ContractTypes.Enums.Select(ContractTypes.ShortName)];

    [Theory, MemberData(nameof(EnumNames))]
    public void Unknown_is_zero(string name) => Assert.Equal("Unknown", Enum.GetName(TypeOf(name), 0));

    [Theory, MemberData(nameof(EnumNames))]
    public void Every_member_travels_as_its_name(string name)
    {
        foreach (var value in Enum.GetValues(TypeOf(name)))
        {
            var json = JsonSerializer.Serialize(value, TypeOf(name), HvJson.Options);
            Assert.Equal($"\"{value}\"", json);
            Assert.Equal(value, JsonSerializer.Deserialize(json, TypeOf(name), HvJson.Options));
        }
    }

    [Theory, MemberData(nameof(EnumNames))]
    public void A_name_of_a_newer_build_reads_as_Unknown(string name)
    {
        foreach (var json in (string[])["\"AddedInANewerBuild\"", "\"\"", "\"-1\"", "\"77\"", "\"Off,Running\"", "77"])
        {
            Assert.Equal(Enum.ToObject(TypeOf(name), 0), JsonSerializer.Deserialize(json, TypeOf(name), HvJson.Options));
        }
    }

    static Type TypeOf(string name) => ContractTypes.Enums.Single(t => ContractTypes.ShortName(t) == name);
}
