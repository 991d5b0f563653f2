using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CredentialBroker.Audit.Exports;
using CredentialBroker.Storage;

namespace CredentialBroker.Signals;

/// <summary>Signals as Standard Webhooks 1.0: the body, and an HMAC-SHA256 over id, time of sending and body.</summary>
internal sealed class SignedWebhook(string secretFile, TimeProvider clock)
{
    public const string ContentType = "application/json";

    public static string Write(Signal signal, long now)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("type"u8, $"lease.{signal.Change.ToString().ToLowerInvariant()}");
            json.WriteString("timestamp"u8, Time(signal.At));
            json.WriteStartObject("data"u8);
            json.WriteString("lease"u8, signal.Lease);
            Optional(json, "task", signal.Task);
            Optional(json, "template", signal.Template);
            Optional(json, "environment", signal.Environment);
            json.WriteString("backend"u8, signal.Backend);
            json.WriteString("target"u8, signal.Target);
            Optional(json, "cause", signal.Cause);
            json.WriteString("diesBy"u8, Time(signal.DiesBy));
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    public Task SignAsync(HttpRequestMessage request, ExportedEvent signal, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var secrets = WebhookSecrets.Read(secretFile);
        if (secrets.Count == 0) throw new InvalidDataException("the webhook's secret cannot be read");
        var sent = (clock.NowMs() / 1000).ToString(CultureInfo.InvariantCulture);
        byte[] signed = [.. Encoding.ASCII.GetBytes($"{signal.Id}.{sent}."), .. signal.Json.Span];
        request.Headers.Add("webhook-id", signal.Id);
        request.Headers.Add("webhook-timestamp", sent);
        request.Headers.Add("webhook-signature", string.Join(' ', secrets.Select(secret => $"v1,{Convert.ToBase64String(HMACSHA256.HashData(secret, signed))}")));
        return Task.CompletedTask;
    }

    private static void Optional(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null) json.WriteString(name, value);
    }

    private static string Time(long at) => DateTimeOffset.FromUnixTimeMilliseconds(at).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
