using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using CredentialBroker.Attestation;
using CredentialBroker.Hosting.Inside;
using CredentialBroker.Hosting.OpenApi;
using CredentialBroker.Hosting.Telemetry;
using CredentialBroker.Protocol;
using Microsoft.AspNetCore.Http.Json;

namespace CredentialBroker.Hosting;

internal static class HostingServices
{
    public static IServiceCollection AddHosting(this IServiceCollection services, HostingOptions hosting, OperatorOptions operators) => services
        .AddPartitions()
        // A parameter of another form goes through the door like every other refusal.
        .Configure<RouteHandlerOptions>(handlers => handlers.ThrowOnBadRequest = true)
        .AddServerCertificate(hosting)
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
        .AddSingleton<BootstrapToken>()
        .AddSingleton(provider => new TokenOperators(
            [.. operators.Issuers.Select(i => OperatorIssuer.Of(i.Key, i.Value, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<KeySource>>()))],
            provider.GetRequiredService<TokenReader>()))
        .AddSingleton(provider => new OperatorCertificates(operators.Certificates, provider.GetRequiredService<TimeProvider>()))
        .AddSingleton<OperatorPeople>()
        .AddSingleton<SecondPerson>()
        .AddSingleton<FailedLogins>()
        .AddSingleton<OperatorProofs>()
        .AddSingleton<DoorTally>()
        .AddSingleton<DoorLog>()
        .AddSingleton<InsideDoor>()
        .AddSingleton<PrometheusText>();

    private static IServiceCollection AddServerCertificate(this IServiceCollection services, HostingOptions hosting) => hosting.IsHttps
        ? services
            .AddSingleton<ServerCertificateLog>()
            .AddSingleton(provider => new ServerCertificate(
                new CertificateFiles(hosting.CertificateFile!, hosting.KeyFile!), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ServerCertificateLog>()))
        : services;
}
