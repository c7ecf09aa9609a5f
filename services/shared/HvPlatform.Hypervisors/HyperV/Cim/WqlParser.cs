using System.Globalization;
using System.Text;

namespace HvPlatform.Hypervisors.HyperV.Cim;

/// <summary>Reads a WQL statement by recursive descent; nesting is bounded.</summary>
internal sealed class WqlParser
{
    private const int MaxDepth = 64;

    private readonly string text;
    private readonly string nameSpace;
    private int at;
    private int depth;

    public WqlParser(string text, string nameSpace)
    {
        this.text = text;
        this.nameSpace = nameSpace;
        if (text.Length > WqlQuery.MaxCharacters)
        {
            throw Wrong($"it has {text.Length} characters, more than {WqlQuery.MaxCharacters}");
        }
    }

    public WqlQuery Statement()
    {
        var query = TakeWord("SELECT") ? Select() : TakeWord("ASSOCIATORS") ? Related(WqlKind.Associators) : TakeWord("REFERENCES") ? Related(WqlKind.References)
            : throw Wrong("SELECT, ASSOCIATORS OF or REFERENCES OF was expected");
        Skip();
        return at == text.Length ? query : throw Wrong("the statement goes on after its end");
    }

    private WqlQuery Select()
    {
        var projections = new List<string>();
        if (!Take('*'))
        {
            do
            {
                projections.Add(Name());
            }
            while (Take(','));
        }

        ExpectWord("FROM");
        var className = Name();
        return new WqlQuery(WqlKind.Select, className, null) { Projections = projections, Where = TakeWord("WHERE") ? Disjunction() : null };
    }

    private WqlQuery Related(WqlKind kind)
    {
        ExpectWord("OF");
        var source = Path();
        var given = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        if (TakeWord("WHERE"))
        {
            do
            {
                var name = Name();
                Expect('=');
                if (!(name.ToUpperInvariant() is "RESULTCLASS" or "ROLE" || (kind is WqlKind.Associators && name.ToUpperInvariant() is "ASSOCCLASS" or "RESULTROLE")) || !given.TryAdd(name, Name()))
                {
                    throw Wrong($"{name} cannot stand here");
                }

                TakeWord("AND");
                Skip();
            }
            while (at < text.Length);
        }

        var resultClass = given.GetValueOrDefault("ResultClass");
        return new WqlQuery(kind, null, source)
        {
            AssociationClass = kind is WqlKind.References ? resultClass : given.GetValueOrDefault("AssocClass"),
            ResultClass = kind is WqlKind.References ? null : resultClass,
            Role = given.GetValueOrDefault("Role"),
            ResultRole = given.GetValueOrDefault("ResultRole"),
        };
    }

    private CimPath Path()
    {
        Expect('{');
        var start = at;
        char? quote = null;
        for (; at < text.Length && (quote is not null || text[at] != '}'); at++)
        {
            if (quote is null)
            {
                quote = text[at] is '\'' or '"' ? text[at] : null;
            }
            else if (text[at] == '\\')
            {
                at++;
            }
            else if (text[at] == quote)
            {
                quote = null;
            }
        }

        var inner = text[start..Math.Min(at, text.Length)];
        Expect('}');
        return CimPath.TryParse(inner.Trim(), nameSpace, out var path) ? path! : throw Wrong("the object path in braces is none");
    }

    private WqlCondition Disjunction()
    {
        var conditions = new List<WqlCondition> { Conjunction() };
        while (TakeWord("OR"))
        {
            conditions.Add(Conjunction());
        }

        return conditions.Count == 1 ? conditions[0] : new WqlCondition.Any(conditions);
    }

    private WqlCondition Conjunction()
    {
        var conditions = new List<WqlCondition> { Unary() };
        while (TakeWord("AND"))
        {
            conditions.Add(Unary());
        }

        return conditions.Count == 1 ? conditions[0] : new WqlCondition.All(conditions);
    }

    private WqlCondition Unary()
    {
        if (++depth > MaxDepth)
        {
            throw Wrong($"conditions are nested deeper than {MaxDepth}");
        }

        WqlCondition condition;
        if (TakeWord("NOT"))
        {
            condition = new WqlCondition.Not(Unary());
        }
        else if (Take('('))
        {
            condition = Disjunction();
            Expect(')');
        }
        else
        {
            condition = Comparison();
        }

        depth--;
        return condition;
    }

    private WqlCondition Comparison()
    {
        var left = Operand();
        if (TakeWord("IS"))
        {
            var not = TakeWord("NOT");
            ExpectWord("NULL");
            return not ? new WqlCondition.Not(new WqlCondition.IsNull(left)) : new WqlCondition.IsNull(left);
        }

        var negated = TakeWord("NOT");
        if (TakeWord("LIKE"))
        {
            var like = new WqlCondition.Like(left, Text());
            return negated ? new WqlCondition.Not(like) : like;
        }

        if (negated)
        {
            throw Wrong("LIKE was expected after NOT");
        }

        if (TakeWord("ISA"))
        {
            Skip();
            return new WqlCondition.IsA(left, at < text.Length && text[at] is '\'' or '"' ? Text() : Name());
        }

        var comparison = Operator();
        var right = Operand();
        var isNull = left is WqlOperand.Literal { Constant: null } ? right : right is WqlOperand.Literal { Constant: null } ? left : null;
        return isNull is null ? new WqlCondition.Compare(left, comparison, right)
            : comparison switch
            {
                "=" => new WqlCondition.IsNull(isNull),
                "<>" or "!=" => new WqlCondition.Not(new WqlCondition.IsNull(isNull)),
                _ => throw Wrong($"NULL cannot be compared by {comparison}"),
            };
    }

    private string Operator()
    {
        Skip();
        foreach (var candidate in (ReadOnlySpan<string>)["<>", "<=", ">=", "!=", "=", "<", ">"])
        {
            if (string.CompareOrdinal(text, at, candidate, 0, candidate.Length) == 0)
            {
                at += candidate.Length;
                return candidate;
            }
        }

        throw Wrong("a comparison was expected");
    }

    private WqlOperand Operand()
    {
        Skip();
        if (at < text.Length && text[at] is '\'' or '"')
        {
            return new WqlOperand.Literal(Text());
        }

        if (at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] is '-' or '+' or '.'))
        {
            return new WqlOperand.Literal(Number());
        }

        var name = Name();
        while (Take('.'))
        {
            name += "." + Name();
        }

        return name.ToUpperInvariant() switch
        {
            "TRUE" => new WqlOperand.Literal(true),
            "FALSE" => new WqlOperand.Literal(false),
            "NULL" => new WqlOperand.Literal(null),
            _ => new WqlOperand.Property(name),
        };
    }

    private object Number()
    {
        var start = at++;
        while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] == '.' || (text[at] is '-' or '+' && text[at - 1] is 'e' or 'E')))
        {
            at++;
        }

        var digits = text.AsSpan(start, at - start);
        var culture = CultureInfo.InvariantCulture;
        if (digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase) && ulong.TryParse(digits[2..], NumberStyles.AllowHexSpecifier, culture, out var hex))
        {
            return (decimal)hex;
        }

        return decimal.TryParse(digits, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, culture, out var number) ? number
            : double.TryParse(digits, NumberStyles.Float, culture, out var real) ? real
            : throw Wrong($"'{digits}' is no number");
    }

    private string Text()
    {
        Skip();
        if (at >= text.Length || text[at] is not ('\'' or '"'))
        {
            throw Wrong("a text in quotes was expected");
        }

        var quote = text[at++];
        var value = new StringBuilder();
        for (; at < text.Length; at++)
        {
            if (text[at] == quote)
            {
                at++;
                return value.ToString();
            }

            if (text[at] == '\\' && at + 1 < text.Length)
            {
                at++;
            }

            value.Append(text[at]);
        }

        throw Wrong("a text is not closed");
    }

    private string Name()
    {
        Skip();
        var start = at;
        while (at < text.Length && (char.IsAsciiLetter(text[at]) || text[at] == '_' || (at > start && char.IsAsciiDigit(text[at]))))
        {
            at++;
        }

        return at > start ? text[start..at] : throw Wrong("a name was expected");
    }

    private void ExpectWord(string word)
    {
        if (!TakeWord(word))
        {
            throw Wrong($"{word} was expected");
        }
    }

    private bool TakeWord(string word)
    {
        Skip();
        var end = at + word.Length;
        if (string.Compare(text, at, word, 0, word.Length, StringComparison.OrdinalIgnoreCase) != 0 || (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] == '_')))
        {
            return false;
        }

        at = end;
        return true;
    }

    private void Expect(char c)
    {
        if (!Take(c))
        {
            throw Wrong($"'{c}' was expected");
        }
    }

    private bool Take(char c)
    {
        Skip();
        if (at >= text.Length || text[at] != c)
        {
            return false;
        }

        at++;
        return true;
    }

    private void Skip()
    {
        while (at < text.Length && char.IsWhiteSpace(text[at]))
        {
            at++;
        }
    }

    private CimException Wrong(string what)
    {
        var near = Math.Min(at, text.Length);
        return new CimException(CimErrorKind.InvalidRequest, $"The query is not WQL at character {near + 1}: {what}. It reads: {(text.Length > 200 ? text[..200] + "…" : text)}", WqlQuery.InvalidQuery);
    }
}
