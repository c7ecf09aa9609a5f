using System.Text.Json.Nodes;
using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Access;
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
            AddSecurity(document);
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
            DescribeAccess(operation, context.Description.ActionDescriptor.EndpointMetadata.OfType<Anonymous>().Any(), context.Document!);
            return Task.CompletedTask;
        });
    }

    /// <summary>A bearer token or, in browsers, a session's cookie.</summary>
    static void AddSecurity(OpenApiDocument document)
    {
        var schemes = (document.Components ??= new()).SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
        schemes["bearer"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "The local token, an API token (hv_…), or a token of the configured issuer." };
        schemes["session"] = new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.ApiKey,
            In = ParameterLocation.Cookie,
            Name = Sessions.CookieName,
            Description = $"A browser's session, from POST /v1/session. What changes something also needs the header '{Authenticator.CsrfHeader}: {Authenticator.CsrfValue}'.",
        };
        document.Security =
        [
            new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("bearer", document)] = [] },
            new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("session", document)] = [] },
        ];
    }

    /// <summary>What every endpoint may answer that is not anonymous.</summary>
    static void DescribeAccess(OpenApiOperation operation, bool anonymous, OpenApiDocument document)
    {
        if (anonymous)
        {
            operation.Security = [new OpenApiSecurityRequirement()];
            return;
        }

        foreach (var (status, description) in new[] { ("401", "Unauthorized"), ("403", "Forbidden"), ("429", "Too Many Requests") })
        {
            (operation.Responses ??= []).TryAdd(status, new OpenApiResponse
            {
                Description = description,
                Content = new Dictionary<string, OpenApiMediaType> { [Problems.ContentType] = new OpenApiMediaType { Schema = new OpenApiSchemaReference(nameof(Problem), document) } },
            });
        }
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
