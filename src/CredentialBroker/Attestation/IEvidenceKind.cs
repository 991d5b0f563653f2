namespace CredentialBroker.Attestation;

/// <summary>One kind of evidence.</summary>
internal interface IEvidenceKind
{
    string Name { get; }

    /// <summary>What it proves, from 0 (refused) to 5 (a key that the workload's own node guards).</summary>
    int Strength { get; }

    /// <summary>Longest life a source of this kind may allow its evidence.</summary>
    TimeSpan LongestLife { get; }

    /// <summary>Mistakes in options that only this kind has, by configuration key.</summary>
    IEnumerable<(string Key, string Mistake)> Mistakes(WorkloadSourceOptions options) => [];
}

/// <summary>A kind whose evidence is a signed token: what its verified claims say about the workload.</summary>
internal interface ITokenKind : IEvidenceKind
{
    /// <summary>False where tokens name no issuer that counts, and the source is chosen in another way.</summary>
    bool HasIssuer => true;

    /// <summary>The issuer where configuration names none, if the kind has only one.</summary>
    string? UsualIssuer => null;

    /// <summary>Signature algorithms where configuration names none.</summary>
    IReadOnlyList<string> UsualAlgorithms => ["RS256", "ES256", "PS256"];

    /// <summary><c>typ</c> headers where configuration names none.</summary>
    IReadOnlyList<string> UsualTypes => [TokenRules.NoType, "JWT"];

    /// <summary>Where an issuer of this kind publishes its keys, on its own origin; null where the operator has to say.</summary>
    string? UsualKeys(string issuer) => null;

    /// <summary>The usual rules, changed where this kind's standard differs.</summary>
    TokenRules Fit(TokenRules usual) => usual;

    /// <summary>How this kind's published keys are written.</summary>
    ReadKeys Keys => KeySet.Parse;

    /// <summary>Who the claims prove. Whatever is amiss is left as the sheet's fault.</summary>
    Proof Read(string source, WorkloadSourceOptions options, ClaimSheet sheet);
}

/// <param name="Subject">The evidence's own subject.</param>
/// <param name="Uri">Workload URI.</param>
/// <param name="Instance">The one running thing.</param>
internal sealed record Proof(string Subject, string Uri, string Instance);
