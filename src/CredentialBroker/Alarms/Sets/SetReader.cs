using System.Text;
using CredentialBroker.Approvals;
using CredentialBroker.Approvals.Intake;
using CredentialBroker.Attestation;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;

namespace CredentialBroker.Alarms.Sets;

/// <summary>
/// A body that is one security event token (RFC 8417), pushed as RFC 8935 says. Such a token has no <c>exp</c>: how old it may be is
/// bounded here, and its <c>jti</c> is kept for longer than that.
/// </summary>
/// <param name="keys">Key source of each source, by name.</param>
internal sealed class SetReader(TokenReader reader, IReadOnlyDictionary<string, KeySource> keys, TimeProvider clock) : IAlarmFormat
{
    public const string MediaType = "application/secevent+jwt";

    private const string Type = "secevent+jwt";

    /// <summary>A stream that was down this long is filled up again; what is older is told no more.</summary>
    public static readonly TimeSpan Oldest = TimeSpan.FromHours(12);

    public async Task<Heard> HearAsync(AlarmSource source, Delivery delivery, CancellationToken cancel)
    {
        if (delivery.MediaType != MediaType) return Refuse("invalid_request", ReasonCodes.RequestMalformed, $"send Content-Type: {MediaType}");
        // A byte that is no character of a compact JWS becomes '?', which the reader refuses.
        if (UnverifiedToken.Read(Encoding.ASCII.GetString(delivery.Body.Span), out var malformed) is not { } token) return Refuse("invalid_request", malformed!.Code, malformed.Detail);
        if (token.Header.Type != Type) return Refuse("invalid_request", ReasonCodes.EvidenceHeader, $"the token's typ is not {Type}");
        if (!(source.Options.Algorithms ?? Limits.Algorithms).Contains(token.Header.Algorithm, StringComparer.Ordinal)) return Refuse("invalid_key", ReasonCodes.EvidenceAlgorithm, "the token's signature algorithm is not allowed for this source");
        if (await keys[source.Name].ForAsync(token.Header.KeyId, cancel) is not { } known) return new Heard.Refused(ReasonCodes.EvidenceKeysUnavailable, "the source's keys cannot be had at present; send it again", Authentic: false);
        if (known.Choose(token.Header, out var unfit) is not { } key) return Refuse("invalid_key", unfit!.Code, unfit.Detail);
        if (!await reader.SignedByAsync(token, key)) return Refuse("authentication_failed", ReasonCodes.EvidenceSignature, "the token's signature does not verify");
        if (token.Issuer != source.Options.Issuer) return Refuse("invalid_issuer", ReasonCodes.EvidenceUntrustedIssuer, "the token's issuer is another than this source's");
        if (token.SoleAudience != source.Options.Audience) return Refuse("invalid_audience", ReasonCodes.EvidenceAudience, "the token is not for this broker alone");
        return SetContent.Read(token.Claims, clock.NowMs());
    }

    public static Heard.Refused Refuse(string err, string code, string detail, bool authentic = false) => new(code, detail, authentic, err);
}
