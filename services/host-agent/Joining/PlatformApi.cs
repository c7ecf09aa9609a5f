using System.Text;
using System.Text.Json;
using HvPlatform.ApiClient;
using HvPlatform.ServiceKit.Tls;
using HostId = HvPlatform.Contracts.HostId;

namespace HvPlatform.HostAgent.Joining;

/// <summary>The few calls an agent makes to the platform's API. They need no token: joining shows a join token, the others are signed with the certificate's key.</summary>
sealed class PlatformApi : IDisposable
{
    readonly HttpClient _http;
    readonly HvApiClient _api;
    readonly TimeProvider _time;

    public PlatformApi(Uri platform, TimeProvider time)
    {
        _http = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5), AllowAutoRedirect = false })
        {
            BaseAddress = new Uri($"{platform.AbsoluteUri.TrimEnd('/')}/"),
            Timeout = TimeSpan.FromSeconds(30),
        };
        (_api, _time) = (new(_http), time);
    }

    public Task<JoinedAgentView> JoinAsync(string token, string hostName, string csr, CancellationToken cancellationToken) => AskAsync(
        async () => (await _api.JoinAgentAsync(new() { Token = token, HostName = hostName, Csr = csr }, cancellationToken)).Value, cancellationToken);

    public Task<RenewedAgentView> RenewAsync(AgentIdentity identity, string csr, CancellationToken cancellationToken)
    {
        var (serial, at, signature) = Sign(identity, AgentSignature.Renew, csr);
        return AskAsync(async () => (await _api.RenewAgentAsync(new() { Serial = serial, At = at, Signature = signature, Csr = csr }, cancellationToken)).Value, cancellationToken);
    }

    public Task ClaimAsync(AgentIdentity identity, IReadOnlyList<(HostId Id, string Name)> hosts, CancellationToken cancellationToken)
    {
        var (serial, at, signature) = Sign(identity, AgentSignature.Hosts, string.Join('\n', hosts.Select(h => $"{h.Id} {h.Name}")));
        var body = new ClaimHostsBody { Serial = serial, At = at, Signature = signature, Hosts = [.. hosts.Select(h => new ClaimedHost { Id = h.Id.Value, Name = h.Name })] };
        return AskAsync(() => _api.ClaimHostsAsync(body, cancellationToken), cancellationToken);
    }

    public async Task<string> RevokedAsync(CancellationToken cancellationToken) =>
        Encoding.UTF8.GetString((await AskAsync(() => _api.GetRevokedCertificatesAsync(cancellationToken: cancellationToken), cancellationToken)).Body.Span);

    public void Dispose() => _http.Dispose();

    (string Serial, DateTimeOffset At, string Signature) Sign(AgentIdentity identity, string purpose, string content)
    {
        var (certificate, at) = (identity.Certificate, _time.GetUtcNow());
        return (PlatformCertificate.Serial(certificate), at, AgentSignature.Sign(certificate, purpose, at, content));
    }

    /// <exception cref="HttpRequestException">It could not be reached.</exception>
    /// <exception cref="PlatformRefusedException">It refused.</exception>
    async Task<T> AskAsync<T>(Func<Task<T>> ask, CancellationToken cancellationToken)
    {
        try
        {
            return await ask();
        }
        catch (TaskCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HttpRequestException($"{_http.BaseAddress} did not answer within {_http.Timeout.TotalSeconds:0} s.", e);
        }
        catch (ApiProblemException e) when (e.Problem is { Advice: { } advice } problem)
        {
            throw new PlatformRefusedException(problem.Code, e.Message + string.Concat(problem.Errors?.Select(f => $" {f.Key} {f.Value[0]}.") ?? []), advice) { Fields = [.. problem.Errors?.Keys ?? []] };
        }
        catch (Exception e) when (e is ApiProblemException or JsonException)
        {
            throw new PlatformRefusedException(
                "unexpected-answer", $"{_http.BaseAddress} does not answer as the platform's API does: {(e is ApiProblemException { Status: var status } ? $"HTTP {(int)status}." : e.Message)}",
                "Check that the address is that of the platform's API.");
        }
    }
}

/// <summary>The platform's API refused: in its words.</summary>
sealed class PlatformRefusedException(string code, string detail, string advice) : Exception($"{detail} {advice}")
{
    public string Code { get; } = code;

    public string Detail { get; } = detail;

    public string Advice { get; } = advice;

    /// <summary>The fields of the request that something is wrong with.</summary>
    public IReadOnlyCollection<string> Fields { get; init; } = [];
}
