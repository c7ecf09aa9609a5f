using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Access;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace HvPlatform.Orchestrator.Http;

/// <summary>
/// The OpenAPI document at <c>/openapi/v1.json</c>; docs/openapi.json is its golden copy, and clients are generated from it. What an endpoint says of itself
/// (<see cref="EndpointDescriptions"/>), its types and their doc comments are all there is to write; the rest is made of that here and in <see cref="ApiSchemas"/>,
/// <see cref="ApiExamples"/> and <see cref="ApiParts"/>.
/// </summary>
internal static class ApiDocument
{
    public static void Configure(OpenApiOptions options)
    {
        options.AddSchemaTransformer((schema, context, _) =>
        {
            DescribeType(schema, context.JsonTypeInfo);
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            Describe(operation, context);
            return Task.CompletedTask;
        });
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "HvPlatform API",
                Version = "v1",
                Description = "Fleets of Hyper-V and KVM hosts: inventory, lifecycle, live migration, history. Errors are problem documents (RFC 9457).",
            };

            // Where it is served from is not part of the contract.
            document.Servers?.Clear();
            ApiSchemas.Tidy(document);
            ApiParts.Add(document);
            return Task.CompletedTask;
        });
    }

    static void DescribeType(OpenApiSchema schema, JsonTypeInfo type)
    {
        var bare = Nullable.GetUnderlyingType(type.Type) ?? type.Type;
        if (IsId(bare))
        {
            (schema.Type, schema.Format) = (JsonSchemaType.String, "uuid");
        }
        else if (bare.IsEnum)
        {
            schema.Type = JsonSchemaType.String;
            schema.Enum = [.. Enum.GetNames(bare).Select(name => (JsonNode)JsonValue.Create(name))];
        }
        else if (type is { Kind: JsonTypeInfoKind.Enumerable, ElementType: { } element } && IsId(element))
        {
            // The generator leaves the items of such a list without a type.
            schema.Items = new OpenApiSchema { Type = JsonSchemaType.String, Format = "uuid" };
        }
        else if (type.Kind == JsonTypeInfoKind.Object)
        {
            ApiSchemas.MarkComputed(schema, type);
        }
    }

    static bool IsId(Type type) => type.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IGuidId<>));

    static void Describe(OpenApiOperation operation, OpenApiOperationTransformerContext context)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        var known = metadata.OfType<KnownParameters>().LastOrDefault();
        foreach (var path in operation.Parameters?.OfType<OpenApiParameter>().Where(p => p.In == ParameterLocation.Path) ?? [])
        {
            var byName = path.Name == "name";
            path.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = byName ? null : "uuid" };
            path.Description ??= byName ? "Its name." : "Its id.";
        }

        foreach (var query in known?.Query ?? [])
        {
            (operation.Parameters ??= []).Add(new OpenApiParameter
            {
                Name = query.Name,
                In = ParameterLocation.Query,
                Description = query is { Many: true, Values: { } values } ? $"{query.Description} Known: {string.Join(", ", values)}." : query.Description,
                Schema = Schema(query),
            });
        }

        foreach (var header in known?.Headers ?? [])
        {
            (operation.Parameters ??= []).Add(new OpenApiParameter
            {
                Name = header.Name,
                In = ParameterLocation.Header,
                Description = header.Description,
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            });
        }

        operation.Description ??= ApiParts.DescriptionOf(context.Description.HttpMethod, known, operation);
        Exemplify(operation, context);
        ApiParts.AddHeaders(operation, context.Description.HttpMethod, context.Document!);
        if (metadata.OfType<Anonymous>().Any())
        {
            // One empty requirement: it answers without any.
            operation.Security = [[]];
        }
        else
        {
            ApiParts.AddAccessProblems(operation, context.Document!);
        }
    }

    /// <summary>Examples of the body and of each answer, made of their types.</summary>
    static void Exemplify(OpenApiOperation operation, OpenApiOperationTransformerContext context)
    {
        if (context.Description.ActionDescriptor.EndpointMetadata.OfType<IAcceptsMetadata>().LastOrDefault()?.RequestType is { } body)
        {
            foreach (var content in operation.RequestBody?.Content?.Values ?? [])
            {
                content.Example = ApiExamples.OfRequest(body);
            }
        }

        foreach (var answer in context.Description.SupportedResponseTypes.Where(r => r.StatusCode < 300 && r.Type is not null && r.Type != typeof(void)))
        {
            if (operation.Responses?.GetValueOrDefault($"{answer.StatusCode}")?.Content?.TryGetValue("application/json", out var content) == true)
            {
                content.Example = ApiExamples.OfAnswer(answer.Type!);
            }
        }
    }

    static OpenApiSchema Schema(QueryParameter query) => new()
    {
        Type = query.Type switch { "integer" => JsonSchemaType.Integer, "boolean" => JsonSchemaType.Boolean, _ => JsonSchemaType.String },
        Format = query.Format,
        Enum = query.Values is null || query.Many ? null : [.. query.Values.Select(v => (JsonNode)JsonValue.Create(v))],
    };
}
