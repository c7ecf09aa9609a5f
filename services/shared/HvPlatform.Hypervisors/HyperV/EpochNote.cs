using System.Globalization;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>
/// The ownership epoch, kept as a last line of the VM's notes (<c>Msvm_VirtualSystemSettingData.Notes</c>), as cluster managers do with theirs: it is there without a
/// query of its own, moves with every migration, export and import, and may be changed while the VM runs. The notes that a person wrote stand above it unchanged.
/// </summary>
public static class EpochNote
{
    private const string Mark = "#hvplatform-epoch#:";

    /// <summary>What a person wrote (null if nothing), and the epoch (0 if none, or if it cannot be read).</summary>
    public static (string? Text, long Epoch) Read(string? notes)
    {
        if (string.IsNullOrEmpty(notes))
        {
            return (null, 0);
        }

        var at = notes.LastIndexOf(Mark, StringComparison.Ordinal);
        if (at < 0 || (at > 0 && notes[at - 1] != '\n'))
        {
            return (notes, 0);
        }

        var end = notes.IndexOf('\n', at);
        var line = (end < 0 ? notes[(at + Mark.Length)..] : notes[(at + Mark.Length)..end]).Trim();
        var below = end < 0 ? "" : notes[(end + 1)..];
        var above = notes[..at];
        if (below.Length == 0)
        {
            above = above.EndsWith("\r\n", StringComparison.Ordinal) ? above[..^2] : above.EndsWith('\n') ? above[..^1] : above;
        }

        var text = above + below;
        return (text.Length == 0 ? null : text, long.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var epoch) ? epoch : 0);
    }

    /// <summary>Notes with the text of a person and the epoch; without an epoch (0) just the text.</summary>
    public static string Write(string? text, long epoch)
    {
        var line = epoch == 0 ? "" : Mark + epoch.ToString(CultureInfo.InvariantCulture);
        return string.IsNullOrEmpty(text) ? line : line.Length == 0 ? text : $"{text}\r\n{line}";
    }
}
