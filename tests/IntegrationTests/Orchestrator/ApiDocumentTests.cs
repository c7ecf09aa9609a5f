using System.Text.Json;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.IntegrationTests.Orchestrator;

/// <summary>The API's description is a golden file: docs/openapi.json. <c>HV_UPDATE_GOLDEN=1</c> writes it.</summary>
public sealed class ApiDocumentTests(OrchestratorFixture fixture) : IClassFixture<OrchestratorFixture>
{
    [Fact]
    public async Task The_document_is_the_golden_one()
    {
        var file = Path.Combine(Repository.Root, "docs", "openapi.json");
        var served = (await fixture.Http.GetStringAsync("/openapi/v1.json")).ReplaceLineEndings("\n").TrimEnd() + "\n";
        if (Environment.GetEnvironmentVariable("HV_UPDATE_GOLDEN") == "1")
        {
            await File.WriteAllTextAsync(file, served);
        }

        Assert.Equal(await File.ReadAllTextAsync(file), served);
    }

    [Fact]
    public async Task Every_endpoint_has_a_summary_a_name_and_its_problems()
    {
        var paths = (await fixture.GetAsync("/openapi/v1.json")).GetProperty("paths");
        var operations = paths.EnumerateObject().SelectMany(p => p.Value.EnumerateObject().Select(o => (Path: p.Name, Method: o.Name, Operation: o.Value))).ToList();

        Assert.NotEmpty(operations);
        Assert.All(operations, o =>
        {
            Assert.NotEmpty(o.Operation.GetProperty("summary").GetString()!);
            Assert.NotEmpty(o.Operation.GetProperty("operationId").GetString()!);
            Assert.Equal("application/problem+json", o.Operation.GetProperty("responses").GetProperty("400").GetProperty("content").EnumerateObject().Single().Name);
        });
        Assert.Equal(operations.Count, operations.Select(o => o.Operation.GetProperty("operationId").GetString()).Distinct().Count());
    }

    [Fact]
    public async Task Ids_and_enums_are_described_as_they_travel()
    {
        var schemas = (await fixture.GetAsync("/openapi/v1.json")).GetProperty("components").GetProperty("schemas");
        JsonElement Of(string schema, string member)
        {
            var property = schemas.GetProperty(schema).GetProperty("properties").GetProperty(member);
            return property.TryGetProperty("$ref", out var reference) ? schemas.GetProperty(reference.GetString()!.Split('/')[^1]) : property;
        }

        Assert.Equal("uuid", Of("VmSummary", "id").GetProperty("format").GetString());
        Assert.Contains("Running", Of("VmSummary", "state").GetProperty("enum").EnumerateArray().Select(e => e.GetString()));
        Assert.Contains("hostId", schemas.GetProperty("DefineVmRequest").GetProperty("required").EnumerateArray().Select(e => e.GetString()));
    }
}
