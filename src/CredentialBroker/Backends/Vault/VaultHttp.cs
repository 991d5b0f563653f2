using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Vault;

/// <summary>
/// The wire to one Vault: follows no redirect, believes no proxy, reads at most 256 KiB of strict JSON, and is done
/// within the target's time-out. It asks once: whether asking again is harmless is for the caller to know.
/// </summary>
internal sealed class VaultHttp : IDisposable
{
    private const int AnswerBytes = 256 * 1024;
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 24 };
    private readonly VaultTarget _target;
    private readonly HttpClient _http;

    public VaultHttp(VaultTarget target)
    {
        _target = target;
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false, UseProxy = false, UseCookies = false, AutomaticDecompression = DecompressionMethods.None,
            MaxResponseHeadersLength = 16, ConnectTimeout = target.RequestTimeout, PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        };
        if (target.RootCertificateFile is { } roots) handler.SslOptions.CertificateChainPolicy = TrustingOnly(roots);
        // Read at every connection: such certificates are short-lived, and followed by others under the same name.
        if (target.Login is { ClientCertificateFile: { } certificate, ClientKeyFile: { } key })
            handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => X509Certificate2.CreateFromPemFile(certificate, key);
        _http = new HttpClient(handler) { BaseAddress = target.Address, Timeout = target.RequestTimeout, MaxResponseContentBufferSize = AnswerBytes };
    }

    /// <param name="path">Below <c>/v1/</c>; of segments that need no escaping.</param>
    /// <param name="token">Null where the call is how a token is had.</param>
    /// <param name="body">Null for a read.</param>
    /// <exception cref="BackendException">No answer, or none that says anything: what was asked may or may not have been done.</exception>
    public async ValueTask<VaultAnswer> SendAsync(string path, string? token, JsonObject? body, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(body is null ? HttpMethod.Get : HttpMethod.Post, $"v1/{path}");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        request.Headers.Add("X-Vault-Request", "true");
        if (_target.Namespace.Length > 0) request.Headers.Add("X-Vault-Namespace", _target.Namespace);
        if (token is not null) request.Headers.TryAddWithoutValidation("X-Vault-Token", token);
        // A read carries content too, of no bytes: the handler sends again, unasked, what has none and met a closing connection,
        // and a read that makes something would make it twice.
        request.Content = new ByteArrayContent(body is null ? [] : JsonSerializer.SerializeToUtf8Bytes(body));
        if (body is not null) request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        try
        {
            using var answer = await _http.SendAsync(request, cancel);
            return await ReadAsync(answer, cancel);
        }
        catch (Exception error) when (error is HttpRequestException or IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw Unavailable("Vault cannot be reached, or its answer is none that is read", error);
        }
        catch (OperationCanceledException error) when (!cancel.IsCancellationRequested)
        {
            throw Unavailable("Vault did not answer in time", error);
        }
    }

    public void Dispose() => _http.Dispose();

    private static async ValueTask<VaultAnswer> ReadAsync(HttpResponseMessage answer, CancellationToken cancel)
    {
        var body = await answer.Content.ReadAsByteArrayAsync(cancel);
        // A proxy's page of an error is no answer of Vault, but its status tells enough.
        var json = answer.Content.Headers.ContentType?.MediaType == "application/json" ? Parse(body) : null;
        if (answer.IsSuccessStatusCode && answer.StatusCode != HttpStatusCode.NoContent && json is null) throw Unavailable("Vault's answer is no strict JSON", null);
        return new VaultAnswer(answer.StatusCode, json);
    }

    private static JsonElement? Parse(byte[] body)
    {
        if (!Utf8.IsValid(body)) return null;
        try
        {
            return JsonElement.Parse(body, Strict) is { ValueKind: JsonValueKind.Object } json ? json : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static X509ChainPolicy TrustingOnly(string file)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(file);
        return policy;
    }

    private static BackendException Unavailable(string detail, Exception? inner) =>
        new(VaultBackend.Word, ReasonCodes.TargetUnavailable, detail, transient: true, inner);
}
