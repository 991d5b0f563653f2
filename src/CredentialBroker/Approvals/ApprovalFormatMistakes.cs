using CredentialBroker.Approvals.ClientCertificates;
using CredentialBroker.Approvals.GitHub;
using CredentialBroker.Approvals.GitLab;
using CredentialBroker.Approvals.Webhooks;

namespace CredentialBroker.Approvals;

/// <summary>What each format must be told, and what it has no use for: a key that is ignored would look like a safeguard.</summary>
internal static class ApprovalFormatMistakes
{
    /// <summary>What proves documents, and says nothing where webhooks only prompt.</summary>
    private static readonly string[] OfDocuments = ["Issuer", "Audience", "JwksFile", "JwksUrl", "Algorithms", "Authentication", "ClientCaFile", "ClientSan"];

    public static IEnumerable<string> FormatMistakes(this ApprovalSourceOptions source, string path)
    {
        if (!Formats.All.Contains(source.Format)) return [$"{path}:Format: '{source.Format}' is none of {string.Join(", ", Formats.All)}"];
        if (source.Format != Formats.Admission && source.Cluster is not null) return [$"{path}:Cluster: has no use for {source.Format}"];
        return source.Format switch
        {
            Formats.GitHub => [.. Unused(source, path, [.. OfDocuments, "GitLab"]), .. GitHubMistakes.Of(source, path)],
            Formats.GitLab => [.. Unused(source, path, [.. OfDocuments, "GitHub"]), .. GitLabMistakes.Of(source, path)],
            Formats.Jws => [.. Unused(source, path, "Authentication", "SecretFile", "ClientCaFile", "ClientSan", "GitHub", "GitLab"), .. Signed(source, path)],
            Formats.Admission => [.. Unused(source, path, ["Issuer", "Audience", "JwksFile", "JwksUrl", "Algorithms", "GitHub", "GitLab", .. UnusedByProof(source)]), .. AdmissionFormat.Mistakes(source, path)],
            _ => CloudEvents(source, path),
        };
    }

    private static string[] UnusedByProof(ApprovalSourceOptions source) => source.Authentication == Formats.Mtls ? ["SecretFile"] : ["ClientCaFile", "ClientSan"];

    private static IEnumerable<string> CloudEvents(ApprovalSourceOptions source, string path) => source.Authentication switch
    {
        Formats.Webhook => [.. Unused(source, path, "Audience", "JwksFile", "JwksUrl", "Algorithms", "ClientCaFile", "ClientSan", "GitHub", "GitLab"), .. Issuer(source, path), .. WebhookSecrets.Mistakes(source.SecretFile, $"{path}:SecretFile")],
        Formats.Mtls => [.. Unused(source, path, "Audience", "JwksFile", "JwksUrl", "Algorithms", "SecretFile", "GitHub", "GitLab"), .. Issuer(source, path), .. ClientCertificate.Mistakes(source, path)],
        Formats.Jws when source.Format == Formats.CDEvents => [$"{path}:Authentication: a CDEvent carries no signed document; use webhook or mtls"],
        Formats.Jws => [.. Unused(source, path, "SecretFile", "ClientCaFile", "ClientSan", "GitHub", "GitLab"), .. Signed(source, path)],
        _ => [$"{path}:Authentication: required; webhook, jws or mtls"],
    };

    private static IEnumerable<string> Signed(ApprovalSourceOptions source, string path)
    {
        foreach (var mistake in Issuer(source, path)) yield return mistake;
        if (string.IsNullOrWhiteSpace(source.Audience)) yield return $"{path}:Audience: required; the aud of its documents, such as this broker's address";
        if (source.JwksFile is null == source.JwksUrl is null) yield return $"{path}: name either JwksFile or JwksUrl";
        if (source.JwksFile is { } file && !File.Exists(file)) yield return $"{path}:JwksFile: no file at '{file}'";
        if (source.JwksUrl is { } url && !(Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttps))
        {
            yield return $"{path}:JwksUrl: '{url}' is no https address";
        }

        if (source.Algorithms is { Length: 0 }) yield return $"{path}:Algorithms: empty; leave it out for {string.Join(", ", Limits.Algorithms)}";
        foreach (var algorithm in (source.Algorithms ?? []).Except(Limits.Algorithms, StringComparer.Ordinal))
        {
            yield return $"{path}:Algorithms: '{algorithm}' is none of {string.Join(", ", Limits.Algorithms)}";
        }
    }

    private static IEnumerable<string> Issuer(ApprovalSourceOptions source, string path)
    {
        if (string.IsNullOrWhiteSpace(source.Issuer)) yield return $"{path}:Issuer: required; the iss of its documents, or the source of its events";
    }

    private static IEnumerable<string> Unused(ApprovalSourceOptions source, string path, params string[] keys) =>
        from key in keys
        where typeof(ApprovalSourceOptions).GetProperty(key)!.GetValue(source) is not (null or "")
        select $"{path}:{key}: has no use for {source.Format}{(source.Authentication is { } by ? $" with {by}" : "")}";
}
