using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Backends.Wires;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Vault;

/// <summary>The calls of one Vault: headers, paths below <c>/v1/</c>, and strict JSON as its answer.</summary>
internal sealed class VaultHttp(VaultTarget target, TimeProvider clock) : IDisposable
{
    /// <summary>Ends a path that is listed instead of read; its answer may be long.</summary>
    public const string List = "?list=true";

    /// <summary>Half a million accessors.</summary>
    private const int ListBytes = 16 * 1024 * 1024;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LastPause = TimeSpan.FromSeconds(1);

    private readonly Wire _wire = new(VaultBackend.Word, Options(target));
    private readonly Lazy<Wire> _lists = new(() => new Wire(VaultBackend.Word, Options(target) with { AnswerBytes = ListBytes }));

    /// <param name="path">Below <c>/v1/</c>; of segments that need no escaping.</param>
    /// <param name="token">Null where the call is how a token is had.</param>
    /// <param name="body">Null for a read.</param>
    /// <exception cref="BackendException">No answer, or none that says anything: what was asked may or may not have been done.</exception>
    public async ValueTask<VaultAnswer> SendAsync(string path, string? token, JsonObject? body, CancellationToken cancel)
    {
        for (var pause = FirstPause; ; pause *= 2)
        {
            var answer = await OnceAsync(path, token, body, cancel);
            // A standby that has not yet seen the token: it looked at nothing and did nothing, so that this and only this
            // may be asked again, whatever is asked for.
            if (answer.Status != HttpStatusCode.PreconditionFailed || pause > LastPause) return answer;
            await Task.Delay(pause, clock, cancel);
        }
    }

    public void Dispose()
    {
        _wire.Dispose();
        if (_lists.IsValueCreated) _lists.Value.Dispose();
    }

    private async ValueTask<VaultAnswer> OnceAsync(string path, string? token, JsonObject? body, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(body is null ? HttpMethod.Get : HttpMethod.Post, $"v1/{path}");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        request.Headers.Add("X-Vault-Request", "true");
        if (target.Namespace.Length > 0) request.Headers.Add("X-Vault-Namespace", target.Namespace);
        if (token is not null) request.Headers.TryAddWithoutValidation("X-Vault-Token", token);
        if (body is not null) request.Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        var answer = await (path.EndsWith(List, StringComparison.Ordinal) ? _lists.Value : _wire).SendAsync(request, cancel);
        // A proxy's page of an error is no answer of Vault, but its status tells enough.
        if (answer.IsSuccess && answer.Status != HttpStatusCode.NoContent && answer.Json is null)
            throw new BackendException(VaultBackend.Word, ReasonCodes.TargetUnavailable, "Vault's answer is no strict JSON", transient: true);
        return new VaultAnswer(answer.Status, answer.Json);
    }

    private static WireOptions Options(VaultTarget target) => new(
        target.Address, target.RequestTimeout, target.RootCertificateFile,
        target.Login is { ClientCertificateFile: { } certificate, ClientKeyFile: { } key } ? (certificate, key) : null);
}
