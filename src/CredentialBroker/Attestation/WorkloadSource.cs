using CredentialBroker.Protocol;

namespace CredentialBroker.Attestation;

/// <summary>One trust source whose evidence is a token. A check against the live world comes after the proof.</summary>
internal sealed class WorkloadSource(string name, ITokenKind kind, TokenRules rules, WorkloadSourceOptions options)
{
    internal string Name => name;

    internal TokenRules Rules => rules;

    /// <summary>Environments this source may vouch for, and who owns it.</summary>
    internal WorkloadSourceOptions Options => options;

    internal async Task<Attested> AttestAsync(UnverifiedToken token, TokenReader reader, OwnIssuers own, CancellationToken cancel) =>
        await reader.VerifyAsync(token, rules, cancel).ConfigureAwait(false) switch
        {
            TokenReading.Valid valid => Prove(valid, own),
            TokenReading.Refused refused => new Attested.Refused(refused.Code, refused.Detail),
            var other => throw new InvalidOperationException($"No answer to {other.GetType().Name}."),
        };

    private Attested Prove(TokenReading.Valid token, OwnIssuers own)
    {
        var sheet = new ClaimSheet(token.Claims);
        var proof = kind.Read(name, options, sheet);
        var actors = ActChain.Read(token.Claims, own, sheet);
        var evidence = EvidenceId(token, sheet);
        if (sheet.Fault is { } fault)
        {
            return new Attested.Refused(ReasonCodes.EvidenceClaims, fault);
        }

        return new Attested.As(new Workload(
            name, kind.Name, proof.Uri, proof.Subject, proof.Instance, kind.Strength, sheet.Facts, actors, evidence, token.ExpiresAt)
        {
            Issuer = token.Claims.Text("iss"), KeyId = token.Header.KeyId,
        });
    }

    // The source's name comes first because issuers number their tokens independently of each other.
    private string EvidenceId(TokenReading.Valid token, ClaimSheet sheet)
    {
        if (sheet.Find("jti") is null)
        {
            return $"{name}:sha256.{token.Digest}";
        }

        if (token.Claims.Text("jti") is not { } id || !ClaimForms.Name(id))
        {
            sheet.Refuse("The claim jti does not have the form it must have.");
            return "";
        }

        return $"{name}:{id}";
    }
}
