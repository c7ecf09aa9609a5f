using System.Text.Json;
using HvPlatform.Cli.Client.Output;
using Xunit;
using YamlDotNet.RepresentationModel;

namespace HvPlatform.UnitTests.Cli;

public sealed class YamlTextTests
{
    [Theory]
    [InlineData("1e3"), InlineData("007"), InlineData("0x1f"), InlineData("0o17"), InlineData("1_000"), InlineData("12:30:45"), InlineData("-.5"), InlineData("+1"), InlineData(".inf"), InlineData(".NaN"), InlineData("1.")]
    [InlineData("null"), InlineData("~"), InlineData("True"), InlineData("no"), InlineData("On"), InlineData("y"), InlineData(""), InlineData("2026-05-04"), InlineData("2026-05-04T03:02:01Z"), InlineData("<<"), InlineData("=")]
    public void A_text_that_looks_like_something_else_is_quoted(string text) => Assert.Equal($"v: \"{text}\"\n", Write(text));

    [Theory]
    [InlineData("web"), InlineData("10.0.0.1"), InlineData("52-54-00"), InlineData("a1"), InlineData("normal text, with comma"), InlineData("v1.2.3")]
    public void A_plain_text_stays_plain(string text) => Assert.Equal($"v: {text}\n", Write(text));

    [Theory]
    [InlineData("- a"), InlineData("a: b"), InlineData("# no"), InlineData("{x}"), InlineData("*a"), InlineData("two\nlines\n"), InlineData("two\n  lines"), InlineData(" leads"), InlineData("ends "), InlineData("tab\tin"), InlineData("\"quoted\""), InlineData("ä 世"), InlineData("a\u0007b"), InlineData("---")]
    public void Every_text_comes_back_as_it_was(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(Write(text)));
        Assert.Equal(text, ((YamlMappingNode)stream.Documents[0].RootNode)["v"].ToString());
    }

    [Fact]
    public void Structure_is_kept() => Assert.Equal(
        "a: 1\nb:\n- true\n- null\n- c: 1.50\n  d: []\ne: {}\n",
        Write(JsonElement.Parse("""{"a":1,"b":[true,null,{"c":1.50,"d":[]}],"e":{}}""")));

    static string Write(string text) => Write(JsonSerializer.SerializeToElement(new Dictionary<string, string> { ["v"] = text }));

    static string Write(JsonElement json)
    {
        using var writer = new StringWriter { NewLine = "\n" };
        YamlText.Write(writer, json);
        return writer.ToString();
    }
}
