namespace CredentialBroker.Issuer;

/// <summary>
/// What a key is for. Every purpose has keys of its own: what was signed for one is nothing for another, and a key that
/// leaks takes nothing else with it.
/// </summary>
/// <param name="Word">The purpose's word in the store, in records and in the issuer's path.</param>
/// <param name="LongestLife">How long anything lives that a key of this purpose signed, at most; the key is published that long after it stopped signing.</param>
internal sealed record KeyPurpose(string Word, TimeSpan LongestLife)
{
    /// <summary>How long verifiers may keep a fetched key set.</summary>
    public static readonly TimeSpan JwksMaxAge = TimeSpan.FromSeconds(300);

    /// <summary>Verifiers' clocks may be wrong by this much.</summary>
    public static readonly TimeSpan Skew = TimeSpan.FromMinutes(5);

    /// <summary>What people must carry to where it is pinned takes longer than a fetch.</summary>
    private static readonly TimeSpan PersonsLead = TimeSpan.FromHours(24);

    /// <summary>Tokens for workloads. The life is the bound of <c>Limits:TtlCeiling</c>.</summary>
    public static readonly KeyPurpose Workload = new("workload", TimeSpan.FromHours(1)) { Rotates = true, IssuesTokens = true };

    /// <summary>The broker's own logins to clouds and secret stores: with RS256, the one algorithm that all of them document.</summary>
    public static readonly KeyPurpose Federation = new("federation", TimeSpan.FromHours(1)) { Rotates = true, IssuesTokens = true, Algorithm = RsaVerifyingKey.Alg };

    /// <summary>Status lists of tokens.</summary>
    public static readonly KeyPurpose StatusList = new("status-list", TimeSpan.FromHours(24)) { Rotates = true };

    /// <summary>Events for receivers of signals, who verify them when they come.</summary>
    public static readonly KeyPurpose Signals = new("signals", TimeSpan.FromHours(24)) { Rotates = true };

    /// <summary>Checkpoints of the evidence. Auditors keep the public key, and need it as long as they keep the evidence.</summary>
    public static readonly KeyPurpose Checkpoint = new("checkpoint", TimeSpan.Zero) { Lead = PersonsLead, StaysPublished = true };

    /// <summary>Certificates and their revocation lists. The life is the bound of <c>Limits:MaxTtlCeiling</c>; the key signs revocation lists until then.</summary>
    public static readonly KeyPurpose CertificateAuthority = new("ca", TimeSpan.FromHours(24)) { Lead = PersonsLead };

    public static IReadOnlyList<KeyPurpose> All { get; } = [Workload, Federation, StatusList, Signals, Checkpoint, CertificateAuthority];

    /// <summary>
    /// How long a new key is published before it signs: as long as a key set may be kept, and a minute for replicas that
    /// see the new key late.
    /// </summary>
    public TimeSpan Lead { get; init; } = JwksMaxAge + TimeSpan.FromMinutes(1);

    /// <summary>What its keys sign with, as the JWS header's <c>alg</c>.</summary>
    public string Algorithm { get; init; } = P256VerifyingKey.Alg;

    /// <summary>True when a new key is made by itself; false where somebody pins the key, who must be told first.</summary>
    public bool Rotates { get; init; }

    /// <summary>True when it publishes an OpenID discovery document.</summary>
    public bool IssuesTokens { get; init; }

    /// <summary>True when the public key is published for ever.</summary>
    public bool StaysPublished { get; init; }

    public static KeyPurpose? Find(string? word) => All.FirstOrDefault(purpose => purpose.Word == word);
}
