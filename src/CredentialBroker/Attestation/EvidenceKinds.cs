namespace CredentialBroker.Attestation;

internal static class EvidenceKinds
{
    private static readonly IReadOnlyList<IEvidenceKind> All =
    [
        new KubernetesEvidence(), new OidcEvidence(), new GitHubEvidence(), new GitLabEvidence(),
        new SpiffeEvidence(), new AwsTokenEvidence(), new AwsCallEvidence(), new AzureEvidence(), new GoogleEvidence(),
        new DockerEvidence(),
    ];

    internal static string Names => string.Join(", ", All.Select(kind => kind.Name));

    internal static IEvidenceKind? Find(string name) => All.FirstOrDefault(kind => kind.Name == name);

    /// <summary>The kind if its evidence is a token.</summary>
    internal static ITokenKind? FindToken(string name) => Find(name) as ITokenKind;
}
