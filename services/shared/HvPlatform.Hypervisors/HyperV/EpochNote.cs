using System.Globalization;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>
/// The ownership epoch, kept as a last line of the VM's notes (<c>Msvm_VirtualSystemSettingData.Notes</c>), as cluster managers do with theirs: it is there without a
/// query of its own, moves with every migration, export and import, and may be changed while the VM runs. The notes that a person wrote stand above it unchanged.
/// Other lines of the platform stand there, too: that an import made the VM, or that a definition has not finished it. A line of the platform starts with one of its marks;
/// the same words within a line are a person's.
/// </summary>
public static class EpochNote
{
    private const string Epoch = "#hvplatform-epoch#:";
    private const string Import = "#hvplatform-import#:";
    private const string Definition = "#hvplatform-definition#:";

    /// <summary>What a person wrote (null if nothing), and the epoch (0 if none, or if it cannot be read).</summary>
    public static (string? Text, long Epoch) Read(string? notes)
    {
        var (text, lines) = Split(notes);
        return (
            text.Length == 0 ? null : text,
            Of(lines, Epoch) is { } last && long.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var epoch) ? epoch : 0);
    }

    /// <summary>Notes with the text of a person and the epoch; without an epoch (0) just the text.</summary>
    public static string Write(string? text, long epoch) => Join(text, epoch == 0 ? [] : [Line(epoch)]);

    /// <summary>The notes with another text of a person, and the platform's lines as they are.</summary>
    public static string WithText(string? notes, string? text) => Join(text, Split(notes).Lines);

    /// <summary>The notes with another epoch, and everything else as it is.</summary>
    public static string WithEpoch(string? notes, long epoch)
    {
        var (text, lines) = Split(notes);
        return Join(text, [.. lines.Where(line => !Has(line, Epoch)), .. epoch == 0 ? Array.Empty<string>() : [Line(epoch)]]);
    }

    /// <summary>The notes of a VM that a definition has begun to set up and not finished.</summary>
    /// <param name="definition">Names the definition.</param>
    public static string Unfinished(string definition) => Definition + definition;

    /// <summary>Whether this definition has begun the VM with these notes and not finished it.</summary>
    public static bool IsUnfinished(string? notes, string definition) => Of(Split(notes).Lines, Definition) == definition;

    /// <summary>The notes of the same VM when it is finished.</summary>
    public static string Finished(string? notes)
    {
        var (text, lines) = Split(notes);
        return Join(text, [.. lines.Where(line => !Has(line, Definition))]);
    }

    /// <summary>Whether a text holds a line that would be taken for one of the platform's.</summary>
    public static bool Forges(string text) => text.Split('\n').Any(IsMarked);

    private static string Line(long epoch) => Epoch + epoch.ToString(CultureInfo.InvariantCulture);

    private static bool Has(string line, string mark) => line.StartsWith(mark, StringComparison.Ordinal);

    private static bool IsMarked(string line) => Has(line, Epoch) || Has(line, Import) || Has(line, Definition);

    private static string? Of(IReadOnlyList<string> lines, string mark) => lines.LastOrDefault(line => Has(line, mark))?[mark.Length..].Trim();

    private static string Join(string? text, IReadOnlyList<string> lines) => string.Join("\r\n", string.IsNullOrEmpty(text) ? lines : lines.Prepend(text));

    /// <summary>The text of a person byte for byte, and the platform's lines without their ends. The break above lines at the end is the platform's.</summary>
    private static (string Text, IReadOnlyList<string> Lines) Split(string? notes)
    {
        var text = "";
        var lines = new List<string>();
        var markedLast = false;
        for (var at = 0; at < (notes?.Length ?? 0);)
        {
            var end = notes!.IndexOf('\n', at) is >= 0 and var found ? found + 1 : notes.Length;
            var line = notes[at..end];
            markedLast = IsMarked(line);
            if (markedLast)
            {
                lines.Add(line.TrimEnd('\r', '\n'));
            }
            else
            {
                text += line;
            }

            at = end;
        }

        return (!markedLast ? text : text.EndsWith("\r\n", StringComparison.Ordinal) ? text[..^2] : text.EndsWith('\n') ? text[..^1] : text, lines);
    }
}
