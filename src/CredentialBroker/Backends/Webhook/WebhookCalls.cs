using System.Buffers.Text;
using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Backends.Wires;
using CredentialBroker.Issuer;

namespace CredentialBroker.Backends.Webhook;

/// <summary>
/// The calls of one receiver: a body whose operation and lease say what is meant, and a token of the federation issuer for
/// this receiver, a minute old at most, that carries the body's digest. So no secret is shared, and nothing sent to one
/// receiver counts at another.
/// </summary>
internal sealed class WebhookCalls(string brokerId, WebhookTarget target, KeyRing federation, TimeProvider clock) : IDisposable
{
    public const string Version = "credentialbroker/webhook/v1";
    public const string DigestClaim = "digest";

    private readonly Wire _wire = new(WebhookBackend.Word, new WireOptions(
        target.Address, target.RequestTimeout, target.RootCertificateFile,
        target is { ClientCertificateFile: { } certificate, ClientKeyFile: { } key } ? (certificate, key) : null, AnswerBytes: 128 * 1024));

    // For a credential that is to be proven: nothing of the broker's may vouch for it.
    private readonly Wire? _bare = target.Use is { } use ? new Wire(WebhookBackend.Word, new WireOptions(use.Address, target.RequestTimeout, target.RootCertificateFile)) : null;

    public WebhookTarget Options => target;

    /// <summary>A call about one lease.</summary>
    public JsonObject About(string operation, string lease) => new() { ["version"] = Version, ["operation"] = operation, ["broker"] = brokerId, ["lease"] = lease };

    public JsonObject Create(Order order)
    {
        var grant = (WebhookGrant)order.Grant;
        var call = About("create", order.LeaseId);
        call["kind"] = grant.Kind;
        call["scopes"] = new JsonArray([.. grant.Scopes.Select(scope => (JsonNode)scope.Text)]);
        call["parameters"] = new JsonObject(grant.Parameters.Select(one => KeyValuePair.Create<string, JsonNode?>(one.Key, one.Value)));
        call["workload"] = order.Facts.GetValueOrDefault(HeldFacts.Uri, "");
        call["approval"] = order.Approval;
        return Until(call, order);
    }

    /// <summary>When what is asked for is to stop, and after when it must not be done any more.</summary>
    public static JsonObject Until(JsonObject call, Order order)
    {
        call["endsAt"] = At(order.EndsAt);
        call["deadline"] = At(order.Deadline);
        return call;
    }

    public async ValueTask<WireAnswer> SendAsync(JsonObject call, CancellationToken cancel)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(call);
        using var request = new HttpRequestMessage(HttpMethod.Post, (Uri?)null);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", FederationToken.Write(
            federation, clock, target.Subject, target.Audience, claims => claims.WriteString(DigestClaim, $"sha-256:{Base64Url.EncodeToString(SHA256.HashData(body))}")));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        request.Headers.UserAgent.ParseAdd("credential-broker");
        request.Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        return await _wire.SendAsync(request, cancel);
    }

    /// <summary>Reads with the credential alone.</summary>
    public async ValueTask<WireAnswer> UseAsync(string shown, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, (Uri?)null);
        request.Headers.TryAddWithoutValidation("Authorization", $"{target.Use!.Scheme} {shown}");
        return await _bare!.SendAsync(request, cancel);
    }

    public void Dispose()
    {
        _wire.Dispose();
        _bare?.Dispose();
    }

    private static string At(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms).ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
}
