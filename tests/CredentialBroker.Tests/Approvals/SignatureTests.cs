using System.Text;
using System.Text.Json.Nodes;
using CredentialBroker.Protocol;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Approvals;

/// <summary>Bodies that do not prove their source: each refused with its own code, none recorded, nothing changed.</summary>
public sealed class SignatureTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private readonly HeldClock _clock = new();

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task What_does_not_verify_changes_nothing(string provider)
    {
        await using var gate = await Gate.OpenAsync(provider, postgres, _clock);
        using var stranger = new Signer(_clock);
        var approval = Documents.Approved("run-1");
        var signed = Encoding.ASCII.GetString(gate.Signer.Sign(approval));
        var payload = gate.Signer.Payload(approval.DeepClone());

        await Refused(stranger.Sign(approval.DeepClone()), ReasonCodes.EvidenceSignature, 401);
        await Refused(Sign("""{"alg":"none","typ":"admission-approval+jwt"}""", payload), ReasonCodes.EvidenceAlgorithm, 401);
        await Refused(Bytes(signed[..(signed.LastIndexOf('.') + 1)]), null, null);
        await Refused(Sign("""{"alg":"HS256","kid":"k1","typ":"admission-approval+jwt"}""", payload), ReasonCodes.EvidenceAlgorithm, 401);
        await Refused(Sign("""{"alg":"ES256","kid":"k1","typ":"JWT"}""", payload), ReasonCodes.EvidenceHeader, 401);
        await Refused(Sign("""{"alg":"ES256","kid":"k2","typ":"admission-approval+jwt"}""", payload), ReasonCodes.EvidenceUnknownKey, 401);
        await Refused(Bytes(signed + "."), ReasonCodes.EvidenceMalformed, 400);
        await Refused(Bytes("not a token"), ReasonCodes.EvidenceMalformed, 400);
        await Refused([], ReasonCodes.EvidenceMalformed, 400);
        await Refused(gate.Signer.Sign(approval.DeepClone(), ("iss", "https://other.example")), ReasonCodes.EvidenceUntrustedIssuer, 401);
        await Refused(gate.Signer.Sign(approval.DeepClone(), ("aud", "https://other.example")), ReasonCodes.EvidenceAudience, 401);
        await Refused(gate.Signer.Sign(approval.DeepClone(), ("exp", Seconds(901))), ReasonCodes.EvidenceLifetime, 401);
        await Refused(gate.Signer.Sign(approval.DeepClone(), ("iat", Seconds(-800)), ("exp", Seconds(-100))), ReasonCodes.EvidenceLifetime, 401);
        await Refused(gate.Signer.Sign(approval.DeepClone(), ("iat", null)), ReasonCodes.EvidenceLifetime, 401);
        await Refused(gate.Signer.Sign(approval.DeepClone(), ("exp", null)), ReasonCodes.EvidenceLifetime, 401);

        Task Refused(byte[] body, string? code, int? status) =>
            gate.RefusedAsync(body, code ?? ReasonCodes.EvidenceSignature, status ?? 401, records: 0);

        byte[] Sign(string header, JsonObject of) => gate.Signer.SignText(header, of.ToJsonString());
    }

    [Theory]
    [InlineData("{0},\"jti\":\"again\"}}")]
    [InlineData("{0},\"approval\":{{\"effect\":\"withdrawn\",\"ref\":\"a\",\"ref\":\"b\"}}}}")]
    [InlineData("{0}}} {{}}")]
    [InlineData("{0},\"a\":\"\\ud800\"}}")]
    [InlineData("{0},\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}}")]
    public async Task Signed_text_that_parsers_could_read_in_two_ways_is_refused(string shape)
    {
        await using var gate = await Gate.OpenAsync("sqlite", postgres, _clock);
        var payload = gate.Signer.Payload(Documents.Approved("run-1"));
        if (shape.Contains("withdrawn", StringComparison.Ordinal)) payload.Remove("approval");
        var text = string.Format(null, shape, payload.ToJsonString()[..^1]);
        await gate.RefusedAsync(gate.Signer.SignText(Signer.Header().ToJsonString(), text), ReasonCodes.EvidenceMalformed, 400, records: 0);
    }

    [Fact]
    public async Task An_event_id_is_kept_while_its_signature_could_be_accepted()
    {
        await using var gate = await Gate.OpenAsync("sqlite", postgres, _clock);
        var body = gate.Signer.Sign(Documents.Approved("run-1"));
        Assert.IsType<ApprovalAnswer.Accepted>(await gate.SendAsync(body));
        var expiry = new ApprovalExpiry(gate.House.Approvals, gate.House.Journal, gate.House.Chain, _clock);
        for (var minute = 0; minute < 8; minute++)
        {
            await expiry.ExpireAsync(_clock.GetUtcNow().ToUnixTimeMilliseconds(), default);
            Assert.IsType<ApprovalAnswer.Refused>(await gate.SendAsync(body));
            _clock.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(1, await gate.House.CountAsync("approvals"));
        Assert.Equal(0, await gate.House.CountAsync("approval_events"));
    }

    private long Seconds(int fromNow) => _clock.GetUtcNow().ToUnixTimeSeconds() + fromNow;

    private static byte[] Bytes(string text) => Encoding.ASCII.GetBytes(text);
}
