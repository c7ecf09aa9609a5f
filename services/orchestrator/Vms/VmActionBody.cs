using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Http;

namespace HvPlatform.Orchestrator.Vms;

/// <summary>What a <see cref="VmAction"/>'s request says beyond its URL.</summary>
internal abstract record VmActionBody
{
    /// <summary>Reads it from a request and checks it.</summary>
    public abstract Task<Outcome<object>> ReadAsync(HttpContext http, int maxBytes);

    /// <summary>For the API document.</summary>
    public abstract RouteHandlerBuilder Describe(RouteHandlerBuilder endpoint);
}

/// <summary>A <see cref="VmActionBody"/> with its type.</summary>
/// <param name="Check">Everything wrong with it that can be told without asking a host.</param>
internal sealed record VmActionBody<T>(Action<T, TextRules> Check) : VmActionBody
    where T : class
{
    public override async Task<Outcome<object>> ReadAsync(HttpContext http, int maxBytes)
    {
        if (!(await JsonBody.ReadAsync<T>(http, maxBytes)).Is(out var body, out var refusal))
        {
            return refusal;
        }

        return Refuse(body) is { } wrong ? wrong : new Outcome<object>(body);
    }

    /// <summary>Null if nothing is wrong.</summary>
    public Refusal? Refuse(T body)
    {
        var rules = new TextRules();
        Check(body, rules);
        return rules.Errors.Count > 0 ? Refusals.Invalid(rules.Errors) : null;
    }

    public override RouteHandlerBuilder Describe(RouteHandlerBuilder endpoint) => endpoint.Takes<T>();
}
