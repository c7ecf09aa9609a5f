using System.Text.Json.Serialization.Metadata;
using Microsoft.OpenApi;

namespace HvPlatform.Orchestrator.Http;

/// <summary>
/// Schemas as the API keeps to them: a member without a value is left out, never null; so nothing is nullable, and in an answer every other member is required.
/// Generated clients then say exactly what can be missing.
/// </summary>
internal static class ApiSchemas
{
    /// <summary>A computed member that is never null is in every answer.</summary>
    public static void MarkComputed(OpenApiSchema schema, JsonTypeInfo type)
    {
        foreach (var member in type.Properties.Where(p => p is { Get: not null, Set: null, IsGetNullable: false }))
        {
            if (schema.Properties?.TryGetValue(member.Name, out var property) == true && property is OpenApiSchema { Type: { } found } computed)
            {
                computed.Type = found & ~JsonSchemaType.Null;
                (schema.Required ??= new SortedSet<string>()).Add(member.Name);
            }
        }
    }

    public static void Tidy(OpenApiDocument document)
    {
        var schemas = document.Components?.Schemas ?? new Dictionary<string, IOpenApiSchema>();
        var asked = new HashSet<string>();
        foreach (var body in Operations(document).SelectMany(o => o.RequestBody?.Content?.Values ?? []))
        {
            Reach(body.Schema, schemas, asked);
        }

        foreach (var (name, schema) in schemas)
        {
            if (schema is OpenApiSchema whole)
            {
                Tidy(whole, !asked.Contains(name));
            }
        }
    }

    public static IEnumerable<OpenApiOperation> Operations(OpenApiDocument document) => document.Paths.Values.SelectMany(path => path.Operations ?? []).Select(o => o.Value);

    static void Tidy(OpenApiSchema schema, bool onlyAnswered)
    {
        foreach (var (name, member) in schema.Properties?.ToList() ?? [])
        {
            var (bare, nullable) = WithoutNull(member);
            schema.Properties![name] = bare;
            if (onlyAnswered && !nullable)
            {
                (schema.Required ??= new HashSet<string>()).Add(name);
            }

            if (bare is OpenApiSchema { Items: { } items } list)
            {
                list.Items = WithoutNull(items).Schema;
            }
        }
    }

    static (IOpenApiSchema Schema, bool Nullable) WithoutNull(IOpenApiSchema schema)
    {
        if (schema is OpenApiSchema { OneOf: { Count: 2 } choices } && choices.Any(IsNull) && choices.FirstOrDefault(c => !IsNull(c)) is { } other)
        {
            return (other, true);
        }

        if (schema is OpenApiSchema { Type: { } type } simple && type.HasFlag(JsonSchemaType.Null) && type != JsonSchemaType.Null)
        {
            simple.Type = type & ~JsonSchemaType.Null;
            return (simple, true);
        }

        return (schema, false);
    }

    static bool IsNull(IOpenApiSchema schema) => schema is OpenApiSchema { Type: JsonSchemaType.Null };

    static void Reach(IOpenApiSchema? schema, IDictionary<string, IOpenApiSchema> schemas, HashSet<string> reached)
    {
        if (schema is OpenApiSchemaReference { Reference.Id: { } id })
        {
            if (!reached.Add(id) || !schemas.TryGetValue(id, out schema))
            {
                return;
            }
        }

        foreach (var part in (IEnumerable<IOpenApiSchema?>)[.. schema?.Properties?.Values ?? [], .. schema?.OneOf ?? [], schema?.Items, schema?.AdditionalProperties])
        {
            if (part is not null)
            {
                Reach(part, schemas, reached);
            }
        }
    }
}
