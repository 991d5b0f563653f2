using CredentialBroker.Approvals.ClientCertificates;
using CredentialBroker.Approvals.Intake;
using CredentialBroker.Approvals.Webhooks;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;

namespace CredentialBroker.Approvals.CloudEvents;

/// <summary>
/// CloudEvents in structured mode, where the body holds every attribute: proven by a webhook signature over the body's
/// bytes, or by the connection's client certificate. What a signed document inside carries is <see cref="SignedEvents"/>'s.
/// </summary>
internal sealed class CloudEventFormat(Vocabulary vocabulary, SignedEvents signed, TimeProvider clock) : ISourceFormat
{
    public int BodyBytes => Limits.BodyBytes;

    /// <summary>HTTP protocol binding 1.0.2, section 3: the media type tells the mode; binary mode is told by its headers.</summary>
    public Verified.Refused? Unfit(Delivery delivery)
    {
        if (delivery.MediaType is "application/cloudevents+json") return null;
        return delivery.Headers.Keys.Any(name => name.StartsWith("ce-", StringComparison.OrdinalIgnoreCase))
            ? new Verified.Refused(ReasonCodes.BinaryMode, "binary mode is refused: its attributes are headers, which no signature covers", Authentic: false)
            : Formats.Wrong("application/cloudevents+json");
    }

    public async Task<Verified> VerifyAsync(ApprovalSource source, Delivery delivery, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        switch (source.Options.Authentication)
        {
            case Formats.Jws:
                return await signed.VerifyAsync(source, delivery.Body, cancel);
            case Formats.Mtls:
                return ClientCertificate.Check(source, delivery.Certificate, now) is { } unproven ? unproven : Read(source, delivery, webhook: null);
            case Formats.Webhook:
                if (WebhookSignature.Read(delivery.Headers, out var unfit) is not { } webhook) return unfit!;
                if (await WebhookSecrets.ReadAsync(source.Options.SecretFile!, cancel) is not { } secrets)
                {
                    return new Verified.Refused(ReasonCodes.EvidenceKeysUnavailable, "the source's secret cannot be read at present", Authentic: false);
                }

                return webhook.Check(delivery.Body.Span, secrets, now) is { } forged ? forged : Read(source, delivery, webhook);
            case var other:
                throw new InvalidOperationException($"no events are proven by '{other}'");
        }
    }

    private Verified Read(ApprovalSource source, Delivery delivery, WebhookSignature? webhook)
    {
        if (CloudEvent.Read(delivery.Body.Span, out var fault) is not { } read) return new Verified.Refused(ReasonCodes.ApprovalMalformed, fault!, Authentic: true);
        if (read.Source != source.Options.Issuer) return new Verified.Refused(ReasonCodes.EvidenceUntrustedIssuer, "event.source is another's", Authentic: true, read.Id);
        if (read.Stale(clock.NowMs(), authentic: true) is { } stale) return stale;

        // A webhook's own id names the sending and not the event: either one counts once.
        return webhook is null
            ? vocabulary(read).Under([read.Id], read.KeepUntil)
            : vocabulary(read).Under([read.Id, $"webhook:{webhook.Id}"], Math.Max(read.KeepUntil, (webhook.At * 1000) + (2 * (long)WebhookSignature.Tolerance.TotalMilliseconds)));
    }
}
