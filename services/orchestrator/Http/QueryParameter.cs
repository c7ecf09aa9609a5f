namespace HvPlatform.Orchestrator.Http;

/// <summary>A query parameter an endpoint knows. One description for the API document and for refusing all others.</summary>
internal sealed record QueryParameter(string Name, string Description, string Type = "string", string? Format = null)
{
    /// <summary>The only values allowed; null for any.</summary>
    public IReadOnlyList<string>? Values { get; init; }

    /// <summary>True if several values may be given, separated by commas.</summary>
    public bool Many { get; init; }
}

/// <summary>A request header an endpoint reads.</summary>
internal sealed record HeaderParameter(string Name, string Description);

/// <summary>Endpoint metadata: parameters that it does not know are passed over instead of refused, because somebody else makes the address.</summary>
internal sealed record TakesAnyParameter;

/// <summary>Endpoint metadata: the parameters it knows.</summary>
internal sealed record KnownParameters(IReadOnlyList<QueryParameter> Query, IReadOnlyList<HeaderParameter> Headers);
