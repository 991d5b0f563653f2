using CredentialBroker.Attestation;

namespace CredentialBroker.Hosting;

internal static class HostingServices
{
    public static IServiceCollection AddHosting(this IServiceCollection services, HostingOptions hosting, OperatorOptions operators) => services
        .AddPartitions()
        // A parameter of another form goes through the door like every other refusal.
        .Configure<RouteHandlerOptions>(handlers => handlers.ThrowOnBadRequest = true)
        .AddServerCertificate(hosting)
        .AddSingleton(operators)
        .AddSingleton<BootstrapToken>()
        .AddSingleton(provider => new TokenOperators(
            [.. operators.Issuers.Select(i => OperatorIssuer.Of(i.Key, i.Value, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<KeySource>>()))],
            provider.GetRequiredService<TokenReader>()))
        .AddSingleton(provider => new OperatorCertificates(operators.Certificates, provider.GetRequiredService<TimeProvider>()))
        .AddSingleton<OperatorProofs>()
        .AddSingleton<DoorTally>()
        .AddSingleton<DoorLog>()
        .AddSingleton<PrometheusText>();

    private static IServiceCollection AddServerCertificate(this IServiceCollection services, HostingOptions hosting) => hosting.IsHttps
        ? services
            .AddSingleton<ServerCertificateLog>()
            .AddSingleton(provider => new ServerCertificate(
                new CertificateFiles(hosting.CertificateFile!, hosting.KeyFile!), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ServerCertificateLog>()))
        : services;
}
