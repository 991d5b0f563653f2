using System.Security.Cryptography;
using System.Text;
using CredentialBroker.Approvals.Intake;
using CredentialBroker.Protocol;

namespace CredentialBroker.Approvals.GitHub;

/// <summary>
/// The signature of GitHub's webhooks: <c>X-Hub-Signature-256: sha256=</c> and the HMAC of the raw body. It covers neither
/// a time nor the other headers, so that what was captured once verifies for ever: that is why it only prompts.
/// </summary>
internal static class GitHubSignature
{
    private const string Name = "X-Hub-Signature-256", Scheme = "sha256=";

    public static Verified.Refused? Check(Delivery delivery, IReadOnlyList<string> secrets)
    {
        var sent = delivery.Headers[Name];
        if (sent.Count == 0) return new Verified.Refused(ReasonCodes.EvidenceMissing, $"the header {Name} is missing", Authentic: false);
        var signature = new byte[SHA256.HashSizeInBytes];
        if (sent is not [{ Length: 71 } one] || !one.StartsWith(Scheme, StringComparison.Ordinal)
            || Convert.FromHexString(one.AsSpan(Scheme.Length), signature, out _, out var length) != System.Buffers.OperationStatus.Done || length != signature.Length)
        {
            return new Verified.Refused(ReasonCodes.EvidenceHeader, $"the header {Name} is not one sha256= and 64 hexadecimal digits", Authentic: false);
        }

        var holds = false;
        foreach (var secret in secrets)
        {
            holds |= CryptographicOperations.FixedTimeEquals(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), delivery.Body.Span), signature);
        }

        return holds ? null : new Verified.Refused(ReasonCodes.EvidenceSignature, "the signature of the webhook does not verify", Authentic: false);
    }
}
