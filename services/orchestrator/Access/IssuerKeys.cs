using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace HvPlatform.Orchestrator.Access;

/// <summary>What the issuer says of itself.</summary>
internal sealed record IssuerDocument(string? JwksUri, string? AuthorizationEndpoint, string? TokenEndpoint);

/// <summary>
/// The issuer's public keys. They are kept for <see cref="OidcOptions.KeyLifetime"/>; a token with a key that is not known has them fetched earlier, for keys change, but never more often
/// than every <see cref="OidcOptions.KeyPause"/>, or anyone could have this process ask the issuer all the time. If the issuer does not answer, the old keys stay and the pause grows.
/// What it answers is not trusted: it may be of any size and say anything.
/// </summary>
internal sealed class IssuerKeys(OrchestratorOptions options, TimeProvider clock, ILogger<IssuerKeys> log) : IDisposable
{
    const int MaxBytes = 256 * 1024;
    const int MaxKeys = 100;
    const int MinRsaBits = 2048;
    static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    // A redirect could lead anywhere, also to addresses that only this process reaches.
    readonly HttpClient http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = Patience, PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
    {
        Timeout = Patience,
        MaxResponseContentBufferSize = MaxBytes,
    };

    readonly Lock gate = new();
    IReadOnlyDictionary<string, SecurityKey> keys = new Dictionary<string, SecurityKey>();
    IssuerDocument? document;
    Task? fetching;
    long? fetchedAt;
    long? triedAt;
    int failures;

    OidcOptions Oidc => options.Access.Oidc;

    /// <summary>The key with this id, null if the issuer has none.</summary>
    public async Task<SecurityKey?> FindAsync(string id, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref keys).TryGetValue(id, out var known) && !IsOlder(fetchedAt, Oidc.KeyLifetime))
        {
            return known;
        }

        await FetchAsync().WaitAsync(cancellationToken);
        return Volatile.Read(ref keys).GetValueOrDefault(id);
    }

    /// <summary>What the issuer says of itself; null if it has not said it.</summary>
    public async Task<IssuerDocument?> DescribeAsync(CancellationToken cancellationToken)
    {
        if (document is null)
        {
            await FetchAsync().WaitAsync(cancellationToken);
        }

        return document;
    }

    /// <summary>Sends a form to an address of the issuer; returns its answer.</summary>
    /// <exception cref="HttpRequestException">It cannot be reached.</exception>
    /// <exception cref="InvalidDataException">It refused.</exception>
    public async Task<JsonDocument> PostAsync(string url, IReadOnlyDictionary<string, string> form, CancellationToken cancellationToken)
    {
        using var content = new FormUrlEncodedContent(form);
        using var response = await http.PostAsync(new Uri(url), content, cancellationToken);
        return await ReadAsync(url, response);
    }

    public void Dispose() => http.Dispose();

    bool IsOlder(long? at, TimeSpan age) => at is not { } then || clock.GetElapsedTime(then) >= age;

    /// <summary>One fetch at a time, for everybody who waits.</summary>
    Task FetchAsync()
    {
        lock (gate)
        {
            if (fetching is { IsCompleted: false })
            {
                return fetching;
            }

            var pause = TimeSpan.FromTicks(Math.Min(LongestPause.Ticks, Oidc.KeyPause.Ticks << Math.Min(failures, 10)));
            if (!IsOlder(triedAt, pause))
            {
                return Task.CompletedTask;
            }

            triedAt = clock.GetTimestamp();
            return fetching = FetchNowAsync();
        }
    }

    async Task FetchNowAsync()
    {
        try
        {
            document ??= await DiscoverAsync();
            var fetched = Parse(await ReadAsync(Oidc.JwksUri ?? document.JwksUri ?? throw new InvalidDataException("The issuer's description names no jwks_uri.")));
            Volatile.Write(ref keys, fetched);
            (fetchedAt, failures) = (clock.GetTimestamp(), 0);
            Log.KeysFetched(log, fetched.Count, Oidc.Issuer!);
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or JsonException or InvalidDataException or ArgumentException)
        {
            failures++;
            Log.KeysNotFetched(log, Oidc.Issuer!, e.Message);
        }
    }

    async Task<IssuerDocument> DiscoverAsync()
    {
        if (Oidc is { JwksUri: not null })
        {
            return new(Oidc.JwksUri, Oidc.AuthorizationEndpoint, Oidc.TokenEndpoint);
        }

        using var found = await ReadAsync($"{Oidc.Issuer!.TrimEnd('/')}/.well-known/openid-configuration");
        var root = found.RootElement;
        return Text(root, "issuer") == Oidc.Issuer
            ? new(Address(root, "jwks_uri"), Oidc.AuthorizationEndpoint ?? Address(root, "authorization_endpoint"), Address(root, "token_endpoint"))
            : throw new InvalidDataException("The issuer's description is another issuer's.");
    }

    async Task<JsonDocument> ReadAsync(string url)
    {
        using var response = await http.GetAsync(new Uri(url), HttpCompletionOption.ResponseContentRead);
        return await ReadAsync(url, response);
    }

    static async Task<JsonDocument> ReadAsync(string url, HttpResponseMessage response) => response.StatusCode == System.Net.HttpStatusCode.OK
        ? JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(), new JsonDocumentOptions { MaxDepth = 16 })
        : throw new InvalidDataException($"{url} answered {(int)response.StatusCode}.");

    /// <summary>The keys that may sign: RSA of 2048 bits and more, and P-256. Others, also secrets that are published by mistake, are passed over.</summary>
    internal static IReadOnlyDictionary<string, SecurityKey> Parse(JsonDocument jwks)
    {
        using (jwks)
        {
            var found = new Dictionary<string, SecurityKey>(StringComparer.Ordinal);
            if (jwks.RootElement is not { ValueKind: JsonValueKind.Object } root || !root.TryGetProperty("keys", out var list) || list.ValueKind != JsonValueKind.Array)
            {
                throw new InvalidDataException("What was fetched is no set of keys.");
            }

            foreach (var item in list.EnumerateArray().Take(MaxKeys))
            {
                if (item.ValueKind == JsonValueKind.Object && Text(item, "kid") is { Length: > 0 and <= 200 } id && Text(item, "use") is null or "sig" && ToKey(item, id) is { } key)
                {
                    found.TryAdd(id, key);
                }
            }

            return found;
        }
    }

    static SecurityKey? ToKey(JsonElement item, string id)
    {
        try
        {
            if (Text(item, "kty") == "RSA" && Text(item, "n") is { } n && Text(item, "e") is { } e)
            {
                var key = new RsaSecurityKey(new System.Security.Cryptography.RSAParameters { Modulus = Base64UrlEncoder.DecodeBytes(n), Exponent = Base64UrlEncoder.DecodeBytes(e) }) { KeyId = id };
                return key.KeySize >= MinRsaBits ? key : null;
            }

            if (Text(item, "kty") == "EC" && Text(item, "crv") == "P-256" && Text(item, "x") is { } x && Text(item, "y") is { } y)
            {
                var key = System.Security.Cryptography.ECDsa.Create(new System.Security.Cryptography.ECParameters
                {
                    Curve = System.Security.Cryptography.ECCurve.NamedCurves.nistP256,
                    Q = new() { X = Base64UrlEncoder.DecodeBytes(x), Y = Base64UrlEncoder.DecodeBytes(y) },
                });
                return new ECDsaSecurityKey(key) { KeyId = id };
            }
        }
        catch (Exception e) when (e is FormatException or System.Security.Cryptography.CryptographicException or ArgumentException)
        {
            // A damaged key is none.
        }

        return null;
    }

    static string? Address(JsonElement element, string name) => Text(element, name) is { } url && OidcOptions.IsSafe(url) ? url : null;

    static string? Text(JsonElement element, string name) => element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
