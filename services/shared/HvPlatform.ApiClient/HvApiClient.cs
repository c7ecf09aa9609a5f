using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace HvPlatform.ApiClient;

/// <summary>
/// The REST API of HvPlatform, one method per operation; the methods and types are generated from <c>docs/openapi.json</c>.
/// A refusal is an <see cref="ApiProblemException"/>; a platform that cannot be reached is an <see cref="HttpRequestException"/>.
/// </summary>
/// <param name="http">With the platform's address as its base address, a slash at its end; tokens, retries and traces are its handlers' matter.</param>
public sealed partial class HvApiClient(HttpClient http)
{
    async Task<Answer<T>> SendAsync<T>(ApiRequest request, Func<JsonElement, T> read, CancellationToken cancellationToken)
    {
        using var response = await GoodAsync(request, HttpCompletionOption.ResponseContentRead, cancellationToken);
        return new(response.StatusCode, response.Headers, await response.Content.ReadAsByteArrayAsync(cancellationToken), read);
    }

    async Task<Answer> SendAsync(ApiRequest request, CancellationToken cancellationToken)
    {
        using var response = await GoodAsync(request, HttpCompletionOption.ResponseContentRead, cancellationToken);
        return new(response.StatusCode, response.Headers, await response.Content.ReadAsByteArrayAsync(cancellationToken));
    }

    async IAsyncEnumerable<ServerSentEvent> StreamAsync(ApiRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var response = await GoodAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        await foreach (var item in ServerSentEvent.ReadAsync(await response.Content.ReadAsStreamAsync(cancellationToken), cancellationToken))
        {
            yield return item;
        }
    }

    async Task<HttpResponseMessage> GoodAsync(ApiRequest request, HttpCompletionOption completion, CancellationToken cancellationToken)
    {
        using var message = request.ToMessage();
        var response = await http.SendAsync(message, completion, cancellationToken);
        if (response.IsSuccessStatusCode || response.StatusCode == HttpStatusCode.NotModified)
        {
            return response;
        }

        using (response)
        {
            throw await ApiProblemException.FromAsync(response, cancellationToken);
        }
    }
}
