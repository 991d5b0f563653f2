using System.Net.Http.Headers;
using CredentialBroker.Audit.Exports;
using CredentialBroker.Issuer;

namespace CredentialBroker.Signals;

/// <summary>
/// The streams that are sent, as exports of the evidence: so each has a place in it that moves only after the receiver has
/// what lies before, survives every crash, and is one replica's at a time.
/// </summary>
internal static class SignalStreams
{
    public static IEnumerable<AuditExport> Of(SignalOptions options, KeyRings rings, TimeProvider clock)
    {
        foreach (var (name, stream) in options.Streams)
        {
            if (stream.Kind == SignalStreamOptions.Push) yield return Push(name, stream, rings, clock);
            else if (stream.Kind == SignalStreamOptions.Webhook) yield return Webhook(name, stream, clock);
        }
    }

    private static AuditExport Push(string name, SignalStreamOptions stream, KeyRings rings, TimeProvider clock)
    {
        var events = new SecurityEvents(rings.Signals, stream.Audience!);
        return new AuditExport(
            SignalNames.ExportOf(name), new SignalFormat(SecurityEvents.ContentType, events.Sign, clock), new SignalSink(stream.To!, SecurityEvents.ContentType, async (request, _, cancel) =>
            {
                // Read each time: a token that is replaced is used at once.
                if (stream.TokenFile is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(stream.TokenFile, cancel)).Trim());
            }));
    }

    private static AuditExport Webhook(string name, SignalStreamOptions stream, TimeProvider clock)
    {
        var webhook = new SignedWebhook(stream.SecretFile!, clock);
        return new AuditExport(SignalNames.ExportOf(name), new SignalFormat(SignedWebhook.ContentType, SignedWebhook.Write, clock), new SignalSink(stream.To!, SignedWebhook.ContentType, webhook.SignAsync));
    }
}
