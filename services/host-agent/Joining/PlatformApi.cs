using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.ServiceKit.Tls;

namespace HvPlatform.HostAgent.Joining;

/// <summary>The few calls an agent makes to the platform's API. They need no token: joining shows a join token, the others are signed with the certificate's key.</summary>
sealed class PlatformApi(Uri platform, TimeProvider time) : IDisposable
{
    readonly HttpClient _http = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5), AllowAutoRedirect = false })
    {
        BaseAddress = new Uri($"{platform.AbsoluteUri.TrimEnd('/')}/"),
        Timeout = TimeSpan.FromSeconds(30),
    };

    public Task<Joined> JoinAsync(string token, string hostName, string csr, CancellationToken cancellationToken) =>
        PostAsync<Joined>("v1/agents/join", new { token, hostName, csr }, cancellationToken);

    public Task<Renewed> RenewAsync(AgentIdentity identity, string csr, CancellationToken cancellationToken)
    {
        var (serial, at, signature) = Sign(identity, AgentSignature.Renew, csr);
        return PostAsync<Renewed>("v1/agents/renew", new { serial, at, signature, csr }, cancellationToken);
    }

    public async Task ClaimAsync(AgentIdentity identity, IReadOnlyList<(HostId Id, string Name)> hosts, CancellationToken cancellationToken)
    {
        var (serial, at, signature) = Sign(identity, AgentSignature.Hosts, string.Join('\n', hosts.Select(h => $"{h.Id} {h.Name}")));
        using var response = await SendAsync(HttpMethod.Post, "v1/agents/hosts", new { serial, at, signature, hosts = hosts.Select(h => new { id = h.Id, name = h.Name }) }, cancellationToken);
    }

    public async Task<string> RevokedAsync(CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Get, "v1/ca/crl", null, cancellationToken);
        return await response.Content.ReadAsStringAsync(cancellationToken);
    }

    public void Dispose() => _http.Dispose();

    (string Serial, DateTimeOffset At, string Signature) Sign(AgentIdentity identity, string purpose, string content)
    {
        var (certificate, at) = (identity.Certificate, time.GetUtcNow());
        return (PlatformCertificate.Serial(certificate), at, AgentSignature.Sign(certificate, purpose, at, content));
    }

    async Task<T> PostAsync<T>(string path, object body, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Post, path, body, cancellationToken);
        try
        {
            return await response.Content.ReadFromJsonAsync<T>(HvJson.Options, cancellationToken) ?? throw new JsonException("it is empty.");
        }
        catch (JsonException e)
        {
            throw new PlatformRefusedException("unexpected-answer", $"The answer of {_http.BaseAddress}{path} cannot be read: {e.Message}", "Check that the address is that of the platform's API.");
        }
    }

    /// <exception cref="HttpRequestException">It could not be reached.</exception>
    /// <exception cref="PlatformRefusedException">It refused.</exception>
    async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = body is null ? null : JsonContent.Create(body, options: HvJson.Options);
        HttpResponseMessage response;
        try
        {
            response = await _http.SendAsync(request, cancellationToken);
        }
        catch (TaskCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HttpRequestException($"{_http.BaseAddress} did not answer within {_http.Timeout.TotalSeconds:0} s.", e);
        }

        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            throw await RefusedAsync(response, path, cancellationToken);
        }
    }

    async Task<PlatformRefusedException> RefusedAsync(HttpResponseMessage response, string path, CancellationToken cancellationToken)
    {
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        try
        {
            var problem = JsonDocument.Parse(text).RootElement;
            var fields = problem.TryGetProperty("errors", out var errors) ? string.Concat(errors.EnumerateObject().Select(e => $" {e.Name} {e.Value[0].GetString()}.")) : "";
            return new(problem.GetProperty("code").GetString()!, problem.GetProperty("detail").GetString() + fields, problem.GetProperty("advice").GetString()!);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return new("unexpected-answer", $"{_http.BaseAddress}{path} answered with {(int)response.StatusCode}.", "Check that the address is that of the platform's API.");
        }
    }
}

/// <summary>The platform's API refused: in its words.</summary>
sealed class PlatformRefusedException(string code, string detail, string advice) : Exception($"{detail} {advice}")
{
    public string Code { get; } = code;

    public string Detail { get; } = detail;

    public string Advice { get; } = advice;
}

/// <summary>The answer to a join.</summary>
sealed record Joined
{
    public required AgentId AgentId { get; init; }

    public required string Certificate { get; init; }

    public required DateTimeOffset CertificateExpiresAt { get; init; }

    public required string CaCertificate { get; init; }

    public Uri? Broker { get; init; }
}

/// <summary>The answer to a renewal.</summary>
sealed record Renewed
{
    public required string Certificate { get; init; }

    public Uri? Broker { get; init; }
}
