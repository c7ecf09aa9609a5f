using System.Diagnostics;
using System.Net;

namespace HvPlatform.Cli.Client.Connect;

/// <summary>Adds to each request who asks and why; repeats what may be repeated; shows what is sent for <c>-v</c> and <c>--dry-run</c>. The token is never shown.</summary>
internal sealed class RequestHandler(CliHost host, Connection connection, RequestSettings settings, HttpMessageHandler network) : DelegatingHandler(network)
{
    const int Attempts = 3;
    static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(10);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var isCommand = request.Method != HttpMethod.Get;
        if (isCommand)
        {
            request.Headers.TryAddWithoutValidation("Idempotency-Key", settings.IdempotencyKey ?? Guid.NewGuid().ToString());
            if (settings.Reason is not null)
            {
                request.Headers.TryAddWithoutValidation("X-Reason", settings.Reason);
            }
        }

        if (connection.Token is not null)
        {
            request.Headers.Authorization = new("Bearer", connection.Token);
        }

        if (isCommand && settings is { DryRun: true, SendsInDryRun: false })
        {
            await ShowAsync(host.Out, request, cancellationToken);
            throw new DryRunException();
        }

        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var response = await SendOnceAsync(request, cancellationToken);
                if (response.StatusCode != HttpStatusCode.TooManyRequests || attempt == Attempts || response.Headers.RetryAfter?.Delta is not { } wait || wait > s_longestWait)
                {
                    return response;
                }

                response.Dispose();
                await Task.Delay(wait, host.Time, cancellationToken);
            }
            catch (HttpRequestException) when (attempt < Attempts && isCommand)
            {
                // The connection broke; whether the command arrived is not known. Its key makes asking again safe.
            }
        }
    }

    async Task<HttpResponseMessage> SendOnceAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (!settings.Verbose)
        {
            return await base.SendAsync(request, cancellationToken);
        }

        var trace = ActivityTraceId.CreateRandom();
        request.Headers.Remove("traceparent");
        request.Headers.TryAddWithoutValidation("traceparent", $"00-{trace}-{ActivitySpanId.CreateRandom()}-01");
        await ShowAsync(host.Error, request, cancellationToken);
        var start = host.Time.GetTimestamp();
        var response = await base.SendAsync(request, cancellationToken);
        await host.Error.WriteLineAsync($"< {(int)response.StatusCode} {response.ReasonPhrase}, {host.Time.GetElapsedTime(start).TotalMilliseconds:F0} ms, trace {trace}");
        return response;
    }

    static async Task ShowAsync(TextWriter writer, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        await writer.WriteLineAsync($"{request.Method} {request.RequestUri}");
        foreach (var (name, values) in request.Headers.Concat(request.Content?.Headers.AsEnumerable() ?? []))
        {
            await writer.WriteLineAsync($"{name}: {(name == "Authorization" ? "Bearer (not shown)" : string.Join(", ", values))}");
        }

        if (request.Content is not null)
        {
            await writer.WriteLineAsync();
            await writer.WriteLineAsync(Output.JsonText.Indent(await request.Content.ReadAsByteArrayAsync(cancellationToken)));
        }
    }
}
