using CredentialBroker.Approvals;
using CredentialBroker.Attestation;
using CredentialBroker.Backends;
using CredentialBroker.Hosting;
using CredentialBroker.Hosting.Telemetry;
using CredentialBroker.Issuance;
using CredentialBroker.Issuer;
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
    public TargetOptions Targets { get; init; } = new();
    public TemplateOptions Templates { get; init; } = new();
    public ExternalPolicyOptions Policy { get; init; } = new();
    public OperatorOptions Operators { get; init; } = new();
    public LimitOptions Limits { get; init; } = new();
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
    /// <summary>Folder whose *.yaml files are activated at start when their content is new; null imports nothing.</summary>
    public string? ImportFolder { get; init; }

    public IEnumerable<string> Validate()
    {
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
