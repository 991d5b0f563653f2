using System.Text;
using CredentialBroker.Attestation;
using CredentialBroker.Protocol;
using CredentialBroker.Tests.TestInfra;

namespace CredentialBroker.Tests.Attestation;

/// <summary>The reader by itself, as it serves documents that are no workload's token.</summary>
public sealed class TokenReaderTests
{
    private const string Approval = "admission-approval+jwt";

    private readonly TestIssuer _issuer = new(new FakeClock());

    [Fact]
    public async Task A_required_type_is_required_and_the_payload_comes_back_byte_for_byte()
    {
        var rules = AttestationBench.Rules(_issuer) with { Types = [Approval] };
        var payload = "  " + _issuer.Claims("approver").ToJsonString() + "\n";
        var reader = new TokenReader(_issuer.Clock);

        var valid = Assert.IsType<TokenReading.Valid>(await reader.ReadAsync(
            _issuer.Sign($$"""{"alg":"ES256","kid":"one","typ":"{{Approval}}"}""", payload), rules, CancellationToken.None));
        Assert.Equal(payload, Encoding.UTF8.GetString(valid.Payload.Span));
        Assert.Equal(new JoseHeader("ES256", "one", Approval), valid.Header);

        foreach (var type in (string[])["", ",\"typ\":\"JWT\"", ",\"typ\":\"Admission-Approval+JWT\"", ",\"typ\":\"application/admission-approval+jwt\""])
        {
            var refused = Assert.IsType<TokenReading.Refused>(await reader.ReadAsync(
                _issuer.Sign($$"""{"alg":"ES256","kid":"one"{{type}}}""", payload), rules, CancellationToken.None));
            Assert.Equal(ReasonCodes.EvidenceHeader, refused.Code);
        }
    }

    [Fact]
    public async Task The_rules_issuer_is_the_only_one()
    {
        var rules = AttestationBench.Rules(_issuer) with { Issuer = "https://other.example" };
        var refused = Assert.IsType<TokenReading.Refused>(await new TokenReader(_issuer.Clock).ReadAsync(
            _issuer.Sign(_issuer.Claims("build")), rules, CancellationToken.None));
        Assert.Equal(ReasonCodes.EvidenceUntrustedIssuer, refused.Code);
    }

    [Fact]
    public void A_skew_over_a_minute_cannot_be_asked_for() => Assert.Throws<ArgumentOutOfRangeException>(
        () => AttestationBench.Rules(_issuer) with { Skew = TimeSpan.FromSeconds(61) });

    [Fact]
    public async Task Many_at_once_are_read_alike()
    {
        var rules = AttestationBench.Rules(_issuer);
        var reader = new TokenReader(_issuer.Clock);
        var good = _issuer.Sign(_issuer.Claims("build"));
        var bad = good[..^6] + "AAAAAA"[..4] + good[^2..];
        var readings = await Task.WhenAll(Enumerable.Range(0, 400).Select(i => Task.Run(
            async () => await reader.ReadAsync(i % 2 == 0 ? good : bad, rules, CancellationToken.None))));
        Assert.Equal(200, readings.Count(reading => reading is TokenReading.Valid));
        Assert.Equal(200, readings.Count(reading => reading is TokenReading.Refused { Code: ReasonCodes.EvidenceSignature }));
    }
}
