namespace CredentialBroker.Attestation;

/// <summary>What only a source of kind <c>spiffe</c> has. Its bundle is behind <c>JwksFile</c> or <c>JwksUrl</c>.</summary>
internal sealed record SpiffeSourceOptions
{
    /// <summary>The trust domain, such as <c>prod.example</c>; the source speaks for no other.</summary>
    public string TrustDomain { get; init; } = "";

    /// <summary>The bundle endpoint's own SPIFFE ID, of the same trust domain (profile <c>https_spiffe</c>); without it the endpoint shows a certificate this machine trusts (<c>https_web</c>).</summary>
    public string? EndpointId { get; init; }

    /// <summary>File with a bundle that the endpoint's first answer is judged by; required with <c>EndpointId</c>.</summary>
    public string? FirstBundleFile { get; init; }

    internal IEnumerable<(string Key, string Mistake)> Mistakes(WorkloadSourceOptions options)
    {
        if (!SpiffeId.IsTrustDomain(TrustDomain))
        {
            yield return ("Spiffe:TrustDomain", "is required: lower-case letters, digits, dots, hyphens and underscores, at most 255, without spiffe://.");
        }

        if ((EndpointId is null) != (FirstBundleFile is null) || (EndpointId is not null && options.JwksUrl is null))
        {
            yield return ("Spiffe:EndpointId", "FirstBundleFile and JwksUrl go together: the endpoint, who it is, and what its first answer is judged by.");
        }
        else if (EndpointId is { } endpoint && SpiffeId.Parse(endpoint)?.TrustDomain != TrustDomain)
        {
            yield return ("Spiffe:EndpointId", "must be a SPIFFE ID of the trust domain itself.");
        }

        if (FirstBundleFile is { } file && !Path.IsPathFullyQualified(file))
        {
            yield return ("Spiffe:FirstBundleFile", "must be an absolute path.");
        }
    }
}
