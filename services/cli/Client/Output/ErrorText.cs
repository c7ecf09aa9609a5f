using System.Globalization;
using System.Net;
using HvPlatform.ApiClient;

namespace HvPlatform.Cli.Client.Output;

/// <summary>Errors for a person: what happened and where, why down to the hypervisor's own words, what to do next.</summary>
internal static class ErrorText
{
    /// <summary>The exit code of a refusal.</summary>
    public static int ExitCode(HttpStatusCode status) => status switch
    {
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => ExitCodes.Forbidden,
        HttpStatusCode.NotFound => ExitCodes.NotFound,
        >= HttpStatusCode.InternalServerError => ExitCodes.Unreachable,
        _ => ExitCodes.Refused,
    };

    /// <summary>A refusal, in lines.</summary>
    public static IEnumerable<string> Of(ApiProblemException refused)
    {
        yield return $"hv: {refused.Message}";
        if (refused.Problem is not { } problem)
        {
            yield return $"  The answer (HTTP {(int)refused.Status}) is none of HvPlatform's: is the address right? (hv config view, HV_URL)";
            yield break;
        }

        foreach (var (field, texts) in problem.Errors ?? new Dictionary<string, IReadOnlyList<string>>())
        {
            yield return $"  {field}: {string.Join("; ", texts)}";
        }

        if (problem.NativeCode is { } code)
        {
            yield return $"  {code}{(problem.NativeMessage is { } native ? $": {native}" : "")}";
        }

        foreach (var line in Cause(problem.Cause, 1))
        {
            yield return line;
        }

        if (Advice(problem, refused.Status) is { Length: > 0 } advice)
        {
            yield return $"  next: {advice}";
        }

        if (refused.RetryAfter is { } wait)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"  Asking again may help in {wait.TotalSeconds:0} s.");
        }

        if (problem.TraceId is { } trace && refused.Status >= HttpStatusCode.InternalServerError)
        {
            yield return $"  trace {trace}";
        }
    }

    /// <summary>An operation's error with its causes.</summary>
    public static IEnumerable<string> Of(ErrorInfo error, int depth = 1)
    {
        var indent = new string(' ', 2 * depth);
        var where = error.Where is { } side && !error.Message.Contains(side, StringComparison.Ordinal) ? $" (on {side})" : "";
        yield return $"{indent}{(depth > 1 ? "because: " : "")}{error.Message}{where}";
        if (error.NativeCode is not null || error.NativeMessage is not null)
        {
            yield return $"{indent}  {string.Join(": ", new[] { error.NativeCode, error.NativeMessage }.Where(t => t is not null))}";
        }

        foreach (var line in Cause(error.Cause, depth))
        {
            yield return line;
        }

        if (error.Advice is { } advice)
        {
            yield return $"{indent}next: {AdviceText.Translate(advice)}";
        }
    }

    static IEnumerable<string> Cause(ErrorInfo? cause, int depth) => cause is null ? [] : Of(cause, depth + 1);

    static string Advice(Problem problem, HttpStatusCode status) => status == HttpStatusCode.Unauthorized
        ? "Sign in: hv login --url URL, or HV_TOKEN=$(cat FILE) before the command, FILE as ./hv up names it (without --data its own token is used by itself: run as the user who started it)."
        : AdviceText.Translate(problem.Advice ?? "");
}
