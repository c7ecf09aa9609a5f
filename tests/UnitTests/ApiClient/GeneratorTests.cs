using HvPlatform.ApiClient.Generator;
using Xunit;

namespace HvPlatform.UnitTests.ApiClient;

public sealed class GeneratorTests
{
    static string Write(string paths = "{}", string schemas = "{}") =>
        ClientWriter.Write(ApiDocument.Parse($$"""{"openapi":"3.1.1","components":{"schemas":{{schemas}} },"paths":{{paths}} }"""), "Sample");

    static string Operation(string method, string id, string parameters = "[]", string more = "", string responses = """{"204":{}}""") =>
        $$"""{"{{method}}":{"operationId":"{{id}}","parameters":{{parameters}},"responses":{{responses}}{{more}} } }""";

    [Fact]
    public void A_schema_becomes_a_record_whose_needed_members_are_required()
    {
        var code = Write(schemas: """
            {"Vm": {"type":"object","description":"A VM & <more>.","required":["id","name","note"],"properties":{
              "id":{"type":"string","format":"uuid"}, "name":{"type":"string"}, "note":{"type":["null","string"]}, "count":{"type":"integer","format":"int32"}, "bytes":{"type":"integer","format":"int64"},
              "share":{"type":["number","string"],"format":"double","pattern":"x"}, "at":{"type":"string","format":"date-time"}, "tags":{"type":"array","items":{"type":"string"}}, "any":{},
              "limits":{"type":"object","additionalProperties":{"type":"array","items":{"type":"integer","format":"int32"}}}, "rest":{"type":["null","array"]}}}}
            """);
        Assert.Contains("/// <summary>A VM &amp; &lt;more&gt;.</summary>\npublic sealed record Vm\n{", code);
        Assert.Contains("    public required Guid Id { get; init; }", code);
        Assert.Contains("public required string Name { get; init; }", code);
        foreach (var optional in new[]
        {
            "string? Note", "int? Count", "long? Bytes", "double? Share", "DateTimeOffset? At", "IReadOnlyList<string>? Tags", "JsonElement? Any",
            "IReadOnlyDictionary<string, IReadOnlyList<int>>? Limits", "IReadOnlyList<JsonElement>? Rest",
        })
        {
            Assert.Contains($"public {optional} {{ get; init; }}", code);
        }

        foreach (var read in new[]
        {
            "Id = json.Need(\"id\"u8).GetGuid(),", "Name = json.Need(\"name\"u8).GetString()!,", "Note = json.May(\"note\"u8)?.GetString(),", "Count = json.May(\"count\"u8)?.ToInt32(),",
            "Share = json.May(\"share\"u8)?.ToDouble(),", "At = json.May(\"at\"u8)?.GetDateTimeOffset(),", "Tags = json.May(\"tags\"u8)?.ToList(static e => e.GetString()!),", "Any = json.May(\"any\"u8),",
            "Limits = json.May(\"limits\"u8)?.ToDictionary(static e => e.ToList(static e => e.ToInt32())),", "Rest = json.May(\"rest\"u8)?.ToList(static e => e),",
        })
        {
            Assert.Contains($"        {read}\n", code);
        }

        Assert.DoesNotContain("Write(this", code);
    }

    [Fact]
    public void References_may_be_null_wrapped_alone_or_to_a_name_for_a_plain_type()
    {
        var code = Write(schemas: """
            {"VmId":{"type":"string","format":"uuid"}, "State":{"type":"string","enum":["Off","Running"]}, "Odd":{"type":"string","enum":["-name","a b"]},
             "Vm":{"required":["id","state","host"],"properties":{"id":{"$ref":"#/components/schemas/VmId"}, "state":{"$ref":"#/components/schemas/State"}, "odd":{"$ref":"#/components/schemas/Odd"},
               "before":{"oneOf":[{"type":"null"},{"description":"Then.","$ref":"#/components/schemas/State"}]}, "host":{"allOf":[{"$ref":"#/components/schemas/VmId"}]},
               "move":{"anyOf":[{"$ref":"#/components/schemas/VmId"},{"type":"null"}]}, "either":{"oneOf":[{"type":"string"},{"type":"integer"}]}, "vm":{"type":"string"},
               "place":{"type":"object","properties":{"rack":{"type":"string"}}}}}}
            """);
        Assert.Contains("public required Guid Id {", code);
        Assert.Contains("public required State State {", code);
        Assert.Contains("public string? Odd {", code);
        Assert.Contains("/// <summary>Then.</summary>\n    public State? Before {", code);
        Assert.Contains("public required Guid Host {", code);
        Assert.Contains("public Guid? Move {", code);
        Assert.Contains("public JsonElement? Either {", code);
        Assert.Contains("public string? VmValue {", code);
        Assert.Contains("public VmPlace? Place {", code);
        Assert.Contains("public sealed record VmPlace\n{", code);
        Assert.Contains("public enum State\n{\n    Off,\n    Running,\n}", code);
        Assert.Contains("Before = json.May(\"before\"u8)?.ToState(),", code);
        Assert.Contains("Place = json.May(\"place\"u8)?.ToVmPlace(),", code);
        Assert.Contains("public static State ToState(this JsonElement json) => json.GetString() switch\n    {\n        \"Off\" => State.Off,\n        \"Running\" => State.Running,\n        _ => default,\n    };", code);
        Assert.DoesNotContain("record VmId", code);
        Assert.DoesNotContain("enum Odd", code);
    }

    [Fact]
    public void An_operation_becomes_a_method_with_path_body_query_and_header()
    {
        var code = Write(
            $$"""{"/v1/vms/{id}/rename":{{Operation("post", "RenameVm", """[{"name":"event","in":"query","schema":{"type":"boolean"}},{"name":"X-Reason","in":"header","schema":{"type":"string"}},{"name":"Idempotency-Key","in":"header","schema":{"type":"string"}},{"name":"id","in":"path","required":true,"schema":{"type":"string","format":"uuid"}}]""",
                ""","summary":"Give it a name.","requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Rename"}}}}""",
                """{"202":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Done"}}}},"400":{"content":{"application/problem+json":{"schema":{}}}}}""")}} }""",
            """{"Rename":{"required":["name"],"properties":{"name":{"type":"string"},"parts":{"type":"array","items":{"$ref":"#/components/schemas/Part"}}}},"Part":{"properties":{}},"Done":{"properties":{"ok":{"type":"boolean"}}}}""");
        Assert.Contains("public Task<Answer<Done>> RenameVmAsync(Guid id, Rename body, bool? @event = null, string? reason = null, string? idempotencyKey = null, CancellationToken cancellationToken = default)", code);
        Assert.Contains("""new ApiRequest("POST", $"/v1/vms/{ApiRequest.Text(id)}/rename");""", code);
        Assert.Contains("""request.Query("event", @event);""", code);
        Assert.Contains("""request.Header("Idempotency-Key", idempotencyKey);""", code);
        Assert.Contains("request.Json(writer => writer.Write(body));", code);
        Assert.Contains("return SendAsync(request, ApiTypes.ToDone, cancellationToken);", code);
        Assert.Contains(
            "public static void Write(this Utf8JsonWriter writer, Rename value)\n    {\n        writer.WriteStartObject();\n        {\n            writer.WritePropertyName(\"name\"u8);\n            writer.WriteStringValue(value.Name);\n        }\n"
            + "        if (value.Parts is { } v1)\n        {\n            writer.WritePropertyName(\"parts\"u8);\n            writer.WriteList(v1, static (writer, v) => writer.Write(v));\n        }\n", code);
        Assert.Contains("Write(this Utf8JsonWriter writer, Part value)", code);
        Assert.DoesNotContain("Write(this Utf8JsonWriter writer, Done value)", code);
    }

    [Fact]
    public void Answers_of_several_kinds_none_or_a_stream_are_told_by_the_return_type()
    {
        const string Two = """{"200":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/A"}}}},"202":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/B"}}}}}""";
        var code = Write(
            $$"""{"/a":{{Operation("get", "Both", responses: Two)}},"/b":{{Operation("delete", "None")}},"/c":{{Operation("get", "Follow", responses: """{"200":{"content":{"text/event-stream":{"schema":{}}}}}""")}},"/d":{{Operation("get", "Loose", responses: """{"200":{"content":{"application/json":{"schema":{"type":"array"}}}}}""")}} }""",
            """{"A":{"properties":{}},"B":{"properties":{}}}""");
        Assert.Contains("public Task<Answer> BothAsync(", code);
        Assert.Contains("public Task<Answer> NoneAsync(", code);
        Assert.Contains("public IAsyncEnumerable<ServerSentEvent> FollowAsync(", code);
        Assert.Contains("public Task<Answer<JsonElement>> LooseAsync(", code);
    }

    [Fact]
    public void A_list_with_a_cursor_is_a_page() =>
        Assert.Contains(
            "public sealed record PageOfVm : IPage<Vm>",
            Write(schemas: """{"Vm":{"properties":{}},"PageOfVm":{"required":["items"],"properties":{"items":{"type":"array","items":{"$ref":"#/components/schemas/Vm"}},"nextCursor":{"type":["null","string"]}}}}"""));

    [Theory]
    [InlineData("""{"/a":{"get":{"responses":{}}}}""", "GET /a has no operationId")]
    [InlineData("""{"/a":{"get":{"operationId":"X","responses":{}},"post":{"operationId":"X","responses":{}}}}""", "operationId 'X' is used 2 times")]
    [InlineData("""{"/a":{"get":{"operationId":"X","responses":{"200":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/No"}}}}},"parameters":[{"name":"q","in":"query","schema":{"$ref":"#/components/schemas/No"}}]}}}""", "#/components/schemas/No is not in the document")]
    public void A_document_that_makes_no_client_is_refused_with_the_place(string paths, string why) =>
        Assert.Contains(why, Assert.Throws<FormatException>(() => Write(paths)).Message);
}
