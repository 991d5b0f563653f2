using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using CredentialBroker.Hosting.OpenApi;
using CredentialBroker.Hosting.Telemetry;
using CredentialBroker.Protocol;
using Microsoft.AspNetCore.Http.Json;

namespace CredentialBroker.Hosting;

internal static class HostingServices
{
    public static IServiceCollection AddHosting(this IServiceCollection services, OperatorOptions operators) => services
        .AddPartitions()
        // A parameter of another form goes through the door like every other refusal.
        .Configure<RouteHandlerOptions>(handlers => handlers.ThrowOnBadRequest = true)
        // The document's schemas are made as the protocol's own serializer reads and writes.
        .Configure<JsonOptions>(json =>
        {
            json.SerializerOptions.TypeInfoResolver = JsonTypeInfoResolver.Combine(ProtocolJson.Default, json.SerializerOptions.TypeInfoResolver);
            json.SerializerOptions.UnmappedMemberHandling = ProtocolJson.Default.Options.UnmappedMemberHandling;
            json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
            json.SerializerOptions.RespectNullableAnnotations = json.SerializerOptions.RespectRequiredConstructorParameters = true;
        })
        .AddOpenApi(document => document.AddDocumentTransformer<ApiDocument>())
        .AddSingleton(operators)
        .AddSingleton<OperatorTokens>()
        .AddSingleton<DoorLog>()
        .AddSingleton<PrometheusText>();
}
