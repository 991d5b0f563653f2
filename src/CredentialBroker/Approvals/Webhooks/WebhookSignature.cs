using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CredentialBroker.Approvals.Intake;
using CredentialBroker.Protocol;

namespace CredentialBroker.Approvals.Webhooks;

/// <summary>
/// The headers of a signed webhook (Standard Webhooks 1.0): HMAC-SHA256 over <c>id.timestamp.body</c> with the body's very
/// bytes. Of the versions that may stand in <c>webhook-signature</c>, <c>v1</c> is verified and the others prove nothing.
/// </summary>
/// <param name="Id">Name of this message, the same when it is sent again.</param>
/// <param name="At">When it was sent, in Unix seconds.</param>
/// <param name="Signatures">Its <c>v1</c> signatures; several while a secret is rotated.</param>
internal sealed record WebhookSignature(string Id, long At, IReadOnlyList<byte[]> Signatures)
{
    /// <summary>How far the sender's clock may be from the broker's, both ways.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    private const int MostSignatures = 8;

    public static WebhookSignature? Read(IHeaderDictionary headers, out Verified.Refused? refusal)
    {
        refusal = null;
        if (Sole(headers, "webhook-id", ref refusal) is not { } id
            || Sole(headers, "webhook-timestamp", ref refusal) is not { } timestamp
            || Sole(headers, "webhook-signature", ref refusal) is not { } list) return null;

        // A full stop parts what is signed, so that an id with one could be read in two ways.
        if (!Text.IsEventId(id) || id.Contains('.', StringComparison.Ordinal)) return Refuse("webhook-id is not of A-Z a-z 0-9 _ : -", out refusal);
        if (!long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var at) || timestamp.Length > 11) return Refuse("webhook-timestamp is no time in Unix seconds", out refusal);
        var parts = list.Split(' ');
        if (parts.Length > MostSignatures) return Refuse("webhook-signature lists too many", out refusal);
        var signatures = new List<byte[]>();
        foreach (var part in parts)
        {
            if (part.IndexOf(',', StringComparison.Ordinal) is not (> 0 and var comma)) return Refuse("webhook-signature is no list of version,signature", out refusal);
            if (part[..comma] != "v1") continue;
            var bytes = new byte[SHA256.HashSizeInBytes];
            if (!Convert.TryFromBase64String(part[(comma + 1)..], bytes, out var length) || length != bytes.Length) return Refuse("webhook-signature has a v1 that is no HMAC-SHA256", out refusal);
            signatures.Add(bytes);
        }

        if (signatures.Count > 0) return new WebhookSignature(id, at, signatures);
        refusal = new Verified.Refused(ReasonCodes.EvidenceAlgorithm, "webhook-signature has no v1", Authentic: false);
        return null;
    }

    /// <summary>Null when one of the secrets made one of the signatures, now.</summary>
    public Verified.Refused? Check(ReadOnlySpan<byte> body, IReadOnlyList<byte[]> secrets, DateTimeOffset now)
    {
        if (Math.Abs(now.ToUnixTimeSeconds() - At) > (long)Tolerance.TotalSeconds)
        {
            return new Verified.Refused(ReasonCodes.EvidenceLifetime, "webhook-timestamp is more than five minutes from now", Authentic: false);
        }

        byte[] signed = [.. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Id}.{At}.")), .. body];
        var holds = false;
        foreach (var secret in secrets)
        {
            var expected = HMACSHA256.HashData(secret, signed);
            // Every one is compared, so that the time tells nothing about which.
            foreach (var signature in Signatures) holds |= CryptographicOperations.FixedTimeEquals(expected, signature);
        }

        return holds ? null : new Verified.Refused(ReasonCodes.EvidenceSignature, "no signature of the webhook verifies", Authentic: false);
    }

    private static string? Sole(IHeaderDictionary headers, string name, ref Verified.Refused? refusal)
    {
        var values = headers[name];
        if (values is [{ Length: > 0 and <= 2048 } only]) return only;
        refusal = values.Count == 0
            ? new Verified.Refused(ReasonCodes.EvidenceMissing, $"the header {name} is missing", Authentic: false)
            : new Verified.Refused(ReasonCodes.EvidenceHeader, $"the header {name} is there twice, empty or too long", Authentic: false);
        return null;
    }

    private static WebhookSignature? Refuse(string detail, out Verified.Refused? refusal)
    {
        refusal = new Verified.Refused(ReasonCodes.EvidenceHeader, detail, Authentic: false);
        return null;
    }
}
