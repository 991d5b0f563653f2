using CredentialBroker.Alarms;
using CredentialBroker.Admission;
using CredentialBroker.Approvals;
using CredentialBroker.Attestation;
using CredentialBroker.Audit;
using CredentialBroker.Backends;
using CredentialBroker.Clusters;
using CredentialBroker.WebConsole;
using CredentialBroker.Exceptions;
using CredentialBroker.Hosting;
using CredentialBroker.Hosting.Telemetry;
using CredentialBroker.Hosts;
using CredentialBroker.Incidents;
using CredentialBroker.Issuance;
using CredentialBroker.Issuer;
using CredentialBroker.Proofs;
using CredentialBroker.Reviews;
using CredentialBroker.Runtime.Drift;
using CredentialBroker.Signals;
using CredentialBroker.Uses;
using CredentialBroker.Storage;

namespace CredentialBroker.Configuration;

/// <summary>The whole configuration: one validated record per section of <c>appsettings.json</c>.</summary>
internal sealed record BrokerOptions
{
    public HostingOptions Hosting { get; init; } = new();
    public StorageOptions Storage { get; init; } = new();
    public KeyOptions Keys { get; init; } = new();
    public IssuerOptions Issuer { get; init; } = new();
    public TrustSourceOptions TrustSources { get; init; } = new();
    public Dictionary<string, ClusterOptions> Clusters { get; init; } = [];
    public Dictionary<string, AdmissionOptions> Admission { get; init; } = [];
    public TargetOptions Targets { get; init; } = new();
    public TemplateOptions Templates { get; init; } = new();
    public ExternalPolicyOptions Policy { get; init; } = new();
    public ExceptionOptions Exceptions { get; init; } = new();
    public OperatorOptions Operators { get; init; } = new();
    public ConsoleOptions Console { get; init; } = new();
    public LimitOptions Limits { get; init; } = new();
    public AuditOptions Audit { get; init; } = new();
    public IncidentOptions Incidents { get; init; } = new();
    public SignalOptions Signals { get; init; } = new();
    public AlarmOptions Alarms { get; init; } = new();
    public UseOptions Uses { get; init; } = new();
    public ReviewOptions Reviews { get; init; } = new();
    public HostsOptions Hosts { get; init; } = new();
    public DriftOptions Drift { get; init; } = new();
    public ProofOptions Proofs { get; init; } = new();
    public RetentionOptions Retention { get; init; } = new();
    public TelemetryOptions Telemetry { get; init; } = new();
}

/// <summary>Section <c>TrustSources</c>: who vouches for workloads, and who approves.</summary>
internal sealed record TrustSourceOptions
{
    public Dictionary<string, WorkloadSourceOptions> Workloads { get; init; } = [];
    public Dictionary<string, ApprovalSourceOptions> Approvals { get; init; } = [];
}

/// <summary>Section <c>Templates</c>.</summary>
internal sealed record TemplateOptions
{
    /// <summary>Folder whose *.yaml files are brought in at start when their content is new; null imports nothing.</summary>
    public string? ImportFolder { get; init; }

    /// <summary>
    /// Whether the folder activates by itself outside development, where a template else waits for a second person: then who
    /// writes this configuration is that person. Refused in the profile <c>regulated</c>.
    /// </summary>
    public bool ImportActivates { get; init; }

    /// <summary>
    /// File with the JWK set of those who write templates, each key named after its author by <c>kid</c>. Where it is set, a text that none of them signed is
    /// not taken and not loaded (R40); see <c>credbroker template sign</c>.
    /// </summary>
    public string? SignersFile { get; init; }

    public IEnumerable<string> Validate(string profile)
    {
        if (SignersFile is not null && !File.Exists(SignersFile)) yield return $"Templates:SignersFile: no file at '{SignersFile}'";
        if (ImportActivates && profile == "regulated") yield return "Templates:ImportActivates: the profile regulated takes a second person for every template; credbroker template activate";
        if (ImportFolder is not null && !Directory.Exists(ImportFolder)) yield return $"Templates:ImportFolder: no folder at '{ImportFolder}'";
    }
}

/// <summary>Section <c>Limits</c>: bounds that templates cannot pass.</summary>
internal sealed record LimitOptions
{
    /// <summary>Longest life of one credential, 1 second to 1 hour.</summary>
    public TimeSpan TtlCeiling { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Longest life of a lease over all its renewals, at most 24 hours.</summary>
    public TimeSpan MaxTtlCeiling { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Ends under way at one target at a time, 1 to 64.</summary>
    public int EndsPerTarget { get; init; } = 8;

    public IEnumerable<string> Validate()
    {
        if (TtlCeiling < TimeSpan.FromSeconds(1) || TtlCeiling > TimeSpan.FromHours(1)) yield return "Limits:TtlCeiling: outside 00:00:01 to 01:00:00";
        if (MaxTtlCeiling < TtlCeiling || MaxTtlCeiling > TimeSpan.FromHours(24)) yield return "Limits:MaxTtlCeiling: outside Limits:TtlCeiling to 1.00:00:00";
        if (EndsPerTarget is < 1 or > 64) yield return "Limits:EndsPerTarget: outside 1 to 64";
    }
}
