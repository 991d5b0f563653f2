using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Backends.Wires;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.GitHub;

/// <summary>The few calls of GitHub's REST API (version 2022-11-28) that leases need: one as the App, the others with a token itself.</summary>
internal sealed class GitHubHttp(GitHubTarget target, TimeProvider clock) : IDisposable
{
    private readonly Wire _wire = new(GitHubBackend.Word, new WireOptions(Based(target.Address!), target.RequestTimeout, target.RootCertificateFile, AnswerBytes: 1024 * 1024));
    private volatile bool _endsNothing;

    public GitHubTarget Options => target;

    /// <summary>A token went on working although GitHub said that it was revoked: what is made here ends at its expiry only.</summary>
    public bool EndsNothing => _endsNothing;

    public async ValueTask<WireAnswer> MintAsync(GitHubAccess access, CancellationToken cancel)
    {
        var body = new JsonObject
        {
            ["repository_ids"] = new JsonArray([.. access.Repositories.Select(name => (JsonNode)target.Repositories[name])]),
            ["permissions"] = new JsonObject(access.Permissions.Select(one => KeyValuePair.Create<string, JsonNode?>(one.Key, one.Value))),
        };
        using var request = Request(HttpMethod.Post, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"app/installations/{target.InstallationId}/access_tokens"), await AppLogin.WriteAsync(target, clock, cancel));
        if (target.StatelessTokens) request.Headers.Add("X-GitHub-Stateless-S2S-Token", "enabled");
        request.Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        return await _wire.SendAsync(request, cancel);
    }

    /// <summary>Whether GitHub takes the token, by a call that every installation token may make and that changes nothing.</summary>
    public async ValueTask<bool> WorksAsync(string token, CancellationToken cancel)
    {
        using var request = Request(HttpMethod.Get, "installation/repositories?per_page=1", token);
        var answer = await _wire.SendAsync(request, cancel);
        if (answer.Status == HttpStatusCode.OK && answer.Json is not null) return true;
        return GitHubErrors.IsNoToken(answer) ? false : throw GitHubErrors.Of(answer, ReasonCodes.TargetUnavailable, "using the token");
    }

    /// <summary>Ends the token with itself, and comes back when GitHub does not take it any more. False when it did not before.</summary>
    public async ValueTask<bool> EndAsync(string token, CancellationToken cancel)
    {
        using var request = Request(HttpMethod.Delete, "installation/token", token);
        var answer = await _wire.SendAsync(request, cancel);
        if (GitHubErrors.IsNoToken(answer)) return false;
        if (answer.Status != HttpStatusCode.NoContent) throw GitHubErrors.Of(answer, ReasonCodes.EndFailed, "revoking the token");
        _endsNothing = await WorksAsync(token, cancel);
        return !_endsNothing ? true : throw new BackendException(GitHubBackend.Word, ReasonCodes.EndFailed, "GitHub says that the token is revoked and goes on taking it", transient: false);
    }

    public void Dispose() => _wire.Dispose();

    private static HttpRequestMessage Request(HttpMethod method, string path, string token)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        request.Headers.Accept.ParseAdd("application/vnd.github+json");
        request.Headers.UserAgent.ParseAdd("credential-broker");
        request.Headers.Add("X-GitHub-Api-Version", "2022-11-28");
        return request;
    }

    /// <summary>What is asked for goes below the address, whether or not that ends in a slash.</summary>
    private static Uri Based(Uri address) => address.AbsolutePath.EndsWith('/') ? address : new Uri($"{address}/");
}
