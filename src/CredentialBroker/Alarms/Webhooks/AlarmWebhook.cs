using System.Security.Cryptography;
using System.Text.Json;
using CredentialBroker.Approvals.ClientCertificates;
using CredentialBroker.Approvals.Intake;
using CredentialBroker.Approvals.Webhooks;
using CredentialBroker.Attestation;
using CredentialBroker.Protocol;

namespace CredentialBroker.Alarms.Webhooks;

/// <summary>Reads one form of message.</summary>
/// <returns>The alarm, or null with what is wrong.</returns>
internal delegate Alarm? ReadMessage(AlarmSource source, string eventId, JsonElement message, out string? fault);

/// <summary>
/// JSON over a webhook: proven by a Standard Webhooks signature over the body's bytes, or by the connection's client certificate.
/// Under a signature the webhook's id names the event, else the body's own hash does.
/// </summary>
internal sealed class AlarmWebhook(ReadMessage read, TimeProvider clock) : IAlarmFormat
{
    public async Task<Heard> HearAsync(AlarmSource source, Delivery delivery, CancellationToken cancel)
    {
        if (delivery.MediaType != "application/json") return new Heard.Refused(ReasonCodes.RequestMalformed, "send Content-Type: application/json", Authentic: false);
        var (unproven, id) = source.Options.ByCertificate ? ByCertificate(source, delivery) : await BySignatureAsync(source, delivery, cancel);
        if (unproven is not null) return new Heard.Refused(unproven.Code, unproven.Detail, Authentic: false);
        if (!StrictJson.TryReadObject(delivery.Body.Span, out var message, out var fault)) return Malformed($"the message {fault}");
        return read(source, id, message, out fault) is { } alarm ? new Heard.As(alarm) : Malformed(fault!);
    }

    private (Verified.Refused?, string) ByCertificate(AlarmSource source, Delivery delivery) =>
        (ClientCertificate.Check(source.Options.ClientCaFile!, source.Options.ClientSan!, delivery.Certificate, clock.GetUtcNow()), $"body:{Convert.ToHexStringLower(SHA256.HashData(delivery.Body.Span))}");

    private async Task<(Verified.Refused?, string)> BySignatureAsync(AlarmSource source, Delivery delivery, CancellationToken cancel)
    {
        if (WebhookSignature.Read(delivery.Headers, out var unfit) is not { } signature) return (unfit!, "");
        return await WebhookSecrets.ReadAsync(source.Options.SecretFile!, cancel) is { } secrets
            ? (signature.Check(delivery.Body.Span, secrets, clock.GetUtcNow()), signature.Id)
            : (new Verified.Refused(ReasonCodes.EvidenceKeysUnavailable, "the source's secret cannot be read at present", Authentic: false), "");
    }

    private static Heard.Refused Malformed(string fault) => new(ReasonCodes.RequestMalformed, fault, Authentic: true);
}
