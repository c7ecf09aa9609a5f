using System.Text.Json;
using System.Text.Json.Nodes;
using HvPlatform.Contracts;
using MassTransit.Serialization;
using Xunit;

namespace HvPlatform.UnitTests.Contracts;

/// <summary>One golden file per type: what the platform writes today, and what it must still read in years.</summary>
public sealed class GoldenMessageTests
{
    public static TheoryData<string> RecordNames => [.. ContractTypes.Records.Select(ContractTypes.ShortName)];

    [Theory, MemberData(nameof(RecordNames))]
    public void A_message_is_written_as_its_golden_file_says(string record)
    {
        var type = TypeOf(record);
        var (file, written) = (Golden.FileOf(type), Golden.Write(SampleValues.Create(type)));
        if (Golden.Update)
        {
            Golden.Save(file, written);
        }

        Assert.True(File.Exists(file), $"{record} has no golden file. Write it: HV_UPDATE_GOLDEN=1 ./hv test Contracts, look at the difference, and commit it.");
        Assert.Equal(File.ReadAllText(file), written);
    }

    [Theory, MemberData(nameof(RecordNames))]
    public void A_golden_message_is_read_without_loss(string record)
    {
        var golden = ReadGolden(record);
        Assert.Equal(golden, Golden.Write(Read(golden, record)));
    }

    [Theory, MemberData(nameof(RecordNames))]
    public void The_bus_writes_and_reads_the_same_form(string record)
    {
        var golden = ReadGolden(record);
        var bus = SystemTextJsonMessageSerializer.Options;
        var read = JsonSerializer.Deserialize(golden, TypeOf(record), bus)!;
        Assert.Equal(golden, Golden.Write(read));

        // MassTransit spells nulls out; the platform's own form leaves them out, and both read both.
        Assert.Equal(golden, Golden.WithoutNulls(Golden.Write(read, bus)));
    }

    [Theory, MemberData(nameof(RecordNames))]
    public void Members_of_a_newer_build_are_ignored(string record)
    {
        var golden = ReadGolden(record);
        var newer = Change(JsonNode.Parse(golden)!, o => o["addedInANewerBuild"] = new JsonObject { ["x"] = 1 });
        Assert.Contains("addedInANewerBuild", newer, StringComparison.Ordinal);
        Assert.Equal(golden, Golden.Write(Read(newer, record)));
    }

    [Theory, MemberData(nameof(RecordNames))]
    public void A_message_of_an_older_build_without_the_optional_members_is_read(string record)
    {
        var type = TypeOf(record);
        var older = JsonNode.Parse(ReadGolden(record))!.AsObject();
        foreach (var optional in ContractTypes.Members(type).Where(m => !ContractTypes.IsRequired(m)))
        {
            older.Remove(ContractTypes.JsonName(optional));
        }

        var fresh = Activator.CreateInstance(type)!;
        var read = Read(older.ToJsonString(), record);
        Assert.All(
            ContractTypes.Members(type).Where(m => !ContractTypes.IsRequired(m)),
            m => Assert.Equal(JsonSerializer.Serialize(m.GetValue(fresh), HvJson.Options), JsonSerializer.Serialize(m.GetValue(read), HvJson.Options)));
    }

    [Theory, MemberData(nameof(RecordNames))]
    public void A_message_without_a_required_member_is_refused(string record)
    {
        foreach (var required in ContractTypes.Members(TypeOf(record)).Where(ContractTypes.IsRequired))
        {
            var damaged = JsonNode.Parse(ReadGolden(record))!.AsObject();
            damaged.Remove(ContractTypes.JsonName(required));
            Assert.Throws<JsonException>(() => Read(damaged.ToJsonString(), record));
        }
    }

    [Fact]
    public void No_golden_file_is_left_over()
    {
        var known = ContractTypes.Records.Select(Golden.FileOf).Append(Golden.SchemaFile).ToHashSet(StringComparer.Ordinal);
        Assert.DoesNotContain(Directory.GetFiles(Golden.Directory, "*", SearchOption.AllDirectories), f => !known.Contains(f));
    }

    static Type TypeOf(string record) => ContractTypes.Records.Single(t => ContractTypes.ShortName(t) == record);

    static object Read(string json, string record) => JsonSerializer.Deserialize(json, TypeOf(record), HvJson.Options)!;

    /// <summary>While golden files are being written, the order of tests must not matter.</summary>
    static string ReadGolden(string record) =>
        Golden.Update ? Golden.Write(SampleValues.Create(TypeOf(record))) : File.ReadAllText(Golden.FileOf(TypeOf(record)));

    static string Change(JsonNode node, Action<JsonObject> change)
    {
        Visit(node);
        return node.ToJsonString();

        void Visit(JsonNode? at)
        {
            switch (at)
            {
                case JsonObject o:
                    foreach (var (_, child) in o.ToArray())
                    {
                        Visit(child);
                    }

                    change(o);
                    break;
                case JsonArray a:
                    foreach (var child in a)
                    {
                        Visit(child);
                    }

                    break;
            }
        }
    }
}
