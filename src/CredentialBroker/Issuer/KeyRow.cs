using System.Data.Common;
using CredentialBroker.Storage;

namespace CredentialBroker.Issuer;

/// <summary>
/// One key in the store. What it is at a time follows from its times alone, so that replicas agree without a move: it is
/// published from <c>MadeAt</c>, signs from <c>SignsFrom</c> until its successor does, and is retired at <c>RetiresAt</c>.
/// </summary>
/// <param name="Wrapped">The private key under the key-encryption key, base64; empty once it is erased.</param>
/// <param name="PublicKey">What remains after the private key was erased.</param>
internal sealed record KeyRow(string Kid, string Purpose, string Wrapped, string? PublicKey, long MadeAt, long SignsFrom, long? RetiresAt)
{
    public const string FingerprintPurpose = "fingerprint";

    /// <summary>Oldest first.</summary>
    public static readonly Statement All = new("SELECT kid, purpose, wrapped, public_key, made_at, signs_from, retires_at FROM signing_keys ORDER BY made_at, kid");

    public bool IsErased => Wrapped.Length == 0;

    /// <summary>Which of these keys, of one purpose and oldest first, signs.</summary>
    public static KeyRow? SignerOf(IEnumerable<KeyRow> keys, long now) => keys.LastOrDefault(key => key.SignsFrom <= now && !key.IsErased && !key.IsRetired(now));

    public bool IsRetired(long now) => RetiresAt is { } at && at <= now;

    public static KeyRow Read(DbDataReader row) => new(
        row.GetString(0), row.GetString(1), row.GetString(2), row.IsDBNull(3) ? null : row.GetString(3),
        row.GetInt64(4), row.GetInt64(5), row.IsDBNull(6) ? null : row.GetInt64(6));
}
