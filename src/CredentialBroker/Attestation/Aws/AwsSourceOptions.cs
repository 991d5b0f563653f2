namespace CredentialBroker.Attestation;

/// <summary>What only sources of the kinds <c>aws</c> and <c>aws-call</c> have.</summary>
internal sealed record AwsSourceOptions
{
    private const string AccountsKey = "Aws:Accounts";
    private const string RegionsKey = "Aws:Regions";
    private const string EndpointKey = "Aws:LoopbackEndpoint";

    /// <summary>Account ids of twelve digits whose roles this source may vouch for.</summary>
    public string[] Accounts { get; init; } = [];

    /// <summary>For <c>aws-call</c>: regions, such as <c>eu-central-1</c>, whose STS is asked. No other host ever is.</summary>
    public string[] Regions { get; init; } = [];

    /// <summary>For <c>aws-call</c>: take each session of a role for an instance of its own. Only where no trust policy lets a caller choose its session's name.</summary>
    public bool SessionIsInstance { get; init; }

    /// <summary>For <c>aws-call</c>, with <c>AllowLoopback</c>: asked instead of STS. A stand-in on this machine, for development.</summary>
    public string? LoopbackEndpoint { get; init; }

    internal IEnumerable<(string Key, string Mistake)> Mistakes()
    {
        if (Accounts.Length == 0 || !Accounts.All(AwsPrincipal.IsAccount))
        {
            yield return (AccountsKey, "must name one or more account ids of twelve digits.");
        }
    }

    /// <summary>Mistakes in what only signed calls need.</summary>
    internal IEnumerable<(string Key, string Mistake)> CallMistakes(bool allowLoopback)
    {
        if (Regions.Length == 0 || !Regions.All(StsHosts.IsRegion))
        {
            yield return (RegionsKey, "must name one or more regions, such as eu-central-1.");
        }

        // Whoever answers instead of STS can be anybody, so this can name nobody who is not already on this machine.
        if (LoopbackEndpoint is { } endpoint
            && (!allowLoopback || !Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) || !uri.IsLoopback || uri is not { UserInfo: "", PathAndQuery: "/", Fragment: "" }))
        {
            yield return (EndpointKey, "must be a URL on this machine without path, and needs AllowLoopback.");
        }
    }
}
