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

    internal static TokenRules Rules(TestIssuer issuer, KeySource? keys = null) => new(
        issuer.Issuer, issuer.Audience, ["RS256", "ES256", "PS256"], TimeSpan.FromHours(1), [TokenRules.NoType, "JWT"],
        keys ?? Keys(issuer.JwksBytes(), issuer.Clock));

    internal static WorkloadAttestation Of(string kind, TestIssuer issuer, KeySource? keys = null)
    {
        var source = new WorkloadSource("prod-eu", EvidenceKinds.Find(kind)!, Rules(issuer, keys), new WorkloadSourceOptions());
        return new WorkloadAttestation(new Dictionary<string, WorkloadSource> { ["prod-eu"] = source }, Own, new TokenReader(issuer.Clock));
    }

    internal static async Task<Workload> ProvenAsync(this WorkloadAttestation attestation, string token) =>
        Assert.IsType<Attested.As>(await attestation.AttestAsync(token, CancellationToken.None)).Workload;

    internal static async Task RefusesAsync(this WorkloadAttestation attestation, string? token, string code)
    {
        var refused = Assert.IsType<Attested.Refused>(await attestation.AttestAsync(token, CancellationToken.None));
        Assert.True(code == refused.Code, $"Expected {code}, was {refused.Code}: {refused.Detail}");
    }
}
