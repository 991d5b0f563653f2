using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Backends.Wires;
using CredentialBroker.Issuer;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;

namespace CredentialBroker.Backends.Gcp;

/// <summary>One pool: the exchanges that make tokens, each asked once.</summary>
internal sealed class GcpConnection(GcpTarget target, KeyRing federation, TimeProvider clock) : IDisposable
{
    public const string Everything = "https://www.googleapis.com/auth/cloud-platform";
    private readonly Wire _sts = WireTo(target, target.StsEndpoint);
    private readonly Wire _iam = WireTo(target, target.IamCredentialsEndpoint);
    private readonly MachineLogin _machine = new(target);

    public GcpTarget Options => target;

    /// <summary>For probes, each at its own address.</summary>
    public Wire Anywhere { get; } = WireTo(target, null);

    /// <summary>A token of a subject of the lease's own: Google's audit log names the lease, and a policy can.</summary>
    public ValueTask<GcpToken> FederatedAsync(string lease, string group, IEnumerable<string> scopes, CancellationToken cancel) => ExchangeAsync(
        new()
        {
            ["audience"] = target.Provider, ["scope"] = string.Join(' ', scopes), ["subject_token_type"] = "urn:ietf:params:oauth:token-type:jwt",
            ["subject_token"] = FederationToken.Write(federation, clock, lease, target.Provider, json => json.WriteString("group"u8, group)),
        },
        source: null, "exchanging the broker's token", cancel);

    /// <summary>The same token with a boundary around it.</summary>
    public ValueTask<GcpToken> BoundedAsync(GcpToken token, AccessBoundary boundary, CancellationToken cancel) => ExchangeAsync(
        new() { ["subject_token_type"] = "urn:ietf:params:oauth:token-type:access_token", ["subject_token"] = token.Value, ["options"] = boundary.Options().ToJsonString() },
        token, "putting a boundary around the token", cancel);

    /// <summary>A token of the service account that lives so many seconds. Delegation is never asked for.</summary>
    public async ValueTask<GcpToken> ImpersonatedAsync(string lease, string account, IEnumerable<string> scopes, long seconds, CancellationToken cancel)
    {
        var own = target.Login.Method == GcpLogin.Federation ? (await FederatedAsync(lease, target.Login.Group, [Everything], cancel)).Value : await _machine.TokenAsync(cancel);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/projects/-/serviceAccounts/{account}:generateAccessToken");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", own);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        var body = new JsonObject { ["scope"] = new JsonArray([.. scopes.Select(scope => (JsonNode)scope)]), ["lifetime"] = $"{seconds}s" };
        request.Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        var answer = await _iam.SendAsync(request, cancel);
        if (!answer.IsSuccess) throw GcpErrors.Of(answer, ReasonCodes.MintFailed, "making the service account's token");
        var (token, wrong) = GcpToken.OfAccount(answer, TimeSpan.FromSeconds(seconds + 1), clock.NowMs());
        return token ?? throw Wrong("making the service account's token", wrong!);
    }

    public void Dispose()
    {
        _sts.Dispose();
        _iam.Dispose();
        Anywhere.Dispose();
        _machine.Dispose();
    }

    private async ValueTask<GcpToken> ExchangeAsync(Dictionary<string, string> asked, GcpToken? source, string doing, CancellationToken cancel)
    {
        asked["grant_type"] = "urn:ietf:params:oauth:grant-type:token-exchange";
        asked["requested_token_type"] = "urn:ietf:params:oauth:token-type:access_token";
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/token") { Content = new FormUrlEncodedContent(asked) };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        var answer = await _sts.SendAsync(request, cancel);
        if (!answer.IsSuccess) throw GcpErrors.Of(answer, ReasonCodes.MintFailed, doing);
        var (token, wrong) = GcpToken.OfExchange(answer, source, target.TokenLife, clock.NowMs());
        return token ?? throw Wrong(doing, wrong!);
    }

    private static Wire WireTo(GcpTarget target, Uri? address) => new(GcpBackend.Word, new WireOptions(address, target.RequestTimeout, target.RootCertificateFile, AnswerBytes: 64 * 1024));

    private static BackendException Wrong(string doing, string wrong) =>
        new(GcpBackend.Word, ReasonCodes.MintFailed, $"{doing} gave no token that a lease may have: {wrong}", transient: false);
}
