namespace CredentialBroker.Attestation;

/// <summary>Finds every mistake in one source's options.</summary>
internal sealed class WorkloadSourceCheck(string name, WorkloadSourceOptions options, OwnIssuers own)
{
    internal const string Section = "TrustSources:Workloads";

    private readonly IEvidenceKind? _kind = EvidenceKinds.Find(options.Kind);

    internal IEnumerable<string> Mistakes() =>
        [.. NameAndKind(), .. IsToken ? [.. Issuer(), .. Keys(), .. Tokens()] : TokensOnly(), .. Times(), .. OfKind(), .. Cluster(), .. Environments(), .. Owners()];

    // An unknown kind is judged as one of tokens, so that its other mistakes are told as well.
    private bool IsToken => _kind is null or ITokenKind;

    private IEnumerable<string> NameAndKind()
    {
        if (!DnsNames.Label(name))
        {
            yield return $"{Section}:{name}: a source's name is part of workload URIs and has only lower-case letters, digits and inner hyphens, at most 63.";
        }

        if (_kind is null)
        {
            yield return At("Kind", $"must be one of {EvidenceKinds.Names}.");
        }

        if (!ClaimForms.Name(options.Audience))
        {
            yield return At("Audience", "is required: a name for this broker, printable and without spaces and quotes.");
        }
    }

    private IEnumerable<string> Issuer()
    {
        if (_kind is ITokenKind { HasIssuer: false })
        {
            if (options.Issuer is not null)
            {
                yield return At("Issuer", $"means nothing to the kind {options.Kind}: leave it out.");
            }
        }
        else if (options.EffectiveIssuer is not { } issuer)
        {
            yield return At("Issuer", "is required: the exact iss of the source's tokens.");
        }
        else if (own.Include(issuer))
        {
            yield return At("Issuer", "is this broker itself; what it signed is no evidence to it.");
        }
        else if (!IsSafe(issuer) || issuer.Contains('?', StringComparison.Ordinal))
        {
            yield return At("Issuer", "must be an https URL without user, query and fragment.");
        }
    }

    private IEnumerable<string> Keys()
    {
        if (options is { JwksFile: not null, JwksUrl: not null })
        {
            yield return At("JwksFile", "and JwksUrl exclude each other.");
        }

        if (options.JwksFile is { } file && !Path.IsPathFullyQualified(file))
        {
            yield return At("JwksFile", "must be an absolute path.");
        }

        if (options is { JwksFile: null, EffectiveJwksUrl: null })
        {
            yield return At("JwksFile", "or JwksUrl is required: keys are never looked up through the token.");
        }

        if (options.JwksUrl is { } url && !IsSafe(url))
        {
            yield return At("JwksUrl", "must be an https URL without user and fragment, and not on this machine or a link-local address.");
        }
    }

    private IEnumerable<string> Tokens()
    {
        if (options.EffectiveAlgorithms.Count == 0 || options.EffectiveAlgorithms.Except(TokenAlgorithms.All, StringComparer.Ordinal).Any())
        {
            yield return At("Algorithms", $"must name one or more of {string.Join(", ", TokenAlgorithms.All)}.");
        }

        if (options.EffectiveTypes.Count == 0 || options.EffectiveTypes.Any(type => type.Length > 64))
        {
            yield return At("TokenTypes", "must name one or more types of at most 64 characters; an empty one allows tokens without typ.");
        }
    }

    private IEnumerable<string> TokensOnly() =>
        from key in (IEnumerable<(string Name, bool IsSet)>)
        [
            ("Issuer", options.Issuer is not null), ("JwksFile", options.JwksFile is not null), ("JwksUrl", options.JwksUrl is not null),
            ("Algorithms", options.Algorithms is not null), ("TokenTypes", options.TokenTypes is not null),
        ]
        where key.IsSet
        select At(key.Name, $"means nothing to the kind {options.Kind}: leave it out.");

    private IEnumerable<string> Times()
    {
        var longest = _kind?.LongestLife ?? TimeSpan.FromHours(24);
        if (options.EffectiveMaxLifetime <= TimeSpan.Zero || options.EffectiveMaxLifetime > longest)
        {
            yield return At("MaxLifetime", $"must be more than zero and at most {longest.TotalHours} h.");
        }

        if (options.ClockSkew < TimeSpan.Zero || options.ClockSkew > TokenRules.LargestSkew)
        {
            yield return At("ClockSkew", "must be from 0 to 60 seconds.");
        }
    }

    private IEnumerable<string> OfKind() => _kind?.Mistakes(options).Select(mistake => At(mistake.Key, mistake.Mistake)) ?? [];

    private IEnumerable<string> Cluster()
    {
        if (options.Cluster is not null && _kind is not KubernetesEvidence)
        {
            yield return At("Cluster", "is for the kind kubernetes only.");
        }
    }

    private IEnumerable<string> Environments()
    {
        if (options.Environments.Length == 0 || !options.Environments.All(DnsNames.Label))
        {
            yield return At("Environments", "must name one or more environments, each of lower-case letters, digits and inner hyphens.");
        }
    }

    private IEnumerable<string> Owners() =>
        from owner in (IEnumerable<(string Key, string? Value)>)
        [
            ("Owners:Runtime", options.Owners?.Runtime), ("Owners:Policy", options.Owners?.Policy), ("Owners:Operator", options.Owners?.Operator),
        ]
        where owner.Value is null || !ClaimForms.Plain(owner.Value)
        select At(owner.Key, "is required: the team that answers for it.");

    private bool IsSafe(string text) => ReachableAddress.AllowsUrl(text, options.AllowLoopback);

    private string At(string key, string mistake) => $"{Section}:{name}:{key}: {mistake}";
}
