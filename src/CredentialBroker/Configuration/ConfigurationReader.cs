using CredentialBroker.Admission;
using CredentialBroker.Approvals;
using CredentialBroker.Approvals.GitLab;
using CredentialBroker.Attestation;
using CredentialBroker.Hosting;
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
            .Concat(options.Issuer.Validate(options.Hosting))
            .Concat(WorkloadSources.Validate(options.TrustSources.Workloads, Own(options)))
            .Concat(options.TrustSources.Approvals.SelectMany(s => s.Value.Validate($"TrustSources:Approvals:{s.Key}")))
            .Concat(GitLabMistakes.Unprovable(options.TrustSources.Approvals, options.TrustSources.Workloads))
            .Concat(AdmissionGates.Validate(options.Admission, options.Clusters, options.TrustSources.Approvals, options.TrustSources.Workloads))
            .Concat(options.Targets.Validate(Reserved(options)))
            .Concat(options.Templates.Validate(options.Hosting.Profile))
            .Concat(options.Policy.Validate())
            .Concat(options.Exceptions.Validate())
            .Concat(options.Operators.Validate(TakenAudiences(options), Own(options)))
            .Concat(options.Console.Validate(options.Operators.Issuers.Keys))
            .Concat(options.Limits.Validate())
            .Concat(options.Audit.Validate())
            .Concat(options.Incidents.Validate())
            .Concat(options.Signals.Validate())
            .Concat(options.Alarms.Validate())
            .Concat(options.Uses.Validate())
            .Concat(options.Reviews.Validate())
            .Concat(options.Hosts.Validate(options.TrustSources.Approvals))
            .Concat(options.Drift.Validate())
            .Concat(options.Proofs.Validate())
            .Concat(options.Retention.Validate())
            .Concat(options.Telemetry.Validate());
    }

    /// <summary>Audiences of everybody who is no operator: a token for one of them must never be an operator's.</summary>
    private static IEnumerable<(string Path, string Audience)> TakenAudiences(BrokerOptions options) =>
    [
        .. options.TrustSources.Workloads.Select(s => ($"TrustSources:Workloads:{s.Key}", s.Value.Audience)),
        .. options.TrustSources.Approvals.Select(s => ($"TrustSources:Approvals:{s.Key}", s.Value.Audience)),
        .. options.Alarms.Sources.Where(s => s.Value.Audience.Length > 0).Select(s => ($"Alarms:Sources:{s.Key}", s.Value.Audience)),
        .. options.Targets.SignedToken.SelectMany(t => t.Value.Audiences.Select(audience => ($"Targets:SignedToken:{t.Key}", audience))),
    ];

    /// <summary>The issuers that the broker is itself, which it never takes evidence from.</summary>
    public static OwnIssuers Own(BrokerOptions options) =>
        new(KeyPurpose.All.Select(purpose => PublicUrl(options) + IssuerDocuments.PathOf(purpose)));

    /// <summary>Audiences that no target may allow and no template may name.</summary>
    public static ReservedAudiences Reserved(BrokerOptions options) => new(options.Issuer.FederationAudiences);

    /// <summary>Base of the broker's own issuers, without a trailing slash.</summary>
    public static string PublicUrl(BrokerOptions options) => (options.Issuer.PublicUrl?.ToString() ?? options.Hosting.Listen).TrimEnd('/');
}
