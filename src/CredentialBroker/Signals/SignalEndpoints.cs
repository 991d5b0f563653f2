using System.Text.Json;
using CredentialBroker.Hosting;
using CredentialBroker.Issuer;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Signals;

namespace CredentialBroker.Signals;

/// <summary>Where receivers ask, and where they learn whom to believe.</summary>
internal static class SignalEndpoints
{
    private const int BodyLimit = 64 * 1024;

    public static void MapSignals(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/signals/{name}/poll", PollAsync);
        routes.MapGet("/.well-known/ssf-configuration" + IssuerDocuments.PathOf(KeyPurpose.Signals), (HttpContext http, KeyRings rings) => DescribeAsync(http, rings.Signals));
    }

    private static async Task<IResult> PollAsync(string name, HttpContext http, SignalPoll poll)
    {
        Bodies.Require(http.Request, "application/json");
        var request = Bodies.Parse(await Bodies.ReadAsync(http.Request, BodyLimit, http.RequestAborted), ProtocolJson.Default.PollRequest);
        if (request.MaxEvents is < 0) return Problems.Of(ReasonCodes.Invalid, "maxEvents is 0 or more");
        try
        {
            return await poll.AskAsync(name, request, http.RequestAborted) is { } answer
                ? Results.Json(answer, ProtocolJson.Default.PollAnswer)
                : Problems.Of(ReasonCodes.NotFound, "no such stream that is polled");
        }
        catch (StreamBusyException busy)
        {
            return Problems.Of(ReasonCodes.Overloaded, busy.Message);
        }
    }

    /// <summary>The transmitter's metadata (OpenID Shared Signals Framework 1.0 section 7.1).</summary>
    private static Task DescribeAsync(HttpContext http, KeyRing ring)
    {
        http.Response.ContentType = "application/json";
        http.Response.Headers.CacheControl = "public, max-age=300";
        using (var json = new Utf8JsonWriter(http.Response.BodyWriter))
        {
            json.WriteStartObject();
            json.WriteString("spec_version"u8, "1_0"u8);
            json.WriteString("issuer"u8, ring.Issuer);
            json.WriteString("jwks_uri"u8, ring.Issuer + IssuerDocuments.JwksPath);
            json.WriteStartArray("delivery_methods_supported"u8);
            json.WriteStringValue("urn:ietf:rfc:8935"u8);
            json.WriteStringValue("urn:ietf:rfc:8936"u8);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Task.CompletedTask;
    }
}
