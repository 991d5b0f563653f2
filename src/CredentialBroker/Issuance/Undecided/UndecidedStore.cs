using System.Data.Common;
using System.Text.Json;
using System.Text.Json.Serialization;
using CredentialBroker.Policy;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Issuance.Undecided;

/// <summary>Rows of claims that wait for policy. An outcome is written once.</summary>
internal sealed class UndecidedStore(Store store)
{
    private const string Columns = "claim_key, id, kind, workload_id, ask, approval_id, lease_id, begun_at, until, next_at, rechecks, outcome";

    public async Task<UndecidedClaim?> FindAsync(string key, CancellationToken cancel) => (await store.ListAsync(
        Pool.Issuing, new Statement($"SELECT {Columns} FROM undecided_claims WHERE claim_key = @key") { Values = [("key", key)] }, Read, cancel)).SingleOrDefault();

    /// <summary>Those to be judged again, the longest due first.</summary>
    public Task<List<UndecidedClaim>> DueAsync(long now, int count, CancellationToken cancel) => store.ListAsync(
        Pool.Control, new Statement($"SELECT {Columns} FROM undecided_claims WHERE outcome IS NULL AND next_at <= @now ORDER BY next_at LIMIT @count") { Values = [("now", now), ("count", count)] }, Read, cancel);

    public static Work Keep(UndecidedClaim claim) => new PlainWrite(
        """
        INSERT INTO undecided_claims (claim_key, id, kind, workload_id, template, ask, approval_id, lease_id, begun_at, until, next_at, rechecks)
        VALUES (@key, @id, @kind, @workload, @template, @ask, @approval, @lease, @begun, @until, @next, 0) ON CONFLICT (claim_key) DO NOTHING
        """,
        ("key", claim.Key), ("id", claim.Id), ("kind", (long)claim.Kind), ("workload", claim.WorkloadId), ("template", claim.Ask.Template),
        ("ask", JsonSerializer.Serialize(claim.Ask, UndecidedJson.Default.Ask)), ("approval", claim.ApprovalId), ("lease", claim.Lease), ("begun", claim.BegunAt),
        ("until", claim.Until), ("next", claim.NextAt));

    /// <summary>What became of it, written once: whoever comes second is refused with all he wanted to write.</summary>
    public static IReadOnlyList<Work> Settle(UndecidedClaim claim, string outcome, long now) =>
    [
        new RowGuard($"undecided:{claim.Key}", new Statement("SELECT 1 FROM undecided_claims WHERE claim_key = @key AND outcome IS NULL") { Values = [("key", claim.Key)] },
            new Refusal(ReasonCodes.DeferralOver, "what became of the claim was decided already")),
        new PlainWrite("UPDATE undecided_claims SET outcome = @outcome, over_at = @now WHERE claim_key = @key", ("outcome", outcome), ("now", now), ("key", claim.Key)),
    ];

    public static Work Postpone(UndecidedClaim claim, long next) => new PlainWrite(
        "UPDATE undecided_claims SET next_at = @next, rechecks = rechecks + 1 WHERE claim_key = @key AND next_at = @was AND outcome IS NULL",
        ("key", claim.Key), ("next", next), ("was", claim.NextAt));

    /// <summary>What nobody can ask about any more is forgotten.</summary>
    public static Work Forget(long before) => new PlainWrite("DELETE FROM undecided_claims WHERE over_at < @before", ("before", before));

    private static UndecidedClaim Read(DbDataReader row) => new(
        row.GetString(0), row.GetString(1), (UndecidedKind)row.GetInt64(2), row.GetString(3), JsonSerializer.Deserialize(row.GetString(4), UndecidedJson.Default.Ask)!, row.GetString(5),
        row.IsDBNull(6) ? null : row.GetString(6), row.GetInt64(7), row.GetInt64(8), row.GetInt64(9), (int)row.GetInt64(10), row.IsDBNull(11) ? null : row.GetString(11));
}

[JsonSerializable(typeof(Ask))]
[JsonSerializable(typeof(Intent))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
internal sealed partial class UndecidedJson : JsonSerializerContext;
