using CredentialBroker.Backends.Aws;
using CredentialBroker.Backends.Azure;
using CredentialBroker.Backends.Certificate;
using CredentialBroker.Backends.Gcp;
using CredentialBroker.Backends.GitHub;
using CredentialBroker.Backends.Kubernetes;
using CredentialBroker.Backends.Postgres;
using CredentialBroker.Backends.SignedToken;
using CredentialBroker.Backends.Vault;
using CredentialBroker.Backends.Webhook;
using CredentialBroker.Issuer;

namespace CredentialBroker.Backends;

/// <summary>Section <c>Targets</c> of the configuration: by kind, then by name.</summary>
internal sealed record TargetOptions
{
    public const string Section = "Targets";

    public IReadOnlyDictionary<string, PostgresTarget> Postgres { get; init; } = new Dictionary<string, PostgresTarget>();

    public IReadOnlyDictionary<string, SignedTokenTarget> SignedToken { get; init; } = new Dictionary<string, SignedTokenTarget>();

    public IReadOnlyDictionary<string, CertificateTarget> Certificate { get; init; } = new Dictionary<string, CertificateTarget>();

    public IReadOnlyDictionary<string, VaultTarget> Vault { get; init; } = new Dictionary<string, VaultTarget>();

    public IReadOnlyDictionary<string, AwsTarget> Aws { get; init; } = new Dictionary<string, AwsTarget>();

    public IReadOnlyDictionary<string, AzureTarget> Azure { get; init; } = new Dictionary<string, AzureTarget>();

    public IReadOnlyDictionary<string, GcpTarget> Gcp { get; init; } = new Dictionary<string, GcpTarget>();

    public IReadOnlyDictionary<string, KubernetesTarget> Kubernetes { get; init; } = new Dictionary<string, KubernetesTarget>();

    public IReadOnlyDictionary<string, WebhookTarget> Webhook { get; init; } = new Dictionary<string, WebhookTarget>();

    public IReadOnlyDictionary<string, GitHubTarget> GitHub { get; init; } = new Dictionary<string, GitHubTarget>();

    /// <summary>Every mistake, each with its configuration path.</summary>
    public IEnumerable<string> Validate(ReservedAudiences reserved, string path = Section) =>
        Of($"{path}:Postgres", Postgres, (target, at) => target.Validate(at))
            .Concat(Of($"{path}:Certificate", Certificate, (target, at) => target.Validate(at)))
            .Concat(Of($"{path}:GitHub", GitHub, (target, at) => target.Validate(at)))
            .Concat(Of($"{path}:Kubernetes", Kubernetes, (target, at) => target.Validate(at)))
            .Concat(Of($"{path}:SignedToken", SignedToken, (target, at) => target.Validate(at, reserved)))
            .Concat(Of($"{path}:Aws", Aws, (target, at) => target.Validate(at, reserved)))
            .Concat(Of($"{path}:Vault", Vault, (target, at) => target.Validate(at, reserved)))
            .Concat(Of($"{path}:Azure", Azure, (target, at) => target.Validate(at, reserved)))
            .Concat(Of($"{path}:Gcp", Gcp, (target, at) => target.Validate(at, reserved)))
            .Concat(Of($"{path}:Webhook", Webhook, (target, at) => target.Validate(at, reserved)));

    private static IEnumerable<string> Of<T>(string path, IReadOnlyDictionary<string, T> targets, Func<T, string, IEnumerable<string>> validate) =>
        targets.SelectMany(pair => validate(pair.Value, $"{path}:{pair.Key}")
            .Concat(TargetNames.IsValid(pair.Key) ? [] : [$"{path}:{pair.Key}: a target's name has 1 to 63 lower-case letters, digits and -"]));
}
