using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace HvPlatform.Cli.Client.Output;

/// <summary>JSON as the API sent it, indented. Letters of every language stay readable.</summary>
internal static class JsonText
{
    static readonly JsonWriterOptions s_indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Indent(byte[] json) => Indent(JsonElement.Parse(json));

    public static string Indent(JsonElement json) => Write(json.WriteTo);

    /// <summary>Several as one array.</summary>
    public static string Indent(IEnumerable<JsonElement> items) => Write(writer =>
    {
        writer.WriteStartArray();
        foreach (var item in items)
        {
            item.WriteTo(writer);
        }

        writer.WriteEndArray();
    });

    static string Write(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, s_indented))
        {
            write(writer);
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }
}
