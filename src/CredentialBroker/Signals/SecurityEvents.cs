using System.Text.Json;
using CredentialBroker.Issuer;

namespace CredentialBroker.Signals;

/// <summary>
/// Signals as security event tokens (RFC 8417) of CAEP 1.0: <c>session-revoked</c> for what ended before its time, else
/// <c>credential-change</c>. The subject is the lease, as a session (RFC 9493).
/// </summary>
internal sealed class SecurityEvents(KeyRing ring, string audience)
{
    public const string ContentType = "application/secevent+jwt";
    private const string Types = "https://schemas.openid.net/secevent/caep/event-type/";

    /// <param name="now">When it is signed, UTC milliseconds.</param>
    public string Sign(Signal signal, long now) => TokenWriter.Write(ring, json =>
    {
        json.WriteString("iss"u8, ring.Issuer);
        json.WriteString("jti"u8, signal.Id);
        json.WriteNumber("iat"u8, now / 1000);
        json.WriteString("aud"u8, audience);
        json.WriteString("txn"u8, signal.Task ?? signal.Lease);
        json.WriteStartObject("sub_id"u8);
        json.WriteString("format"u8, "complex"u8);
        json.WriteStartObject("session"u8);
        json.WriteString("format"u8, "opaque"u8);
        json.WriteString("id"u8, signal.Lease);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteStartObject("events"u8);
        json.WriteStartObject(Types + (signal.IsEarly ? "session-revoked" : "credential-change"));
        if (!signal.IsEarly)
        {
            json.WriteString("credential_type"u8, signal.Backend);
            json.WriteString("change_type"u8, signal.Change switch { Change.Issued => "create", Change.Renewed or Change.Outlived => "update", _ => "delete" });
        }

        json.WriteNumber("event_timestamp"u8, signal.At / 1000);
        json.WriteString("initiating_entity"u8, signal.Cause is "revoked" or "incident" ? "admin"u8 : "policy"u8);
        if (Reason(signal) is { } reason)
        {
            json.WriteStartObject("reason_admin"u8);
            json.WriteString("en"u8, reason);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }, "secevent+jwt");

    private static string? Reason(Signal signal) => signal.Change == Change.Outlived
        ? "the credential was still honoured after its end should have taken effect"
        : signal.Cause;
}
