using CredentialBroker.Attestation;
using CredentialBroker.Tests.TestInfra;
using Microsoft.Extensions.Logging.Abstractions;

namespace CredentialBroker.Tests.Attestation;

/// <summary>One trust source in memory, fed by a test issuer.</summary>
internal static class AttestationBench
{
    internal const string OwnIssuer = "https://broker.example/issuer/workload";

    internal static readonly OwnIssuers Own = new([OwnIssuer, "https://broker.example/issuer/federation"]);

    internal static KeySource Keys(byte[] jwks, TimeProvider clock) =>
        new("prod-eu", KeyPace.OfUrl, _ => Task.FromResult(jwks), clock, NullLogger<KeySource>.Instance);

    internal static TokenRules Rules(TestIssuer issuer, KeySource? keys = null, ITokenKind? kind = null)
    {
        kind ??= new OidcEvidence();
        return kind.Fit(new TokenRules(
            issuer.Issuer, issuer.Audience, kind.UsualAlgorithms, TimeSpan.FromHours(1), kind.UsualTypes, keys ?? Keys(issuer.JwksBytes(), issuer.Clock)));
    }

    internal static WorkloadAttestation Of(string kind, TestIssuer issuer, KeySource? keys = null, WorkloadSourceOptions? options = null)
    {
        var tokens = EvidenceKinds.FindToken(kind)!;
        var source = new WorkloadSource("prod-eu", tokens, Rules(issuer, keys, tokens), options ?? new WorkloadSourceOptions());
        return new WorkloadAttestation(new TokenSources([source], Own, new TokenReader(issuer.Clock)), new SvidSources([]), null);
    }

    internal static async Task<Workload> ProvenAsync(this WorkloadAttestation attestation, string token) =>
        await attestation.ProvenAsync(Evidence.OfBearer(token));

    internal static async Task<Workload> ProvenAsync(this WorkloadAttestation attestation, Evidence evidence)
    {
        var attested = await attestation.AttestAsync(evidence, CancellationToken.None);
        Assert.True(attested is Attested.As, attested.ToString());
        return ((Attested.As)attested).Workload;
    }

    internal static Task RefusesAsync(this WorkloadAttestation attestation, string? token, string code) =>
        attestation.RefusesAsync(Evidence.OfBearer(token), code);

    internal static async Task RefusesAsync(this WorkloadAttestation attestation, Evidence evidence, string code)
    {
        var refused = Assert.IsType<Attested.Refused>(await attestation.AttestAsync(evidence, CancellationToken.None));
        Assert.True(code == refused.Code, $"Expected {code}, was {refused.Code}: {refused.Detail}");
    }
}
