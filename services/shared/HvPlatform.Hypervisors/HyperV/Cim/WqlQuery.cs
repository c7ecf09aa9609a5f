namespace HvPlatform.Hypervisors.HyperV.Cim;

/// <summary>What a WQL statement asks for.</summary>
public enum WqlKind
{
    /// <summary><c>SELECT … FROM Class WHERE …</c></summary>
    Select,

    /// <summary><c>ASSOCIATORS OF {path} WHERE …</c>: the instances at the other end.</summary>
    Associators,

    /// <summary><c>REFERENCES OF {path} WHERE …</c>: the associations themselves.</summary>
    References,
}

/// <summary>
/// A WQL statement, read: <c>SELECT</c> with conditions, <c>ASSOCIATORS OF</c> or <c>REFERENCES OF</c>. A session uses it to filter where the host cannot,
/// the simulator to answer queries.
/// </summary>
public sealed class WqlQuery
{
    /// <summary>WMI's code for a query it cannot read (WBEM_E_INVALID_QUERY).</summary>
    public const uint InvalidQuery = 0x80041017;

    /// <summary>Most characters of a statement.</summary>
    public const int MaxCharacters = 256 * 1024;

    internal WqlQuery(WqlKind kind, string? className, CimPath? source)
    {
        Kind = kind;
        ClassName = className;
        Source = source;
    }

    /// <summary>What it asks for.</summary>
    public WqlKind Kind { get; }

    /// <summary>For <see cref="WqlKind.Select"/> the class; otherwise null.</summary>
    public string? ClassName { get; }

    /// <summary>The properties selected; empty for all (<c>*</c>).</summary>
    public IReadOnlyList<string> Projections { get; internal init; } = [];

    /// <summary>For associators and references: of which instance; otherwise null.</summary>
    public CimPath? Source { get; }

    /// <summary>Only through associations of this class (<c>AssocClass</c>; for references <c>ResultClass</c> gives it); null for any.</summary>
    public string? AssociationClass { get; internal init; }

    /// <summary>Only instances of this class at the other end; null for any.</summary>
    public string? ResultClass { get; internal init; }

    /// <summary>Only where the source has this role in the association; null for any.</summary>
    public string? Role { get; internal init; }

    /// <summary>Only where the result has this role in the association; null for any.</summary>
    public string? ResultRole { get; internal init; }

    internal WqlCondition? Where { get; init; }

    /// <summary>
    /// Properties that must equal a text for any instance to match (compared without case), found among the conditions joined by AND: enough to look instances up
    /// before <see cref="Matches"/> says the last word.
    /// </summary>
    public IReadOnlyDictionary<string, string> Equalities
    {
        get
        {
            var found = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            Where?.CollectEqualities(found);
            return found;
        }
    }

    /// <summary>Reads a statement. What is none is a <see cref="CimException"/> of kind <see cref="CimErrorKind.InvalidRequest"/> with code <see cref="InvalidQuery"/>.</summary>
    /// <param name="text">The statement.</param>
    /// <param name="nameSpace">The namespace of paths in it that name none.</param>
    public static WqlQuery Parse(string text, string nameSpace = CimPath.Virtualization) => new WqlParser(text, nameSpace).Statement();

    /// <summary>
    /// Whether an instance satisfies the WHERE clause. Texts compare without case; a comparison with null is neither true nor false (so NOT does not make it true),
    /// and neither is one with an array.
    /// </summary>
    /// <param name="instance">The instance; its class is <c>__CLASS</c>.</param>
    /// <param name="serverName">The host's name, for <c>__SERVER</c>.</param>
    public bool Matches(CimInstance instance, string serverName) => Where is null || Where.Evaluate(instance, serverName) == true;

    /// <summary>The instance with only the selected properties; the instance itself if all are selected.</summary>
    public CimInstance Project(CimInstance instance)
    {
        if (Projections.Count == 0)
        {
            return instance;
        }

        var projected = new CimInstance(instance.ClassName);
        foreach (var (name, value) in instance.Properties)
        {
            if (Projections.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                projected[name] = value;
            }
        }

        return projected;
    }
}
