using System.Text;
using CredentialBroker.Approvals.Intake;
using CredentialBroker.Attestation;

namespace CredentialBroker.Approvals.Jws;

/// <summary>A body that is one compact JWS (RFC 7515), verified with the keys of the one source that the URL named.</summary>
/// <param name="keys">Key source of each approval source, by name.</param>
internal sealed class JwsFormat(TokenReader reader, IReadOnlyDictionary<string, KeySource> keys) : ISourceFormat
{
    private const string Type = "admission-approval+jwt";

    public int BodyBytes => Limits.BodyBytes;

    public Verified.Refused? Unfit(Delivery delivery) => delivery.MediaType is "application/jose" or "application/jwt" ? null : Formats.Wrong("application/jose");

    public Task<Verified> VerifyAsync(ApprovalSource source, Delivery delivery, CancellationToken cancel) =>
        // A byte that is no character of a compact JWS becomes '?', which the reader refuses.
        VerifyAsync(source, Encoding.ASCII.GetString(delivery.Body.Span), cancel);

    /// <summary>Verifies a JWS wherever it came in.</summary>
    public async Task<Verified> VerifyAsync(ApprovalSource source, string compact, CancellationToken cancel)
    {
        return await ReadAsync(source, Type, compact, cancel) switch
        {
            TokenReading.Valid valid => Envelope.Read(valid.Claims, valid.ExpiresAt + (long)TokenRules.LargestSkew.TotalMilliseconds),
            TokenReading.Refused refused => new Verified.Refused(refused.Code, refused.Detail, Authentic: false),
            var other => throw new InvalidOperationException($"a reading has two outcomes, not {other.GetType().Name}"),
        };
    }

    /// <summary>Verifies a JWS of any type that the source's key signs.</summary>
    public ValueTask<TokenReading> ReadAsync(ApprovalSource source, string type, string compact, CancellationToken cancel) => reader.ReadAsync(compact, new TokenRules(
        source.Options.Issuer, source.Options.Audience, source.Options.Algorithms ?? Limits.Algorithms, Limits.Acceptance, [type], keys[source.Name]), cancel);
}
