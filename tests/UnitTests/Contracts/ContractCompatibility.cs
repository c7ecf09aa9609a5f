namespace HvPlatform.UnitTests.Contracts;

/// <summary>
/// Compares the contracts as they were with the contracts as they are. Old and new builds run side by side during an update, and history is read for
/// ever: each must read what the other writes.
/// </summary>
static class ContractCompatibility
{
    const string Policy = "See docs/howto/change-a-contract.md.";

    /// <summary>Each change that would break a reader or a writer of the other build, with how to do it right. Empty if all changes are additive.</summary>
    public static IReadOnlyList<string> Breaks(ContractSchema before, ContractSchema now) => [.. RecordBreaks(before, now), .. EnumBreaks(before, now)];

    static IEnumerable<string> RecordBreaks(ContractSchema before, ContractSchema now)
    {
        foreach (var (name, was) in before.Records)
        {
            if (!now.Records.TryGetValue(name, out var shape))
            {
                yield return $"{name} is gone (removed, renamed or moved: namespace and name are the message's identity on the wire). Keep it, mark it obsolete, and add the new type beside it. {Policy}";
                continue;
            }

            foreach (var gone in was.Implements.Except(shape.Implements))
            {
                yield return $"{name} no longer implements {gone}: consumers of that interface would stop receiving it. Keep the interface. {Policy}";
            }

            foreach (var change in MemberBreaks(name, was, shape))
            {
                yield return change;
            }
        }
    }

    static IEnumerable<string> MemberBreaks(string record, RecordShape was, RecordShape shape)
    {
        foreach (var (name, before) in was.Members)
        {
            if (!shape.Members.TryGetValue(name, out var now))
            {
                yield return $"{record}.{name} is gone (removed or renamed): other builds still write and read it. Keep it; add the better member beside it as optional. {Policy}";
            }
            else if (before.Type != now.Type)
            {
                yield return $"{record}.{name} was {before.Type} and is {now.Type}: the other build cannot read it. Keep the member as it was; add one of the new type under a new name as optional. {Policy}";
            }
            else if (!before.Required && now.Required)
            {
                yield return $"{record}.{name} was optional and is required: messages of older builds, which may leave it out, would be refused. Leave it optional. {Policy}";
            }
            else if (before.Required && !now.Required)
            {
                yield return $"{record}.{name} was required and is optional: older builds refuse a message without it. Leave it required. {Policy}";
            }
        }

        foreach (var (name, member) in shape.Members.Where(m => m.Value.Required && !was.Members.ContainsKey(m.Key)))
        {
            yield return $"{record}.{name} ({member.Type}) is new and required: messages of older builds, and stored ones, lack it and would be refused. Make it optional (nullable, or with a default). {Policy}";
        }
    }

    static IEnumerable<string> EnumBreaks(ContractSchema before, ContractSchema now)
    {
        foreach (var (name, was) in before.Enums)
        {
            if (!now.Enums.TryGetValue(name, out var members))
            {
                yield return $"{name} is gone. Keep it. {Policy}";
                continue;
            }

            foreach (var (member, number) in was)
            {
                if (!members.TryGetValue(member, out var newNumber))
                {
                    yield return $"{name}.{member} is gone (removed or renamed): stored and travelling values with that name would read as Unknown. Keep it, marked obsolete. {Policy}";
                }
                else if (number != newNumber)
                {
                    yield return $"{name}.{member} was {number} and is {newNumber}: numbers are stored in columns and compared by order. Keep the number; add new members at the end. {Policy}";
                }
            }

            // A member put in before the end would show as a changed number above, unless all numbers are explicit and a gap or a duplicate is used.
            foreach (var (member, number) in members.Where(m => !was.ContainsKey(m.Key) && m.Value <= was.Values.DefaultIfEmpty(-1).Max()))
            {
                yield return $"{name}.{member} is new with the number {number}, which is not after all others. Give it the next number. {Policy}";
            }
        }
    }
}
