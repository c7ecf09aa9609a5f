using System.Net;
using System.Text;

namespace HvPlatform.UnitTests.Cli;

/// <summary>An API that answers from a script, by method and path with query; a path alone answers for every query. Of several answers to one request each is given once, the last for good.</summary>
internal sealed class ScriptedApi : HttpMessageHandler
{
    readonly Dictionary<string, Queue<(HttpStatusCode Status, string Body)>> _script = [];

    /// <summary>Method, path and query of each request, in order.</summary>
    public List<string> Requests { get; } = [];

    /// <summary>The headers of the last request.</summary>
    public Dictionary<string, string> Headers { get; } = [];

    /// <summary>The body of the last request that had one.</summary>
    public string? Body { get; private set; }

    public ScriptedApi On(string request, string body, HttpStatusCode status = HttpStatusCode.OK)
    {
        (_script.TryGetValue(request, out var answers) ? answers : _script[request] = new()).Enqueue((status, body));
        return this;
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var asked = $"{request.Method} {request.RequestUri!.PathAndQuery}";
        Requests.Add(asked);
        Headers.Clear();
        foreach (var (name, values) in request.Headers)
        {
            Headers[name] = string.Join(", ", values);
        }

        Body = request.Content is null ? Body : await request.Content.ReadAsStringAsync(cancellationToken);
        if (!_script.TryGetValue(asked, out var answers) && !_script.TryGetValue($"{request.Method} {request.RequestUri.AbsolutePath}", out answers))
        {
            return Answer(HttpStatusCode.NotFound, $$"""{"type":"urn:hvplatform:problem:no-such-endpoint","title":"Not found","status":404,"detail":"The script has no {{asked}}.","instance":"/","code":"no-such-endpoint"}""");
        }

        var (status, body) = answers.Count > 1 ? answers.Dequeue() : answers.Peek();
        return Answer(status, body);
    }

    static HttpResponseMessage Answer(HttpStatusCode status, string body) => new(status)
    {
        Content = new StringContent(body, Encoding.UTF8, body.StartsWith("id:", StringComparison.Ordinal) ? "text/event-stream" : (int)status >= 400 && body.StartsWith('{') ? "application/problem+json" : "application/json"),
    };
}
