using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using HvPlatform.TestKit;

namespace HvPlatform.Chaos.World;

/// <summary>The REST API of a platform parts of which are dead at times: what cannot be reached is asked again.</summary>
sealed class Api(Uri url) : IDisposable
{
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    readonly HttpClient _http = new() { BaseAddress = url, Timeout = TimeSpan.FromSeconds(5), DefaultRequestHeaders = { Authorization = TestAccess.Header } };

    /// <summary>A resource, or null if the API cannot be reached or cannot say now.</summary>
    public async Task<JsonElement?> TryGetAsync(string path)
    {
        try
        {
            using var answer = await _http.GetAsync(path);
            return answer.IsSuccessStatusCode ? await answer.Content.ReadFromJsonAsync<JsonElement>() : null;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or JsonException)
        {
            return null;
        }
    }

    /// <summary>A list's first page; empty if it cannot be had now.</summary>
    public async Task<IReadOnlyList<JsonElement>> ListAsync(string path) =>
        await TryGetAsync(path) is { } page ? [.. page.GetProperty("items").EnumerateArray()] : [];

    /// <summary>Posts a command until it is accepted and returns the operation's id. Repeats carry the same key, so they start nothing twice.</summary>
    public async Task<Guid> AcceptAsync(string path, object? body, CancellationToken cancellationToken)
    {
        var (clock, key) = (Stopwatch.StartNew(), Guid.NewGuid().ToString());
        while (true)
        {
            string why;
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body ?? new { }), Headers = { { "Idempotency-Key", key }, { "X-Requested-By", "chaos" } } };
                using var answer = await _http.SendAsync(request, cancellationToken);
                why = await answer.Content.ReadAsStringAsync(cancellationToken);
                if (answer.IsSuccessStatusCode)
                {
                    return JsonSerializer.Deserialize<JsonElement>(why).GetProperty("id").GetGuid();
                }

                // A refusal is remembered under its key; another attempt is another request.
                key = Guid.NewGuid().ToString();
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                cancellationToken.ThrowIfCancellationRequested();
                why = e.Message;
            }

            if (clock.Elapsed > s_patience)
            {
                throw new TimeoutException($"POST {path} is not accepted after {s_patience.TotalSeconds:0} s: {why}");
            }

            await Task.Delay(100, cancellationToken);
        }
    }

    /// <summary>Waits for an operation's end and returns it; null if it has none in time.</summary>
    public async Task<JsonElement?> EndOfAsync(Guid operation, TimeSpan patience, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < patience)
        {
            if (await TryGetAsync($"/v1/operations/{operation}") is { } seen && seen.TryGetProperty("finishedAt", out _))
            {
                return seen;
            }

            await Task.Delay(50, cancellationToken);
        }

        return null;
    }

    /// <summary>Runs a command to its end, which must be good.</summary>
    public async Task<JsonElement> RunAsync(string path, object? body, CancellationToken cancellationToken)
    {
        var end = await EndOfAsync(await AcceptAsync(path, body, cancellationToken), s_patience, cancellationToken);
        return end is { } e && e.GetProperty("status").GetString() == "Succeeded" ? e : throw new InvalidOperationException($"POST {path} ended as {end?.ToString() ?? "nothing"}");
    }

    public void Dispose() => _http.Dispose();
}
