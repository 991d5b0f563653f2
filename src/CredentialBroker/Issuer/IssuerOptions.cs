namespace CredentialBroker.Issuer;

/// <summary>Section <c>Issuer</c>: what the broker signs.</summary>
internal sealed record IssuerOptions
{
    /// <summary>Address under which verifiers reach the broker; tokens name issuers below it. Default: where it listens.</summary>
    public Uri? PublicUrl { get; init; }

    public IEnumerable<string> Validate()
    {
        if (PublicUrl is { IsAbsoluteUri: false } || PublicUrl is { Query.Length: > 0 } || PublicUrl is { Fragment.Length: > 0 }) yield return "Issuer:PublicUrl: an absolute address without query or fragment";
        else if (PublicUrl is { Scheme: not "https", IsLoopback: false }) yield return "Issuer:PublicUrl: must be https; verifiers fetch keys there";
    }
}
