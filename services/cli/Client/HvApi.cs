using System.CommandLine;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using HvPlatform.Cli.Platform;
using HvPlatform.Contracts;

namespace HvPlatform.Cli.Client;

/// <summary>A request that the platform refused or that did not reach it; the message is for a person.</summary>
internal sealed class ApiException(string message, int exitCode, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>3: not found; 4: refused; 5: the platform cannot be reached or is in trouble.</summary>
    public int ExitCode { get; } = exitCode;
}

/// <summary>The platform's REST API.</summary>
internal sealed class HvApi(Uri url, string? token) : IDisposable
{
    /// <summary>Where <c>./hv up</c> listens.</summary>
    public const string DefaultUrl = "http://127.0.0.1:8080";

    readonly HttpClient _http = new()
    {
        BaseAddress = url,
        Timeout = TimeSpan.FromSeconds(60),
        DefaultRequestHeaders = { Authorization = token is null ? null : new("Bearer", token) },
    };

    /// <summary>The token of the option <c>--token</c>, on every verb.</summary>
    public static Option<string?> TokenOption { get; } = new("--token") { Description = "The token to show (default: HV_TOKEN, or that of the platform ./hv up started).", Recursive = true };

    /// <summary>The token given with <see cref="TokenOption"/>.</summary>
    public static string? GivenToken { get; set; }

    /// <summary>The API that <c>HV_URL</c> names.</summary>
    public static HvApi FromEnvironment()
    {
        var text = Environment.GetEnvironmentVariable("HV_URL") is { Length: > 0 } given ? given : DefaultUrl;
        return Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? new(url, GivenToken ?? (Environment.GetEnvironmentVariable("HV_TOKEN") is { Length: > 0 } token ? token : url.IsLoopback ? DataDirectory.FindToken() : null))
            : throw new ApiException($"HV_URL is '{text}', which is no http:// or https:// address.", 2);
    }

    /// <summary>Reads a resource.</summary>
    public async Task<JsonElement> GetAsync(string path, CancellationToken cancellationToken) =>
        await SendAsync(new(HttpMethod.Get, path), cancellationToken);

    /// <summary>Reads a resource as a type.</summary>
    public async Task<T> GetAsync<T>(string path, CancellationToken cancellationToken) =>
        (await GetAsync(path, cancellationToken)).Deserialize<T>(HvJson.Options)!;

    /// <summary>Every item of a list, page by page.</summary>
    public async Task<IReadOnlyList<JsonElement>> ListAsync(string path, CancellationToken cancellationToken)
    {
        var items = new List<JsonElement>();
        string? cursor = null;
        do
        {
            var page = await GetAsync($"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}limit=500{(cursor is null ? "" : $"&cursor={cursor}")}", cancellationToken);
            items.AddRange(page.GetProperty("items").EnumerateArray());
            cursor = page.TryGetProperty("nextCursor", out var next) ? next.GetString() : null;
        }
        while (cursor is not null);
        return items;
    }

    /// <summary>Sends a command. Returns the operation.</summary>
    public async Task<OperationRow> CommandAsync(HttpMethod method, string path, object? body, CancellationToken cancellationToken) =>
        (await SendCommandAsync(method, path, body, cancellationToken)).Deserialize<OperationRow>(HvJson.Options)!;

    /// <summary>Sends a command; a repeat of the same call by the network's fault starts nothing twice. Returns what the platform answers.</summary>
    public async Task<JsonElement> SendCommandAsync(HttpMethod method, string path, object? body, CancellationToken cancellationToken)
    {
        var key = Guid.NewGuid().ToString();
        for (var attempt = 1; ; attempt++)
        {
            var request = new HttpRequestMessage(method, path) { Headers = { { "Idempotency-Key", key }, { "X-Requested-By", $"hv-cli/{Environment.UserName}" } } };
            if (body is not null)
            {
                request.Content = JsonContent.Create(body, options: HvJson.Options);
            }

            try
            {
                return await SendAsync(request, cancellationToken);
            }
            catch (ApiException e) when (e.InnerException is not null && attempt < 3)
            {
                // The connection broke: the key makes asking again safe.
            }
        }
    }

    /// <summary>Waits for an operation's end.</summary>
    public async Task<OperationRow> WaitAsync(OperationId id, CancellationToken cancellationToken)
    {
        while (true)
        {
            var operation = await GetAsync<OperationRow>($"/v1/operations/{id}", cancellationToken);
            if (operation.IsFinal)
            {
                return operation;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    async Task<JsonElement> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await _http.SendAsync(request, cancellationToken);
            var text = await response.Content.ReadAsStringAsync(cancellationToken);
            if (!response.IsSuccessStatusCode)
            {
                throw Refused(response.StatusCode, text);
            }

            return JsonDocument.Parse(text).RootElement;
        }
        catch (HttpRequestException e)
        {
            throw new ApiException($"{url} cannot be reached: {e.Message}. Is the platform running (./hv up), and is HV_URL right?", 5, e);
        }
        catch (JsonException e)
        {
            throw new ApiException($"{url} answered something that is not JSON ({e.Message}). Is HV_URL right?", 5);
        }
    }

    static ApiException Refused(HttpStatusCode status, string text)
    {
        var exitCode = status == HttpStatusCode.NotFound ? 3 : (int)status >= 500 ? 5 : 4;
        try
        {
            var problem = JsonSerializer.Deserialize<ProblemRow>(text, HvJson.Options)!;
            var errors = problem.Errors?.Select(e => $"\n  {e.Key} {string.Join("; ", e.Value)}") ?? [];
            return new($"{problem.Detail ?? problem.Title}{string.Concat(errors)}{(problem.Advice is null ? "" : $"\n{problem.Advice}")}", exitCode);
        }
        catch (JsonException)
        {
            return new($"HTTP {(int)status}: {(text.Length > 300 ? text[..300] : text)}", exitCode);
        }
    }
}
