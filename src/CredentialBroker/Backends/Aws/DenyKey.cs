namespace CredentialBroker.Backends.Aws;

/// <summary>
/// What a deny recognises a lease's sessions by. The source identity cannot be changed by whoever holds the session, and
/// goes with it into further roles; the others are for roles whose trust policy cannot allow setting it.
/// </summary>
/// <param name="Word">In a target's configuration.</param>
/// <param name="Test">The condition's operator.</param>
/// <param name="Key">The condition's key.</param>
/// <param name="ValueOf">A lease's value, from the broker's id and the lease's.</param>
internal sealed record DenyKey(string Word, string Test, string Key, Func<string, string, string> ValueOf)
{
    public const string None = "none";
    public const string Tag = "lease-id";

    private static readonly DenyKey[] All =
    [
        new("source-identity", "StringEquals", "aws:SourceIdentity", SessionNames.IdentityOf),
        // The first half is the role's own id, which every session of the role has.
        new("user-id", "StringLike", "aws:userid", (broker, lease) => $"*:{SessionNames.SessionOf(broker, lease)}"),
        new("principal-tag", "StringEquals", $"aws:PrincipalTag/{Tag}", (_, lease) => lease),
    ];

    public static IEnumerable<string> Words => All.Select(key => key.Word);

    public static DenyKey? Find(string word) => Array.Find(All, key => key.Word == word);
}
