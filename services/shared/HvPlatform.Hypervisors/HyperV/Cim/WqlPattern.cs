namespace HvPlatform.Hypervisors.HyperV.Cim;

/// <summary>Patterns of LIKE: <c>%</c> any characters, <c>_</c> one, <c>[a-z]</c> one of these, <c>[^a-z]</c> one of the others; without case.</summary>
internal static class WqlPattern
{
    public static bool Matches(string text, string pattern)
    {
        int at = 0, of = 0, resumeAt = -1, resumeIn = 0;
        while (at < text.Length)
        {
            if (of < pattern.Length && pattern[of] == '%')
            {
                resumeIn = ++of;
                resumeAt = at;
            }
            else if (of < pattern.Length && One(text[at], pattern, of, out var used))
            {
                at++;
                of += used;
            }
            else if (resumeAt >= 0)
            {
                at = ++resumeAt;
                of = resumeIn;
            }
            else
            {
                return false;
            }
        }

        while (of < pattern.Length && pattern[of] == '%')
        {
            of++;
        }

        return of == pattern.Length;
    }

    private static bool One(char c, string pattern, int at, out int used)
    {
        used = 1;
        c = char.ToUpperInvariant(c);
        if (pattern[at] == '_')
        {
            return true;
        }

        var end = pattern[at] == '[' ? pattern.IndexOf(']', at + 1) : -1;
        if (end < 0)
        {
            return char.ToUpperInvariant(pattern[at]) == c;
        }

        used = end - at + 1;
        var set = pattern.AsSpan(at + 1, end - at - 1);
        var others = set.Length > 0 && set[0] == '^';
        return InSet(c, others ? set[1..] : set) != others;
    }

    private static bool InSet(char c, ReadOnlySpan<char> set)
    {
        for (var i = 0; i < set.Length; i++)
        {
            var isRange = i + 2 < set.Length && set[i + 1] == '-';
            var from = char.ToUpperInvariant(set[i]);
            var to = isRange ? char.ToUpperInvariant(set[i += 2]) : from;
            if (c >= from && c <= to)
            {
                return true;
            }
        }

        return false;
    }
}
