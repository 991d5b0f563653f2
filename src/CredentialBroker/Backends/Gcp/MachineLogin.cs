using CredentialBroker.Backends.Wires;
using CredentialBroker.Protocol;
using Google.Apis.Auth.OAuth2;
using Google.Apis.Http;

namespace CredentialBroker.Backends.Gcp;

/// <summary>The broker's own tokens without federation: what the SDK finds on the machine, or a key file. The SDK keeps and renews them.</summary>
internal sealed class MachineLogin(GcpTarget target) : IDisposable
{
    private readonly SemaphoreSlim _one = new(1);
    private GoogleCredential? _credential;

    public async ValueTask<string> TokenAsync(CancellationToken cancel)
    {
        try
        {
            var credential = await HoldAsync(cancel);
            return await credential.UnderlyingCredential.GetAccessTokenForRequestAsync(authUri: null, cancel);
        }
        catch (Exception error) when (error is not (BackendException or OperationCanceledException) || (error is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            throw new BackendException(GcpBackend.Word, ReasonCodes.TargetUnavailable, "the broker's own login at Google failed", transient: true, error);
        }
    }

    public void Dispose() => _one.Dispose();

    private async ValueTask<GoogleCredential> HoldAsync(CancellationToken cancel)
    {
        await _one.WaitAsync(cancel);
        try
        {
            return _credential ??= (await FindAsync(cancel)).CreateWithHttpClientFactory(new Strict(target)).CreateScoped(GcpConnection.Everything);
        }
        finally
        {
            _one.Release();
        }
    }

    private async ValueTask<GoogleCredential> FindAsync(CancellationToken cancel)
    {
        if (target.Login.Method == GcpLogin.KeyFile)
        {
            await using var file = File.OpenRead(target.Login.ServiceAccountKeyFile!);
            return ServiceAccountCredential.FromServiceAccountData(file).ToGoogleCredential();
        }

        var found = await GoogleCredential.GetApplicationDefaultAsync(cancel);
        // A key or a person's refresh token that lies around is a standing secret, and was not accepted.
        return found.UnderlyingCredential is ServiceAccountCredential or UserCredential
            ? throw new BackendException(GcpBackend.Word, ReasonCodes.TargetUnavailable, "this machine's default login is a standing secret; configure key-file to accept one", transient: false)
            : found;
    }

    /// <summary>The manners of the wire for the SDK's own requests: no redirect, no proxy, bounded, asked once.</summary>
    private sealed class Strict(GcpTarget target) : HttpClientFactory, Google.Apis.Http.IHttpClientFactory
    {
        protected override HttpMessageHandler CreateHandler(CreateHttpClientArgs args) => Wire.HandlerOf(new WireOptions(null, target.RequestTimeout, target.RootCertificateFile));

        protected override HttpClientHandler CreateClientHandler() => throw new NotSupportedException("handlers come from the wire");

        public new ConfigurableHttpClient CreateHttpClient(CreateHttpClientArgs args)
        {
            var client = base.CreateHttpClient(args);
            (client.MessageHandler.FollowRedirect, client.MessageHandler.NumTries) = (false, 1);
            (client.Timeout, client.MaxResponseContentBufferSize) = (target.RequestTimeout, 64 * 1024);
            return client;
        }
    }
}
