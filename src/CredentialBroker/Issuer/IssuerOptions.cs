using System.Net;
using CredentialBroker.Hosting;

namespace CredentialBroker.Issuer;

/// <summary>Section <c>Issuer</c>: what the broker signs.</summary>
internal sealed record IssuerOptions
{
    /// <summary>Address under which verifiers reach the broker; tokens name issuers below it. Default: where it listens.</summary>
    public Uri? PublicUrl { get; init; }

    /// <summary>
    /// Audiences of the broker's own logins beyond the well-known ones of AWS, Azure, Google Cloud and Vault; <c>/*</c> at the
    /// end covers everything below. No target may allow them, and the workload issuer never signs for them.
    /// </summary>
    public IReadOnlyList<string> FederationAudiences { get; init; } = [];

    public IEnumerable<string> Validate(HostingOptions hosting)
    {
        if (PublicUrl is { IsAbsoluteUri: false } || PublicUrl is { Query.Length: > 0 } || PublicUrl is { Fragment.Length: > 0 }) yield return "Issuer:PublicUrl: an absolute address without query or fragment";
        else if (PublicUrl is { Scheme: not "https", IsLoopback: false }) yield return "Issuer:PublicUrl: must be https; verifiers fetch keys there";
        if (PublicUrl is null && (IPAddress.Any.Equals(hosting.Ip) || IPAddress.IPv6Any.Equals(hosting.Ip)))
            yield return $"Issuer:PublicUrl: required, since verifiers cannot reach the broker at {hosting.Listen}";
        for (var i = 0; i < FederationAudiences.Count; i++)
        {
            if (!ReservedAudiences.IsWellFormed(FederationAudiences[i])) yield return $"Issuer:FederationAudiences:{i}: must be 1 to 256 characters without blanks";
        }
    }
}
