using System.Text;
using CredentialBroker.Attestation;

namespace CredentialBroker.Approvals.Jws;

/// <summary>Verifies a body as a compact JWS with the keys of the one source that the URL named.</summary>
/// <param name="keys">Key source of each approval source, by name.</param>
internal sealed class JwsVerifier(TokenReader reader, IReadOnlyDictionary<string, KeySource> keys)
{
    private const string Type = "admission-approval+jwt";

    public async Task<Verified> VerifyAsync(ApprovalSource source, ReadOnlyMemory<byte> body, CancellationToken cancel)
    {
        var rules = new TokenRules(
            source.Options.Issuer, source.Options.Audience, source.Options.Algorithms ?? Limits.Algorithms, Limits.Acceptance, [Type], keys[source.Name]);

        // A byte that is no character of a compact JWS becomes '?', which the reader refuses.
        return await reader.ReadAsync(Encoding.ASCII.GetString(body.Span), rules, cancel) switch
        {
            TokenReading.Valid valid => Envelope.Read(valid.Claims, valid.ExpiresAt + (long)TokenRules.LargestSkew.TotalMilliseconds),
            TokenReading.Refused refused => new Verified.Refused(refused.Code, refused.Detail, Authentic: false),
            var other => throw new InvalidOperationException($"a reading has two outcomes, not {other.GetType().Name}"),
        };
    }
}
