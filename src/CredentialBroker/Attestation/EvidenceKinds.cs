namespace CredentialBroker.Attestation;

internal static class EvidenceKinds
{
    private static readonly IReadOnlyList<IEvidenceKind> All =
        [new KubernetesEvidence(), new OidcEvidence(), new GitHubEvidence(), new GitLabEvidence()];

    internal static string Names => string.Join(", ", All.Select(kind => kind.Name));

    internal static IEvidenceKind? Find(string name) => All.FirstOrDefault(kind => kind.Name == name);
}
