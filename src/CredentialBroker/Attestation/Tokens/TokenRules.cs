namespace CredentialBroker.Attestation;

/// <summary>What a token of one source must look like. The source is chosen first; the token has no say in these.</summary>
/// <param name="Issuer">Its <c>iss</c>, exactly; null where the kind of token names its source in another claim.</param>
/// <param name="Audience">Its only <c>aud</c>, exactly.</param>
/// <param name="Algorithms">Signature algorithms allowed, a subset of <see cref="TokenAlgorithms.All"/>.</param>
/// <param name="MaxLifetime">Longest <c>exp - iat</c>.</param>
/// <param name="Types">Allowed <c>typ</c> headers, exactly; <see cref="NoType"/> allows a token without one.</param>
/// <param name="Keys">Where the source's public keys come from.</param>
internal sealed record TokenRules(
    string? Issuer,
    string Audience,
    IReadOnlyList<string> Algorithms,
    TimeSpan MaxLifetime,
    IReadOnlyList<string> Types,
    KeySource Keys)
{
    internal const string NoType = "";

    internal static readonly TimeSpan LargestSkew = TimeSpan.FromSeconds(60);

    /// <summary>How far the issuer's clock may be from ours, at most <see cref="LargestSkew"/>.</summary>
    internal TimeSpan Skew
    {
        get;
        init => field = value >= TimeSpan.Zero && value <= LargestSkew ? value : throw new ArgumentOutOfRangeException(nameof(value));
    } = TimeSpan.FromSeconds(30);

    /// <summary>Whether a token must say when it was issued. One that does not is judged by the life it has left.</summary>
    internal bool NeedsIssuedAt { get; init; } = true;

    /// <summary>Whether a header may name its key by a certificate's thumbprint too (RFC 7515 section 4.1.7); it is never looked at.</summary>
    internal bool AllowsThumbprint { get; init; }
}
