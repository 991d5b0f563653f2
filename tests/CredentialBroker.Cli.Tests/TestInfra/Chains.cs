using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Evidence;

namespace CredentialBroker.Cli.Tests.TestInfra;

/// <summary>Audit chains as the broker writes them.</summary>
internal static class Chains
{
    /// <summary>Chains of the given lengths, each naming the one before it.</summary>
    public static List<AuditLine> Of(params int[] lengths)
    {
        var all = new List<AuditLine>();
        for (var chain = 1; chain <= lengths.Length; chain++)
        {
            var before = all.Count > 0 ? all[^1] : null;
            var bodies = Enumerable.Range(1, lengths[chain - 1] - 1).Select(seq => Record(chain, seq));
            Append(all, chain, [Genesis(chain, before), .. bodies]);
        }

        return all;
    }

    public static void Append(List<AuditLine> all, long chain, IEnumerable<string> bodies)
    {
        var (hash, seq) = (ChainHash.Zero, 0L);
        foreach (var body in bodies)
        {
            hash = ChainHash.Of(hash, seq, body);
            all.Add(new AuditLine(chain, seq++, hash, body));
        }
    }

    public static string Genesis(long chain, AuditLine? before)
    {
        var named = before is null ? "" : string.Create(CultureInfo.InvariantCulture, $",\"predecessor\":{before.Chain},\"predecessorSeq\":{before.Seq},\"predecessorHash\":\"{before.Hash}\"");
        return string.Create(CultureInfo.InvariantCulture, $"{{\"time\":{At(chain, 0)},\"type\":\"audit.chain_started\",\"stream\":\"control\",\"chain\":{{\"chain\":{chain},\"writer\":\"w\"{named}}}}}");
    }

    public static string Record(long chain, int seq, string detail = "näher — 'quoted' \\\"") => string.Create(CultureInfo.InvariantCulture,
        $"{{\"time\":{At(chain, seq)},\"type\":\"credential.issued\",\"stream\":\"issuance\",\"lease\":\"{The.LeaseId}\",\"actor\":\"ann\",\"cause\":\"ttl\",\"detail\":\"{detail}\"}}");

    public static string Ndjson(IEnumerable<AuditLine> lines) => string.Concat(lines.Select(l => JsonSerializer.Serialize(l, ProtocolJson.Default.AuditLine) + "\n"));

    private static readonly ECDsa Pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>What the stand-in signs with.</summary>
    public static VerificationKey Key { get; } = new("broker.test/audit", Pair.ExportSubjectPublicKeyInfo());

    /// <summary>An export in the order of the lines, ended by a checkpoint of its size.</summary>
    public static string Export(IReadOnlyList<AuditLine> lines)
    {
        var text = new ArrayBufferWriter<byte>();
        for (var i = 0; i < lines.Count; i++) ExportText.Write(text, i, lines[i]);
        ExportText.Write(text, Note(lines));
        return Encoding.UTF8.GetString(text.WrittenSpan);
    }

    /// <summary>A signed checkpoint over the lines.</summary>
    public static string Note(IReadOnlyList<AuditLine> lines)
    {
        var tree = new TreeFrontier();
        foreach (var line in lines) tree.Add(Leaf(line));
        var text = Checkpoint.TextOf(Key.Name, tree.Size, tree.Root());
        return Checkpoint.NoteOf(text, Key, Pair.SignData(Encoding.UTF8.GetBytes(text), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
    }

    /// <summary>A bundle about the one lease, whose only record is the second of two.</summary>
    public static string Bundle()
    {
        var lines = Of(2);
        var record = new ProvenRecord(1, 1, 1, lines[0].Hash, lines[1].Hash, lines[1].Body, [Convert.ToBase64String(Leaf(lines[0]))]);
        var bundle = new EvidenceBundle(EvidenceBundle.CurrentForm, new BundleSubject(The.LeaseId), BundleVerifier.NameOf(Key), Note(lines), [record], "");
        var signature = Pair.SignData(BundleText.ToSign(bundle), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        return Encoding.UTF8.GetString(BundleText.Write(bundle with { Signature = Convert.ToBase64String(signature) }));
    }

    private static byte[] Leaf(AuditLine line)
    {
        var leaf = new byte[MerkleTree.HashSize];
        MerkleTree.RecordLeaf(line.Chain, line.Seq, Convert.FromHexString(line.Hash), leaf);
        return leaf;
    }

    public static long At(long chain, int seq) => The.Noon.ToUnixTimeMilliseconds() + (chain * 1000) + seq;
}
