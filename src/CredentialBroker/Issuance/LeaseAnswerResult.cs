using System.Text.Json;
using CredentialBroker.Backends;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Leases;

namespace CredentialBroker.Issuance;

/// <summary>
/// Writes the one answer that carries a secret straight to the response, without a copy of it as text in between.
/// </summary>
internal sealed class LeaseAnswerResult(LeaseView lease, Secret? secret, Delivery? delivery, int status) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = status;
        response.ContentType = "application/json";
        response.Headers.CacheControl = "no-store";
        if (status == 201) response.Headers.Location = $"/v1/leases/{lease.Id}";
        using (var json = new Utf8JsonWriter(response.BodyWriter))
        {
            json.WriteStartObject();
            json.WritePropertyName("lease");
            JsonSerializer.Serialize(json, lease, ProtocolJson.Default.LeaseView);
            if (secret is not null)
            {
                json.WritePropertyName("credential");
                json.WriteRawValue(secret.Reveal().Span, skipInputValidation: true);
            }

            json.WriteBoolean("replayed", false);
            if (delivery is not null)
            {
                json.WritePropertyName("delivery");
                JsonSerializer.Serialize(json, delivery, ProtocolJson.Default.Delivery);
            }

            json.WriteEndObject();
        }

        // Not flushed here: the server then sends head, body and end at once.
        return Task.CompletedTask;
    }
}
