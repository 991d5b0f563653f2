using System.Reflection;
using CredentialBroker.Protocol;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace CredentialBroker.Hosting.OpenApi;

/// <summary>
/// Completes the OpenAPI document from the two tables. Handlers read their bodies themselves, bounded and strictly, so that
/// the framework sees neither what they take nor what they give.
/// </summary>
internal sealed class ApiDocument : IOpenApiDocumentTransformer
{
    private const string Workload = "workload", Operator = "operator";

    public async Task TransformAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info = new OpenApiInfo { Title = "CredentialBroker", Version = "v1", Description = "Short-lived credentials for approved workloads. Every error answer is a problem with a stable code." };
        // Where it listens is known to who fetched this.
        document.Servers = [];
        document.Tags?.Clear();
        document.AddComponent(Workload, Bearer("A workload's evidence, such as a projected service-account token."));
        document.AddComponent(Operator, Bearer("An operator's token."));
        await ProblemAsync(document, context, cancellationToken);
        foreach (var (path, item) in document.Paths)
        {
            foreach (var (method, operation) in item.Operations ?? [])
            {
                var row = ApiTable.Find(method.Method, path);
                operation.OperationId = $"{method.Method.ToLowerInvariant()}{string.Concat(path.Split('/', '{', '}', '.', '-').Where(p => p.Length > 0).Select(p => char.ToUpperInvariant(p[0]) + p[1..]))}";
                operation.Summary = row?.Summary;
                operation.Tags?.Clear();
                operation.Security = Security(document, AccessTable.Find(method.Method, path)?.Audience ?? Audience.Operator);
                operation.Responses = new OpenApiResponses { ["default"] = Content(document, "Refused or failed", "application/problem+json", typeof(Problem)) };
                if (row is not null) await DescribeAsync(document, context, operation, row, cancellationToken);
            }
        }
    }

    private static async Task DescribeAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, OpenApiOperation operation, ApiRow row, CancellationToken cancel)
    {
        foreach (var type in new[] { row.Body, row.Answer }) await AddAsync(document, context, type, cancel);
        operation.Responses![row.Status.ToString(System.Globalization.CultureInfo.InvariantCulture)] =
            row.Answer is null ? new OpenApiResponse { Description = "Done" } : Content(document, "Done", row.AnswerType, row.Answer);
        if (row.Body is not null)
        {
            operation.RequestBody = new OpenApiRequestBody { Required = !row.BodyMayBeAbsent, Content = Media(document, row.BodyType, row.Body) };
        }

        if (row.Header is var (name, meaning))
        {
            (operation.Parameters ??= []).Add(new OpenApiParameter
            {
                Name = name, In = ParameterLocation.Header, Required = true, Description = meaning, Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            });
        }
    }

    /// <summary>The one shape of every error, with the codes that it may carry.</summary>
    private static async Task ProblemAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancel)
    {
        var schema = await context.GetOrCreateSchemaAsync(typeof(Problem), null, cancel);
        ((OpenApiSchema)schema.Properties!["code"]).Enum =
            [.. typeof(ReasonCodes).GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => (string)f.GetRawConstantValue()!).Order(StringComparer.Ordinal)];
        document.AddComponent(nameof(Problem), schema);
    }

    private static async Task AddAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, Type? type, CancellationToken cancel)
    {
        if (type is null || !IsNamed(type) || document.Components?.Schemas?.ContainsKey(type.Name) == true) return;
        document.AddComponent(type.Name, await context.GetOrCreateSchemaAsync(type, null, cancel));
    }

    private static OpenApiResponse Content(OpenApiDocument document, string description, string mediaType, Type type) =>
        new() { Description = description, Content = Media(document, mediaType, type) };

    private static Dictionary<string, OpenApiMediaType> Media(OpenApiDocument document, string mediaType, Type type) => new(StringComparer.Ordinal)
    {
        [mediaType] = new OpenApiMediaType
        {
            Schema = IsNamed(type) ? new OpenApiSchemaReference(type.Name, document)
                : new OpenApiSchema { Type = type == typeof(string) ? JsonSchemaType.String : JsonSchemaType.Object },
        },
    };

    private static bool IsNamed(Type type) => type.Assembly == typeof(Problem).Assembly;

    private static List<OpenApiSecurityRequirement> Security(OpenApiDocument document, Audience audience) => audience switch
    {
        Audience.Workload => [By(document, Workload)],
        Audience.Operator => [By(document, Operator)],
        Audience.WorkloadOrOperator => [By(document, Workload), By(document, Operator)],
        // An empty requirement: nobody needs to show anything.
        Audience.AnyoneOrOperator => [[], By(document, Operator)],
        _ => [],
    };

    private static OpenApiSecurityRequirement By(OpenApiDocument document, string scheme) => new() { [new OpenApiSecuritySchemeReference(scheme, document)] = [] };

    private static OpenApiSecurityScheme Bearer(string description) =>
        new() { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = description };
}
