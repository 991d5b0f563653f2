using Microsoft.Extensions.Logging;

namespace CredentialBroker.Attestation;

/// <summary>All trust sources of workloads together, from configuration that was found free of mistakes.</summary>
internal static class WorkloadSources
{
    /// <summary>Every mistake in every source, and between them.</summary>
    internal static IEnumerable<string> Validate(IReadOnlyDictionary<string, WorkloadSourceOptions> all, OwnIssuers own) =>
        all.SelectMany(entry => entry.Value.Validate(entry.Key, own)).Concat(Ambiguities(all));

    internal static WorkloadAttestation Build(
        IReadOnlyDictionary<string, WorkloadSourceOptions> all, OwnIssuers own, TokenReader reader, TimeProvider clock, ILogger<KeySource> log)
    {
        var mistakes = string.Join('\n', Validate(all, own));
        if (mistakes.Length > 0)
        {
            throw new InvalidOperationException(mistakes);
        }

        var sources = all.ToDictionary(entry => entry.Key, entry => Source(entry.Key, entry.Value, clock, log), StringComparer.Ordinal);
        return new WorkloadAttestation(sources, own, reader);
    }

    private static WorkloadSource Source(string name, WorkloadSourceOptions options, TimeProvider clock, ILogger<KeySource> log)
    {
        var keys = options.JwksFile is { } file
            ? KeySource.FromFile(name, file, clock, log)
            : KeySource.FromUrl(name, new Uri(options.EffectiveJwksUrl!), KeyEndpoint.Client(options.AllowLoopback), clock, log);
        var rules = new TokenRules(
            options.EffectiveIssuer!, options.Audience, options.EffectiveAlgorithms, options.MaxLifetime, options.EffectiveTypes, keys)
        {
            Skew = options.ClockSkew,
        };
        return new WorkloadSource(name, EvidenceKinds.Find(options.Kind)!, rules, options);
    }

    // Which of two clusters a token is from must follow from keys that only one of them has.
    private static IEnumerable<string> Ambiguities(IReadOnlyDictionary<string, WorkloadSourceOptions> all) =>
        from one in all
        from other in all
        where string.CompareOrdinal(one.Key, other.Key) > 0
        where one.Value.EffectiveIssuer is { } issuer && issuer == other.Value.EffectiveIssuer
        where one.Value.Audience == other.Value.Audience || KeysOf(one.Value) == KeysOf(other.Value)
        select $"{WorkloadSourceCheck.Section}:{one.Key}:Issuer: is also the issuer of {other.Key}; sources of one issuer each need an Audience and keys of their own.";

    private static string? KeysOf(WorkloadSourceOptions options) => options.JwksFile ?? options.EffectiveJwksUrl;
}
