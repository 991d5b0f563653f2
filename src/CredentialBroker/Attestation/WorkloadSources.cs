using Microsoft.Extensions.Logging;

namespace CredentialBroker.Attestation;

/// <summary>All trust sources of workloads together, from configuration that was found free of mistakes.</summary>
internal static class WorkloadSources
{
    /// <summary>Every mistake in every source, and between them.</summary>
    internal static IEnumerable<string> Validate(IReadOnlyDictionary<string, WorkloadSourceOptions> all, OwnIssuers own) =>
        all.SelectMany(entry => entry.Value.Validate(entry.Key, own)).Concat(Ambiguities(all)).Concat(Doubles(all));

    internal static WorkloadAttestation Build(
        IReadOnlyDictionary<string, WorkloadSourceOptions> all, OwnIssuers own, TokenReader reader, TimeProvider clock, ILogger<KeySource> log, ILiveProof? live = null)
    {
        var mistakes = string.Join('\n', Validate(all, own));
        if (mistakes.Length > 0)
        {
            throw new InvalidOperationException(mistakes);
        }

        WorkloadSource[] tokens =
        [
            .. from entry in all
               let kind = EvidenceKinds.FindToken(entry.Value.Kind)
               where kind is not null
               select Tokens(entry.Key, kind, entry.Value, clock, log),
        ];
        var domains = tokens.Where(source => source.Options.Spiffe is not null).Select(source => new SvidSource(
            source.Name, source.Options.Spiffe!.TrustDomain, source.Options.EffectiveMaxLifetime, source.Rules.Keys, clock));
        return new WorkloadAttestation(new TokenSources(tokens, own, reader), new SvidSources(domains), Calls(all, clock), live);
    }

    private static WorkloadSource Tokens(string name, ITokenKind kind, WorkloadSourceOptions options, TimeProvider clock, ILogger<KeySource> log)
    {
        var keys = Keys(name, kind, options, clock, log);
        var rules = new TokenRules(
            options.EffectiveIssuer, options.Audience, options.EffectiveAlgorithms, options.EffectiveMaxLifetime, options.EffectiveTypes, keys)
        {
            Skew = options.ClockSkew,
        };
        return new WorkloadSource(name, kind, kind.Fit(rules), options);
    }

    private static KeySource Keys(string name, ITokenKind kind, WorkloadSourceOptions options, TimeProvider clock, ILogger<KeySource> log)
    {
        if (options.JwksFile is { } file)
        {
            return KeySource.FromFile(name, file, clock, log, kind.Keys);
        }

        var url = new Uri(options.EffectiveJwksUrl!);
        if (options.Spiffe is not { EndpointId: not null } spiffe)
        {
            return KeySource.FromUrl(name, url, KeyEndpoint.Client(options.AllowLoopback), clock, log, kind.Keys);
        }

        KeySource? keys = null;
        var endpoint = new BundleEndpoint(url, spiffe, options.AllowLoopback, () => keys?.Latest, clock);
        return keys = new KeySource(name, KeyPace.OfUrl, endpoint.ReadAsync, clock, log, kind.Keys);
    }

    private static AwsCallSource? Calls(IReadOnlyDictionary<string, WorkloadSourceOptions> all, TimeProvider clock)
    {
        foreach (var (name, options) in all)
        {
            if (EvidenceKinds.Find(options.Kind) is AwsCallEvidence kind)
            {
                var standIn = options.Aws!.LoopbackEndpoint is { } endpoint ? new Uri(endpoint) : null;
                return new AwsCallSource(name, kind, options, new StsCaller(KeyEndpoint.Client(options.AllowLoopback), options.Audience, standIn), clock);
            }
        }

        return null;
    }

    // Which of two clusters a token is from must follow from keys that only one of them has.
    private static IEnumerable<string> Ambiguities(IReadOnlyDictionary<string, WorkloadSourceOptions> all) =>
        from one in all
        from other in all
        where string.CompareOrdinal(one.Key, other.Key) > 0
        where one.Value.EffectiveIssuer is { } issuer && issuer == other.Value.EffectiveIssuer
        where one.Value.Audience == other.Value.Audience || KeysOf(one.Value) == KeysOf(other.Value)
        select $"{WorkloadSourceCheck.Section}:{one.Key}:Issuer: is also the issuer of {other.Key}; sources of one issuer each need an Audience and keys of their own.";

    // A trust domain has one bundle, and nothing in a signed call says whose it is.
    private static IEnumerable<string> Doubles(IReadOnlyDictionary<string, WorkloadSourceOptions> all) =>
        from entry in all
        let kind = EvidenceKinds.Find(entry.Value.Kind)
        let key = kind is AwsCallEvidence ? "Kind" : kind is SpiffeEvidence ? "Spiffe:TrustDomain" : null
        where key is not null
        group entry.Key by (key, entry.Value.Spiffe?.TrustDomain) into alike
        where alike.Count() > 1
        select $"{WorkloadSourceCheck.Section}:{alike.Max()}:{alike.Key.key}: is also that of {alike.Min()}; there can be only one.";

    private static string? KeysOf(WorkloadSourceOptions options) => options.JwksFile ?? options.EffectiveJwksUrl;
}
