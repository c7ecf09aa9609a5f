using System.Net;
using System.Text.Json;

namespace HvPlatform.ApiClient;

/// <summary>The API refused a request or failed. The message is the problem's detail.</summary>
/// <param name="status">The HTTP status.</param>
/// <param name="problem">The problem document (RFC 9457); null if the answer was none, for example a proxy's page.</param>
/// <param name="body">The body's text, at most its first 1000 characters.</param>
/// <param name="retryAfter">When asking again may help; null if nothing was said.</param>
public sealed class ApiProblemException(HttpStatusCode status, Problem? problem, string body, TimeSpan? retryAfter)
    : Exception(problem?.Detail ?? problem?.Title ?? $"HTTP {(int)status}: {(body.Length > 0 ? body : "no text")}")
{
    const int MostText = 1000;

    /// <summary>The HTTP status.</summary>
    public HttpStatusCode Status => status;

    /// <summary>The problem document, or null.</summary>
    public Problem? Problem => problem;

    /// <summary>When asking again may help.</summary>
    public TimeSpan? RetryAfter => retryAfter;

    internal static async Task<ApiProblemException> FromAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        Problem? problem = null;
        if (response.Content.Headers.ContentType?.MediaType is "application/problem+json")
        {
            try
            {
                problem = ApiJson.Read(JsonElement.Parse(text), ApiTypes.ToProblem);
            }
            catch (JsonException)
            {
                // A problem document of another form: its text is shown as it is.
            }
        }

        return new(response.StatusCode, problem, text.Length > MostText ? text[..MostText] : text, response.Headers.RetryAfter?.Delta);
    }
}
