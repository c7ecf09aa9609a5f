using System.Text.Json.Nodes;
using HvPlatform.Contracts;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace HvPlatform.Orchestrator.Http;

/// <summary>The OpenAPI document at <c>/openapi/v1.json</c>. docs/openapi.json is its golden copy.</summary>
internal static class ApiDocument
{
    public static void Configure(OpenApiOptions options)
    {
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
            return Task.CompletedTask;
        });
        options.AddSchemaTransformer((schema, context, _) =>
        {
            DescribeType(schema, context.JsonTypeInfo.Type);
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            Describe(operation, context.Description.ActionDescriptor.EndpointMetadata.OfType<KnownParameters>().LastOrDefault());
            return Task.CompletedTask;
        });
    }

    static void DescribeType(OpenApiSchema schema, Type type)
    {
        var bare = Nullable.GetUnderlyingType(type) ?? type;
        if (bare.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IGuidId<>)))
        {
            (schema.Type, schema.Format) = (JsonSchemaType.String, "uuid");
        }
        else if (bare.IsEnum)
        {
            schema.Type = JsonSchemaType.String;
            schema.Enum = [.. Enum.GetNames(bare).Select(name => (JsonNode)JsonValue.Create(name))];
        }
    }

    static void Describe(OpenApiOperation operation, KnownParameters? known)
    {
        foreach (var path in operation.Parameters?.OfType<OpenApiParameter>().Where(p => p.In == ParameterLocation.Path) ?? [])
        {
            path.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "uuid" };
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
    }

    static OpenApiSchema Schema(QueryParameter query) => new()
    {
        Type = query.Type switch { "integer" => JsonSchemaType.Integer, "boolean" => JsonSchemaType.Boolean, _ => JsonSchemaType.String },
        Format = query.Format,
        Enum = query.Values is null || query.Many ? null : [.. query.Values.Select(v => (JsonNode)JsonValue.Create(v))],
    };
}
