using System.Text.Json;
using CredentialBroker.Attestation;
using CredentialBroker.Audit;
using CredentialBroker.Hosting;
using CredentialBroker.Issuance.OAuth;
using CredentialBroker.Issuer;
using CredentialBroker.Leases;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Issuance;

/// <summary>
/// RFC 7662 for the broker's own tokens: active only while the signature, the times and the lease all say so. Each
/// active answer is a record of use.
/// </summary>
internal sealed class Introspection(WorkloadAttestation attestation, OwnTokens own, LeaseStore leases, Journal journal, AuditChain chain, TimeProvider clock)
{
    /// <returns>The token's claims with <c>active</c>, or <c>{"active":false}</c> and nothing else.</returns>
    public async Task<IResult> RunAsync(HttpContext http)
    {
        var caller = http.Features.Get<Operator>()?.Name;
        if (caller is null)
        {
            // Resource servers are workloads too: they show who they are as everybody does.
            var attested = await attestation.AttestAsync(Evidence.Of(http, Bearer.Of(http.Request)), http.RequestAborted, now: false);
            if (attested is not Attested.As { Workload: var workload }) return Problems.Of(((Attested.Refused)attested).Code, null);
            caller = workload.Uri;
        }

        var form = await OAuthForm.ReadAsync(http.Request, http.RequestAborted);
        if (form["token"] is not { } token) throw new BadHttpRequestException("send one token");
        if (await own.ReadAsync(token, http.RequestAborted) is not { } claims || !claims.TryGetProperty("lease", out var lease)) return Inactive();
        var found = await leases.FindAsync(Pool.Issuing, lease.GetString() ?? "", http.RequestAborted);
        if (found is not { Lease: { State: LeaseState.Active } live } || live.EndsAt <= clock.NowMs()) return Inactive();
        await journal.CommitAsync(Lane.Issuing, (AuditEvent.Of(clock, "credential.used", Streams.Use) with
        {
            Lease = live.Id, Task = live.Task, Environment = live.Environment, Actor = caller, Detail = "introspected",
        }).On(chain));
        return Active(claims, found.Uri);
    }

    private static IResult Inactive() => Results.Json(new Dictionary<string, bool> { ["active"] = false }, IntrospectionJson.Default.DictionaryStringBoolean);

    /// <summary>The members of RFC 7662 section 2.2 that the token does not say itself, and the token's own.</summary>
    private static IResult Active(JsonElement claims, string client)
    {
        var bound = claims.TryGetProperty("cnf", out var confirmation) && confirmation.TryGetProperty("jkt", out _);
        var answer = new Dictionary<string, JsonElement>(StringComparer.Ordinal)
        {
            ["active"] = JsonSerializer.SerializeToElement(true, IntrospectionJson.Default.Boolean),
            ["client_id"] = JsonSerializer.SerializeToElement(client, IntrospectionJson.Default.String),
            ["token_type"] = JsonSerializer.SerializeToElement(bound ? "DPoP" : "Bearer", IntrospectionJson.Default.String),
        };
        foreach (var claim in claims.EnumerateObject()) answer[claim.Name] = claim.Value;
        return Results.Json(answer, IntrospectionJson.Default.DictionaryStringJsonElement);
    }
}

internal static class IntrospectionEndpoints
{
    public static void MapIntrospection(this IEndpointRouteBuilder routes) =>
        routes.MapPost(ServerMetadata.IntrospectionPath, (HttpContext http, Introspection introspection) => introspection.RunAsync(http));
}

[System.Text.Json.Serialization.JsonSerializable(typeof(Dictionary<string, bool>))]
[System.Text.Json.Serialization.JsonSerializable(typeof(Dictionary<string, JsonElement>))]
[System.Text.Json.Serialization.JsonSerializable(typeof(bool))]
[System.Text.Json.Serialization.JsonSerializable(typeof(string))]
internal sealed partial class IntrospectionJson : System.Text.Json.Serialization.JsonSerializerContext;
