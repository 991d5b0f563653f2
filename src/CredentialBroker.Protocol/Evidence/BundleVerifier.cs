using System.Text;
using System.Text.Json;

namespace CredentialBroker.Protocol.Evidence;

/// <summary>Verifies a bundle offline with nothing but the broker's verification keys.</summary>
public static class BundleVerifier
{
    /// <summary>Largest bundle that is read, in bytes.</summary>
    public const int Largest = 256 * 1024 * 1024;

    /// <summary>Verifies every record, the checkpoint, the signature, and that nothing else was written.</summary>
    public static BundleVerdict Verify(ReadOnlySpan<byte> text, IReadOnlyList<VerificationKey> keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        EvidenceBundle bundle;
        try
        {
            bundle = JsonSerializer.Deserialize(text, ProtocolJson.Default.EvidenceBundle) ?? throw new JsonException("null");
        }
        catch (JsonException fault)
        {
            return new BundleVerdict(0, $"is no evidence bundle: {fault.Message}");
        }

        try
        {
            var checkpoint = Checkpoint.Parse(bundle.Checkpoint);
            var problem = Judge(bundle, checkpoint, keys) ?? Spelling(text, BundleText.Write(bundle)) ?? Signature(bundle, checkpoint.SignerAmong(keys)!);
            return new BundleVerdict(bundle.Records.Count, problem, checkpoint.Size);
        }
        catch (InvalidDataException fault)
        {
            return new BundleVerdict(bundle.Records.Count, $"checkpoint: {fault.Message}");
        }
    }

    private static string? Judge(EvidenceBundle bundle, Checkpoint checkpoint, IReadOnlyList<VerificationKey> keys)
    {
        if (bundle.Form != EvidenceBundle.CurrentForm) return $"form: is not {EvidenceBundle.CurrentForm}";
        if (checkpoint.SignerAmong(keys) is not { } signer) return "checkpoint: bears no signature of a key that was given";
        if (bundle.Key != NameOf(signer)) return $"key: is not {NameOf(signer)}, which signed the checkpoint";
        if (bundle.About is not ({ Lease: not null, Since: null, Until: null } or { Lease: null, Since: not null, Until: not null })) return "about: is neither a lease nor a period";
        var approvals = bundle.Records.Select(Read).Where(r => r.Lease is not null && r.Lease == bundle.About.Lease).Select(r => r.Approval).ToHashSet();
        for (var i = 0; i < bundle.Records.Count; i++)
        {
            var record = bundle.Records[i];
            if (i > 0 && record.Position <= bundle.Records[i - 1].Position) return $"records[{i}]: stands after position {bundle.Records[i - 1].Position}";
            if (Prove(record, checkpoint) is { } problem) return $"records[{i}] (chain {record.Chain} record {record.Seq}): {problem}";
            if (!Belongs(Read(record), bundle.About, approvals)) return $"records[{i}] (chain {record.Chain} record {record.Seq}): is not about what the bundle is about";
        }

        return null;
    }

    private static string? Prove(ProvenRecord record, Checkpoint checkpoint)
    {
        if (!IsHash(record.Previous)) return "previous: is no hash";
        if (ChainHash.Of(record.Previous, record.Seq, record.Body) != record.Hash) return "its hash does not match its content and place";
        var proof = record.Proof.Select(StrictBase64.Hash).ToList();
        if (proof.Contains(null)) return "proof: holds something that is no hash";
        Span<byte> leaf = stackalloc byte[MerkleTree.HashSize];
        MerkleTree.RecordLeaf(record.Chain, record.Seq, Convert.FromHexString(record.Hash), leaf);
        return MerkleTree.VerifyInclusion(record.Position, checkpoint.Size, leaf, proof!, checkpoint.Root.Span) ? null : "its proof does not lead to the checkpoint's root";
    }

    private static bool Belongs((string? Lease, string? Approval, long Time) record, BundleSubject about, HashSet<string?> approvals) => about.Lease is not null
        ? record.Lease == about.Lease || (record.Approval is not null && approvals.Contains(record.Approval))
        : record.Time >= about.Since && record.Time < about.Until;

    private static (string? Lease, string? Approval, long Time) Read(ProvenRecord record)
    {
        try
        {
            using var body = JsonDocument.Parse(record.Body);
            return (Text(body.RootElement, "lease"), Text(body.RootElement, "approval"), body.RootElement.GetProperty("time").GetInt64());
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            // A text that is no record is about nothing, and is told by its hash.
            return (null, null, -1);
        }
    }

    private static string? Text(JsonElement record, string name) => record.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static string? Spelling(ReadOnlySpan<byte> text, ReadOnlySpan<byte> written)
    {
        var same = text.CommonPrefixLength(written);
        return same == text.Length && same == written.Length ? null : $"byte {same}: is not as bundles are written";
    }

    private static string? Signature(EvidenceBundle bundle, VerificationKey signer)
    {
        try
        {
            return signer.Verify(BundleText.ToSign(bundle), StrictBase64.Decode(bundle.Signature)) ? null : "signature: does not match: something outside the records was changed, or a record was taken out";
        }
        catch (InvalidDataException fault)
        {
            return $"signature: {fault.Message}";
        }
    }

    /// <summary>How a bundle names the key that signed it.</summary>
    public static string NameOf(VerificationKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return $"{key.Name}+{Convert.ToHexStringLower(key.Id.Span)}";
    }

    private static bool IsHash(string text) => text.Length == 2 * MerkleTree.HashSize && text.All(char.IsAsciiHexDigitLower);
}
