using System.Globalization;
using System.Text;

namespace HvPlatform.Orchestrator.Webhooks;

/// <summary>Posts one delivery. No redirects, no proxy, no cookies; of the answer only the status is read.</summary>
internal sealed class WebhookSender : IDisposable
{
    const int MostAnswerHeaderKiB = 16;

    readonly HttpClient _http;
    readonly WebhookOptions _options;
    readonly TimeProvider _clock;

    public WebhookSender(OrchestratorOptions options, TimeProvider clock)
    {
        (_options, _clock) = (options.Webhooks, clock);
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            MaxResponseHeadersLength = MostAnswerHeaderKiB,
            PooledConnectionLifetime = TimeSpan.FromMinutes(1),
            ConnectCallback = (context, cancellationToken) => WebhookAddress.ConnectAsync(context.DnsEndPoint, _options.AllowPrivate, cancellationToken),
        })
        { Timeout = System.Threading.Timeout.InfiniteTimeSpan };
    }

    /// <summary>The answer's status, or why there is none.</summary>
    public async Task<WebhookAnswer> SendAsync(WebhookTarget target, WebhookDue due, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(_options.Timeout, _clock);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Post, target.Url) { Content = new StringContent(due.Body, Encoding.UTF8, "application/json") };
        request.Headers.TryAddWithoutValidation("User-Agent", "HvPlatform-Webhooks/1");
        request.Headers.TryAddWithoutValidation("Hv-Webhook-Id", target.Id.ToString());
        request.Headers.TryAddWithoutValidation("Hv-Delivery-Id", due.Id.ToString());
        request.Headers.TryAddWithoutValidation("Hv-Event-Type", due.Type);
        request.Headers.TryAddWithoutValidation(WebhookSignature.Header, WebhookSignature.Of(target.Secrets, _clock.GetUtcNow(), due.Body));
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, over.Token);
            var status = (int)response.StatusCode;
            return new WebhookAnswer(status, status is >= 200 and < 300 ? null : status is >= 300 and < 400 ? "It redirects; redirects are not followed. Give the URL it points to." : $"It answered with HTTP {status}.");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new WebhookAnswer(null, string.Create(CultureInfo.InvariantCulture, $"It did not answer within {_options.Timeout.TotalSeconds} s."));
        }
        catch (HttpRequestException e)
        {
            return new WebhookAnswer(null, e.InnerException is WebhookAddressException where ? where.Message : $"It cannot be reached: {(e.InnerException ?? e).Message}");
        }
    }

    public void Dispose() => _http.Dispose();
}

/// <summary>What came of an attempt; <paramref name="Error"/> is null if it was delivered.</summary>
internal sealed record WebhookAnswer(int? Status, string? Error);

/// <summary>An endpoint that something is due for.</summary>
internal sealed record WebhookTarget(Guid Id, string Url, IReadOnlyList<string> Secrets, int Failures, int DeadInARow);

/// <summary>A delivery that is due.</summary>
internal sealed record WebhookDue(Guid Id, string Type, string Body, int Attempts, DateTimeOffset GiveUpAt);
