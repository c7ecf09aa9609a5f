using System.Text;
using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.MigrationSaga.MigrateVm;
using HvPlatform.MigrationSaga.Record;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.UnitTests.MigrationSaga;

/// <summary>
/// Recorded migrations under Corpus/vN, with the messages as they were on the wire when rules of version N decided, decided again. Today's version comes out
/// exactly as recorded. Of an older version every difference stands in NAME.differences.txt beside it: HV_UPDATE_GOLDEN=1 writes it, and a person reads it.
/// The same writes recordings of today's version that are missing; one that is there is never written again.
/// </summary>
public sealed class CorpusReplayTests
{
    static readonly string Folder = Path.Combine(Repository.Root, "tests/UnitTests/MigrationSaga/Corpus");
    static readonly bool Update = Environment.GetEnvironmentVariable("HV_UPDATE_GOLDEN") == "1";
    static readonly JsonSerializerOptions Readable = new(HvJson.Options) { WriteIndented = true };

    public static TheoryData<string> Files
    {
        get
        {
            WriteMissing();
            return [.. Directory.EnumerateFiles(Folder, "*.json", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(Folder, f)).Order(StringComparer.Ordinal)];
        }
    }

    static MigrationRecording Read(string file) => JsonSerializer.Deserialize<MigrationRecording>(File.ReadAllText(Path.Combine(Folder, file)), HvJson.Options)!;

    static void WriteMissing()
    {
        var folder = Directory.CreateDirectory(Path.Combine(Folder, $"v{MigrationDecisions.Version}")).FullName;
        foreach (var (name, script) in Update ? CorpusScripts.All() : [])
        {
            var file = Path.Combine(folder, $"{name}.json");
            if (!File.Exists(file))
            {
                File.WriteAllText(file, JsonSerializer.Serialize(script.Recording(name.Replace('-', ' ')), Readable).ReplaceLineEndings("\n") + "\n");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_recorded_migration_is_decided_again_as_it_was(string file)
    {
        var recording = Read(file);
        var result = MigrationReplay.Run(recording);

        Assert.Equal(recording.Inputs.Count, result.Steps.Count);
        Assert.All(result.Steps, s => Assert.NotNull(s.Again));
        if (recording.DecisionVersion == MigrationDecisions.Version)
        {
            Assert.True(result.Matches, $"Decisions of version {MigrationDecisions.Version} came out differently. If that is meant, raise MigrationDecisions.Version.\n{Differences(result)}");
            return;
        }

        var golden = Path.Combine(Folder, Path.ChangeExtension(file, ".differences.txt"));
        var differences = Differences(result);
        if (Update)
        {
            File.WriteAllText(golden, differences);
        }

        Assert.Equal(File.Exists(golden) ? File.ReadAllText(golden).ReplaceLineEndings("\n") : "", differences);

        // Today's rules may want to hear more before they end what older rules ended, but not end it otherwise.
        Assert.True(result.Outcome == result.RecordedOutcome || !IsFinal(result.Outcome), $"It ended {result.RecordedOutcome} and would now end {result.Outcome}.");
    }

    [Fact]
    public void Every_recorded_version_and_every_script_of_todays_is_in_the_corpus()
    {
        var versions = Files.Select(f => Read(f.Data).DecisionVersion).ToHashSet();

        Assert.Equal(Enumerable.Range(1, MigrationDecisions.Version), versions.Order());
        Assert.All(CorpusScripts.All(), s => Assert.True(File.Exists(Path.Combine(Folder, $"v{MigrationDecisions.Version}", $"{s.Name}.json")), $"No recording of '{s.Name}': HV_UPDATE_GOLDEN=1 writes it."));
    }

    [Fact]
    public void The_oldest_recordings_lack_what_messages_have_gained_since()
    {
        var text = string.Concat(Directory.EnumerateFiles(Path.Combine(Folder, "v1"), "*.json").Select(File.ReadAllText));

        Assert.Contains("\"transferRunning\"", text);
        Assert.DoesNotContain("\"pausedByMigration\"", text);
        Assert.DoesNotContain("\"requireConvergence\"", text);
        Assert.DoesNotContain("\"copyDisks\"", text);
    }

    [Fact]
    public void A_decision_that_is_not_as_recorded_is_found()
    {
        var recording = new MigrationScript().SourceChecked().DestinationChecked().Reserved().Recording("one");
        var last = recording.Decisions[^1];
        var changed = recording with { Decisions = [.. recording.Decisions.SkipLast(1), last with { Effects = [.. last.Effects!.Skip(1)], Digest = DecisionText.Digest(last.Phase, [.. last.Effects!.Skip(1)]) }] };

        Assert.True(MigrationReplay.Run(recording).Matches);
        Assert.True(MigrationReplay.Run(changed).Broken);
        Assert.Contains("+ ", MigrationReplay.Run(changed).Steps[^1].Difference);

        // With the digest alone, as the database has it.
        var digests = changed with { Decisions = [.. changed.Decisions.Select(d => d with { Effects = null })] };
        Assert.True(MigrationReplay.Run(digests).Broken);
        Assert.False(MigrationReplay.Run(digests with { DecisionVersion = MigrationDecisions.Version - 1 }).Broken);
    }

    static bool IsFinal(MigrationPhase phase) => phase is MigrationPhase.Completed or MigrationPhase.RolledBack or MigrationPhase.Failed;

    static string Differences(ReplayResult result)
    {
        var text = new StringBuilder();
        foreach (var (step, i) in result.Steps.Select((s, i) => (s, i)).Where(x => x.s.Difference is not null))
        {
            text.Append($"{i + 1} {step.Input.Type}\n  {step.Difference!.ReplaceLineEndings("\n  ")}\n");
        }

        return text.Append($"outcome: was {result.RecordedOutcome}, is {result.Outcome}\n").ToString();
    }
}
