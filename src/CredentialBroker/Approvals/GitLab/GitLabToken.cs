using System.Security.Cryptography;
using System.Text;
using CredentialBroker.Approvals.Intake;
using CredentialBroker.Protocol;

namespace CredentialBroker.Approvals.GitLab;

/// <summary>
/// The token of GitLab's webhooks, <c>X-Gitlab-Token</c>: the secret itself. It signs nothing, so that whoever saw one
/// delivery can send any other: that is why it only prompts.
/// </summary>
internal static class GitLabToken
{
    private const string Name = "X-Gitlab-Token";

    private const int Longest = 1024;

    public static Verified.Refused? Check(Delivery delivery, IReadOnlyList<string> secrets)
    {
        var sent = delivery.Headers[Name];
        if (sent.Count == 0) return new Verified.Refused(ReasonCodes.EvidenceMissing, $"the header {Name} is missing", Authentic: false);
        if (sent is not [{ Length: > 0 and <= Longest } token]) return new Verified.Refused(ReasonCodes.EvidenceHeader, $"the header {Name} is there twice, empty or too long", Authentic: false);
        var digest = Digest(token);
        var holds = false;
        // Digests are of one length, and every one is compared, so that the time tells nothing about the secrets.
        foreach (var secret in secrets) holds |= CryptographicOperations.FixedTimeEquals(Digest(secret), digest);
        return holds ? null : new Verified.Refused(ReasonCodes.EvidenceSignature, "the token of the webhook is not the source's secret", Authentic: false);
    }

    private static byte[] Digest(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
