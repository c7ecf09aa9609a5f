using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace HvPlatform.ApiClient;

/// <summary>One request as the generated methods put it together. What is null is left out.</summary>
internal sealed class ApiRequest(string method, string path)
{
    readonly StringBuilder _path = new(path);
    readonly List<(string Name, string Value)> _headers = [];
    byte[]? _body;
    bool _hasQuery;

    /// <summary>A value as it stands in a path or query: instants in UTC, numbers without regard to the user's language.</summary>
    public static string Text(object value) => Uri.EscapeDataString(Plain(value));

    public void Query(string name, object? value)
    {
        if (value is not null)
        {
            _path.Append(_hasQuery ? '&' : '?').Append(name).Append('=').Append(Text(value));
            _hasQuery = true;
        }
    }

    public void Header(string name, object? value)
    {
        if (value is not null)
        {
            _headers.Add((name, Plain(value)));
        }
    }

    public void Json(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            write(writer);
        }

        _body = stream.ToArray();
    }

    public HttpRequestMessage ToMessage()
    {
        // Relative: the platform may stand below a path of its address.
        var message = new HttpRequestMessage(new(method), _path.ToString(1, _path.Length - 1));
        foreach (var (name, value) in _headers)
        {
            message.Headers.TryAddWithoutValidation(name, value);
        }

        if (_body is not null)
        {
            message.Content = new ByteArrayContent(_body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        }

        return message;
    }

    static string Plain(object value) => value switch
    {
        bool flag => flag ? "true" : "false",
        DateTimeOffset at => at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFFZ", CultureInfo.InvariantCulture),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };
}
