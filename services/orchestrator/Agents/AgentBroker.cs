using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace HvPlatform.Orchestrator.Agents;

/// <summary>
/// Agents' users at RabbitMQ, through its management API. A user has no password: its certificate signs it in, whose common name is the user's name. Every call may be
/// repeated.
/// </summary>
internal sealed class AgentBroker : IDisposable
{
    readonly HttpClient? _http;
    readonly string _virtualHost;

    public AgentBroker(BrokerOptions options)
    {
        _virtualHost = Uri.EscapeDataString(options.VirtualHost);
        if (options.ManagementUrl is not { } url)
        {
            return;
        }

        var credentials = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{options.User}:{options.ReadPassword()}"));
        _http = new HttpClient { BaseAddress = url, Timeout = TimeSpan.FromSeconds(10) };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", credentials);
    }

    /// <summary>False: this platform's agents are not managed at a broker.</summary>
    public bool IsManaged => _http is not null;

    /// <summary>Makes the broker let the agent do what it may, or cuts it off: user and permissions gone, connections closed.</summary>
    /// <exception cref="HttpRequestException">The management API did not do it.</exception>
    public async Task ApplyAsync(AgentAtBroker agent, CancellationToken cancellationToken)
    {
        if (_http is null)
        {
            return;
        }

        var user = agent.Id.ToString();
        if (agent.Live)
        {
            // An empty hash is no password at all, not an empty one.
            await SendAsync(HttpMethod.Put, $"/api/users/{user}", new { password_hash = "", tags = "" }, cancellationToken);
            var (configure, write, read) = BrokerPermissions.Of(agent.Hosts);
            await SendAsync(HttpMethod.Put, $"/api/permissions/{_virtualHost}/{user}", new { configure, write, read }, cancellationToken);
            return;
        }

        await SendAsync(HttpMethod.Delete, $"/api/users/{user}", null, cancellationToken);
        await CloseAsync($"/api/connections/username/{user}", cancellationToken);
    }

    public void Dispose() => _http?.Dispose();

    /// <summary>Without its user a connection ends by itself too, and the broker answers with 500 if one does while it closes them: then it has to look again.</summary>
    async Task CloseAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            await SendAsync(HttpMethod.Delete, path, null, cancellationToken);
        }
        catch (HttpRequestException e) when (e.StatusCode == HttpStatusCode.InternalServerError)
        {
            await SendAsync(HttpMethod.Delete, path, null, cancellationToken);
        }
    }

    async Task SendAsync(HttpMethod method, string path, object? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            // RabbitMQ takes no chunked bodies of unknown length everywhere: the content is made first.
            request.Content = JsonContent.Create(body);
            await request.Content.LoadIntoBufferAsync(cancellationToken);
        }

        HttpResponseMessage response;
        try
        {
            response = await _http!.SendAsync(request, cancellationToken);
        }
        catch (TaskCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HttpRequestException($"{method} {path} was not answered within {_http!.Timeout.TotalSeconds:0} s.", e);
        }

        using (response)
        {
            if (!response.IsSuccessStatusCode && !(method == HttpMethod.Delete && response.StatusCode == HttpStatusCode.NotFound))
            {
                var answer = await response.Content.ReadAsStringAsync(cancellationToken);
                throw new HttpRequestException($"{method} {path} was answered with {(int)response.StatusCode}: {answer}", null, response.StatusCode);
            }
        }
    }
}
