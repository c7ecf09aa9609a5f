using HvPlatform.Hypervisors.HyperV;
using Xunit;

namespace HvPlatform.HyperVTests.Driver;

public sealed class EpochNoteTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("billing, ask Ann")]
    [InlineData("two\nlines")]
    [InlineData("ends in a break\n")]
    [InlineData("speaks of #hvplatform-epoch#: in a line")]
    public void What_a_person_wrote_is_kept(string? text)
    {
        var notes = EpochNote.Write(text, 42);
        Assert.Equal((string.IsNullOrEmpty(text) ? null : text, 42L), EpochNote.Read(notes));
        Assert.Equal(43, EpochNote.Read(EpochNote.Write(EpochNote.Read(notes).Text, 43)).Epoch);
    }

    [Fact]
    public void Text_that_a_person_added_below_is_kept_and_the_epoch_found() =>
        Assert.Equal(("above\r\nbelow", 7L), EpochNote.Read(EpochNote.Write("above", 7) + "\nbelow"));

    [Theory]
    [InlineData("#hvplatform-epoch#:12\r\nspeaks of #hvplatform-epoch#: in a line", 12, "speaks of #hvplatform-epoch#: in a line")]
    [InlineData("#hvplatform-epoch#:12\nmine\n#hvplatform-epoch#:13", 13, "mine")]
    [InlineData("mine\n\n#hvplatform-import#:op-1", 0, "mine\n")]
    [InlineData("mine\n#hvplatform-import#:op-1\r\n#hvplatform-epoch#:5", 5, "mine")]
    public void Only_lines_that_start_with_a_mark_are_the_platforms(string notes, long epoch, string text) => Assert.Equal((text, epoch), EpochNote.Read(notes));

    [Fact]
    public void The_mark_of_an_import_stays_under_another_text_and_another_epoch()
    {
        const string notes = "mine\n#hvplatform-import#:op-1";
        Assert.Equal("mine\r\n#hvplatform-import#:op-1\r\n#hvplatform-epoch#:5", EpochNote.WithEpoch(notes, 5));
        Assert.Equal("yours\r\n#hvplatform-import#:op-1\r\n#hvplatform-epoch#:5", EpochNote.WithText(EpochNote.WithEpoch(notes, 5), "yours"));
    }

    [Theory]
    [InlineData("no mark at all", 0)]
    [InlineData("#hvplatform-epoch#:many", 0)]
    [InlineData("#hvplatform-epoch#:-5", 0)]
    [InlineData("#hvplatform-epoch#:12", 12)]
    public void Only_a_whole_number_counts(string notes, long epoch) => Assert.Equal(epoch, EpochNote.Read(notes).Epoch);
}
