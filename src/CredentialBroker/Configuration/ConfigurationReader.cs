using CredentialBroker.Approvals;
using CredentialBroker.Attestation;
using CredentialBroker.Issuer;

namespace CredentialBroker.Configuration;

/// <summary>Reads and judges the configuration. Every mistake is told at once, with its path; one mistake stops the start.</summary>
internal static class ConfigurationReader
{
    /// <summary>Prefix of environment variables, such as <c>CREDBROKER_Hosting__Listen</c>.</summary>
    public const string Prefix = "CREDBROKER_";

    public static IConfigurationRoot Sources(string file) => new ConfigurationBuilder()
        .AddJsonFile(Path.GetFullPath(file), optional: false)
        .AddEnvironmentVariables(Prefix)
        .Build();

    public static (BrokerOptions Options, IReadOnlyList<string> Mistakes) Read(IConfiguration configuration, TimeProvider clock)
    {
        var mistakes = UnknownKeys.In(configuration, typeof(BrokerOptions), "").ToList();
        BrokerOptions options;
        try
        {
            options = configuration.Get<BrokerOptions>() ?? new BrokerOptions();
        }
        catch (InvalidOperationException error)
        {
            // A value that is no number, duration or address: the binder stops at the first, so that one is told.
            return (new BrokerOptions(), [.. mistakes, error.InnerException?.Message is { } inner ? $"{error.Message} {inner}" : error.Message]);
        }

        mistakes.AddRange(Judge(options, clock));
        return (options, mistakes);
    }

    private static IEnumerable<string> Judge(BrokerOptions options, TimeProvider clock)
    {
        return options.Hosting.Validate()
            .Concat(options.Storage.Validate())
            .Concat(options.Keys.Validate(options.Hosting.IsDevelopment))
            .Concat(options.Issuer.Validate())
            .Concat(WorkloadSources.Validate(options.TrustSources.Workloads, Own(options)))
            .Concat(options.TrustSources.Approvals.SelectMany(s => s.Value.Validate($"TrustSources:Approvals:{s.Key}")))
            .Concat(options.Targets.Validate())
            .Concat(options.Templates.Validate())
            .Concat(options.Policy.Validate(clock))
            .Concat(options.Operators.Validate())
            .Concat(options.Limits.Validate())
            .Concat(options.Telemetry.Validate());
    }

    /// <summary>The issuers that the broker is itself, which it never takes evidence from.</summary>
    public static OwnIssuers Own(BrokerOptions options) =>
        new([PublicUrl(options) + IssuerDocuments.WorkloadPath, PublicUrl(options) + IssuerDocuments.FederationPath]);

    /// <summary>Base of the broker's own issuers, without a trailing slash.</summary>
    public static string PublicUrl(BrokerOptions options) => (options.Issuer.PublicUrl?.ToString() ?? options.Hosting.Listen).TrimEnd('/');
}
