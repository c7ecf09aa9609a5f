using System.Globalization;

namespace HvPlatform.Orchestrator.Vms;

/// <summary>Collects what is wrong with a request's members. Text is carried unchanged or refused with the reason: nothing is trimmed, cut or cleaned.</summary>
internal sealed class TextRules
{
    /// <summary>Per member: what is wrong.</summary>
    public SortedDictionary<string, string[]> Errors { get; } = new(StringComparer.Ordinal);

    /// <summary>Notes the rule if it does not hold.</summary>
    public void Need(bool holds, string path, string rule)
    {
        if (!holds)
        {
            Errors.TryAdd(path, [rule]);
        }
    }

    /// <summary>A text on one line: no control characters, not blank if <paramref name="required"/>. Null passes.</summary>
    public void Line(string? text, string path, int most, bool required = true)
    {
        if (text is null)
        {
            return;
        }

        Need(text.Length <= most && (!required || !string.IsNullOrWhiteSpace(text)), path,
            string.Create(CultureInfo.InvariantCulture, $"must be {(required ? 1 : 0)} to {most} characters, found {text.Length}"));
        Characters(text, path, char.IsControl);
    }

    /// <summary>A text of any number of lines: tabs and line ends are its only control characters. Null passes.</summary>
    public void Lines(string? text, string path, int most)
    {
        if (text is null)
        {
            return;
        }

        Need(text.Length <= most, path, string.Create(CultureInfo.InvariantCulture, $"must be at most {most} characters, found {text.Length}"));
        Characters(text, path, c => char.IsControl(c) && c is not ('\t' or '\n' or '\r'));
    }

    /// <summary>A number within bounds. Null passes.</summary>
    public void Range(double? number, string path, double least, double most) => Need(
        number is null || (number >= least && number <= most), path, string.Create(CultureInfo.InvariantCulture, $"must be {least} to {most}, found {number}"));

    void Characters(string text, string path, Func<char, bool> refused)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var lone = char.IsSurrogate(text[i]) && !(i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1])) && !(i > 0 && char.IsSurrogatePair(text[i - 1], text[i]));
            if (refused(text[i]) || lone || text[i] is '\uFFFE' or '\uFFFF')
            {
                Need(false, path, string.Create(CultureInfo.InvariantCulture, $"must be printable, found U+{(int)text[i]:X4} at position {i}"));
                return;
            }
        }
    }
}
