using System.Buffers.Text;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Tests.Refusals;

/// <summary>Where a refusal of garbage is told.</summary>
internal enum Told
{
    /// <summary>In a metric only.</summary>
    Nowhere,

    /// <summary>In the counts of evidence that proved nothing.</summary>
    AsEvidence,

    /// <summary>In the counts of the door.</summary>
    AtTheDoor,
}

/// <summary>Requests of which no two are alike and none deserves anything: junk as evidence, as approval, as an operator's token, as a path, as a body.</summary>
/// <param name="good">A workload's good token, for junk that gets past the evidence.</param>
internal sealed class Garbage(Scene scene, string good)
{
    private static readonly string Payload = Encode($$"""{"iss":"{{Scene.Issuer}}","aud":"{{Scene.Audience}}","sub":"system:serviceaccount:shop:checkout","iat":1,"exp":9999999999}""");

    private readonly (Told Told, Func<Task<Reply>> Send)[] _kinds =
    [
        (Told.AsEvidence, () => scene.ClaimAsync(Noise(1500), "token")),
        (Told.AsEvidence, () => scene.ClaimAsync($"{Encode("""{"alg":"none"}""")}.{Payload}.{Noise(900)}", "token")),
        (Told.AsEvidence, () => scene.ClaimAsync($"{Encode($$"""{"alg":"RS256","kid":"{{Noise(30)}}"}""")}.{Payload}.{Noise(256)}", "token")),
        (Told.AsEvidence, () => scene.ClaimAsync($"{Encode("""{"alg":"RS256","kid":"cluster-h"}""")}.{Payload}.{Noise(256)}", "token")),
        (Told.AsEvidence, () => scene.ClaimAsync($"{Encode("""{"alg":"RS256","kid":"k"}""")}.{Encode($$"""{"iss":"https://{{Noise(900)}}.test"}""")}.{Noise(256)}", "token")),
        (Told.AsEvidence, () => scene.SendAsync(HttpMethod.Post, $"/v1/leases/{Noise(100)}/renew", Noise(900))),
        (Told.Nowhere, () => scene.ApproveAsync(Noise(1500))),
        (Told.Nowhere, () => scene.ApproveAsync(Noise(900), Noise(60))),
        (Told.Nowhere, () => scene.ApproveAsync($"{Encode("""{"alg":"ES256","kid":"gate-h","typ":"admission-approval+jwt"}""")}.{Payload}.{Noise(64)}")),
        (Told.AtTheDoor, () => scene.SendAsync(HttpMethod.Get, $"/v1/leases?selector={Noise(60)}", Noise(900))),
        (Told.AtTheDoor, () => scene.SendAsync(HttpMethod.Post, "/v1/freezes", "cbo_" + Noise(900), Json(Noise(900)))),
        (Told.AtTheDoor, () => scene.SendAsync(HttpMethod.Put, $"/v1/templates?file={Noise(60)}", null, Json(Noise(900)))),
        (Told.Nowhere, () => scene.SendAsync(HttpMethod.Get, $"/{Noise(900)}", null)),
        (Told.Nowhere, () => scene.SendAsync(new HttpMethod("X" + Noise(10).Replace('_', 'x').Replace('-', 'x')), $"/v1/leases/{Noise(60)}/{Noise(60)}", Noise(900))),
        (Told.Nowhere, () => scene.SendAsync(HttpMethod.Post, "/v1/leases", good, Json(RandomNumberGenerator.GetBytes(900)), ("Idempotency-Key", Noise(60)))),
        (Told.Nowhere, () => scene.SendAsync(HttpMethod.Post, "/v1/leases", good, Json(Noise(20_000)), ("Idempotency-Key", Noise(60)))),
        (Told.Nowhere, () => scene.SendAsync(HttpMethod.Post, "/oauth2/token", null, new FormUrlEncodedContent([new("grant_type", Noise(60)), new("subject_token", Noise(900))]))),
    ];

    public int Kinds => _kinds.Length;

    /// <summary>Sends one; refused, and never by a fault.</summary>
    /// <returns>Where that is told.</returns>
    public async Task<Told> SendAsync(int number)
    {
        var kind = number % _kinds.Length;
        var reply = await _kinds[kind].Send();
        Assert.True((int)reply.Status is >= 400 and < 500, $"kind {kind}: {(int)reply.Status} {reply.Body}");
        return _kinds[kind].Told;
    }

    private static string Noise(int octets) => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(octets));

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    private static ByteArrayContent Json(string text) => Json(Encoding.UTF8.GetBytes(text));

    private static ByteArrayContent Json(byte[] octets) => new(octets) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
}
