namespace CredentialBroker.Attestation;

/// <summary>One kind of evidence: what its verified claims say about the workload.</summary>
internal interface IEvidenceKind
{
    string Name { get; }

    /// <summary>The issuer where configuration names none, if the kind has only one.</summary>
    string? UsualIssuer { get; }

    /// <summary>Longest life a source of this kind may allow its tokens.</summary>
    TimeSpan LongestLife { get; }

    /// <summary>Where an issuer of this kind publishes its keys, on its own origin; null where the operator has to say.</summary>
    string? UsualKeys(string issuer);

    /// <summary>Who the claims prove. Whatever is amiss is left as the sheet's fault.</summary>
    Proof Read(string source, ClaimSheet sheet);
}

/// <param name="Subject">The evidence's own subject.</param>
/// <param name="Uri">Workload URI.</param>
/// <param name="Instance">The one running thing.</param>
internal sealed record Proof(string Subject, string Uri, string Instance);
