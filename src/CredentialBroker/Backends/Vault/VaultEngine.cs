using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Vault;

/// <summary>
/// What the broker knows of one kind of secrets engine: how it is asked, whether its answer is a lease that Vault ends,
/// and what that end is worth. The kinds and their answers are those of Vault's API documentation.
/// </summary>
/// <param name="Word">What templates call it.</param>
/// <param name="Revocability">What revoking at Vault means for those who honour the credential.</param>
/// <param name="Leased">An answer without a lease is refused: nobody could end it.</param>
/// <param name="TakesTtl">The request has a member <c>ttl</c>, which the broker sets.</param>
/// <param name="ShortestTtl">Seconds below which the engine does not make one.</param>
/// <param name="Expiry">Member of the answer's data that tells when it stops: seconds from now, or since 1970.</param>
internal sealed record VaultEngine(string Word, Revocability Revocability, bool Leased, bool TakesTtl = false, long ShortestTtl = 1, string? Expiry = null)
{
    public const string Static = "kv";

    private static readonly IReadOnlyDictionary<string, VaultEngine> ByWord = new[]
    {
        new VaultEngine("database", Revocability.Immediate, Leased: true),
        new VaultEngine("rabbitmq", Revocability.Immediate, Leased: true),
        // The user, key or principal is deleted; sessions and tokens that it made before live on for their own short life.
        new VaultEngine("aws", Revocability.Principal, Leased: true),
        new VaultEngine("azure", Revocability.Principal, Leased: true),
        new VaultEngine("gcp", Revocability.Principal, Leased: true),
        // Where Vault keeps a lease of these, revoking it does nothing at the cloud.
        new VaultEngine("aws-sts", Revocability.ExpiryOnly, Leased: false, TakesTtl: true, ShortestTtl: 900, Expiry: "ttl"),
        new VaultEngine("gcp-token", Revocability.ExpiryOnly, Leased: false, Expiry: "expires_at_seconds"),
        new VaultEngine("kubernetes", Revocability.ExpiryOnly, Leased: true, TakesTtl: true, ShortestTtl: 600),
        new VaultEngine("pki", Revocability.ExpiryOnly, Leased: false, TakesTtl: true, Expiry: "expiration"),
        new VaultEngine("ssh", Revocability.ExpiryOnly, Leased: false, TakesTtl: true),
        new VaultEngine(Static, Revocability.ExpiryOnly, Leased: false),
    }.ToDictionary(engine => engine.Word);

    public static IEnumerable<string> Words => ByWord.Keys;

    public static VaultEngine? Find(string word) => ByWord.GetValueOrDefault(word);
}
