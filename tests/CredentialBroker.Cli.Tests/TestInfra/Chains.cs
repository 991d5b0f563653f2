using System.Globalization;
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

    public static long At(long chain, int seq) => The.Noon.ToUnixTimeMilliseconds() + (chain * 1000) + seq;
}
