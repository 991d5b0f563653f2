using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Backends.Wires;

namespace CredentialBroker.Backends.Kubernetes;

/// <summary>The calls of one API server: strict JSON both ways, as the broker or with a token that is to be proven.</summary>
internal sealed class KubernetesHttp(KubernetesTarget target) : IDisposable
{
    private const int TokenBytes = 16 * 1024;

    private readonly Wire _wire = new(KubernetesBackend.Word, new WireOptions(
        target.Address, target.RequestTimeout, target.RootCertificateFile,
        target is { ClientCertificateFile: { } certificate, ClientKeyFile: { } key } ? (certificate, key) : null));

    // Nothing of the broker's may vouch for a token that is to be proven, and a client certificate is the connection's.
    private readonly Wire _bare = new(KubernetesBackend.Word, new WireOptions(target.Address, target.RequestTimeout, target.RootCertificateFile));

    public KubernetesTarget Options => target;

    /// <summary>As the broker itself.</summary>
    /// <param name="path">Of segments that need no escaping.</param>
    /// <param name="metadata">Asks for the metadata of what is listed and nothing else.</param>
    public async ValueTask<WireAnswer> SendAsync(HttpMethod method, string path, JsonObject? body, CancellationToken cancel, bool metadata = false)
    {
        var token = target.TokenFile is { } file ? await SecretFile.ReadAsync(KubernetesBackend.Word, file, "the broker's own token", cancel) : null;
        return await SendAsync(_wire, method, path, token, body, metadata ? "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1" : "application/json", cancel);
    }

    /// <summary>With a token and as nobody else.</summary>
    public ValueTask<WireAnswer> SendAsAsync(string token, HttpMethod method, string path, JsonObject? body, CancellationToken cancel) =>
        SendAsync(_bare, method, path, token, body, "application/json", cancel);

    /// <summary>What a token may look like: it goes into a header.</summary>
    public static bool IsToken(string text) => text.Length <= TokenBytes && !text.Any(c => c is <= ' ' or > '~');

    public void Dispose()
    {
        _wire.Dispose();
        _bare.Dispose();
    }

    private static async ValueTask<WireAnswer> SendAsync(Wire wire, HttpMethod method, string path, string? token, JsonObject? body, string accept, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.TryAddWithoutValidation("Accept", accept);
        request.Headers.UserAgent.ParseAdd("credential-broker");
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (body is not null) request.Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        return await wire.SendAsync(request, cancel);
    }
}
