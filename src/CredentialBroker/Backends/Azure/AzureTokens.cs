using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Identity;
using CredentialBroker.Backends.Wires;
using CredentialBroker.Issuer;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;

namespace CredentialBroker.Backends.Azure;

/// <summary>
/// Access tokens of one tenant, by the SDK. A credential object keeps what it got, so that a lease's token comes from one
/// made for it alone; the broker's own are shared.
/// </summary>
/// <param name="machine">The clock that the SDK counts by.</param>
internal sealed class AzureTokens(AzureTarget target, KeyRing federation, TimeProvider clock, TimeProvider machine) : IDisposable
{
    private const int AnswerBytes = 64 * 1024;

    private readonly HttpClient _http = new(new BoundedHandler(
        Wire.HandlerOf(new WireOptions(target.AuthorityHost, target.RequestTimeout, target.RootCertificateFile)), AnswerBytes)) { Timeout = target.RequestTimeout };

    private TokenCredential? _own;

    /// <summary>For the calls of the broker itself.</summary>
    public async ValueTask<string> OwnAsync(Uri resource, CancellationToken cancel)
    {
        var own = target.Own ?? throw new BackendException(AzureBackend.Word, ReasonCodes.TargetUnavailable, "the target has no identity of the broker's own", transient: false);
        var credential = Volatile.Read(ref _own) ?? (_own = CredentialOf(own));
        return (await GetAsync(credential, own, $"{resource.GetLeftPart(UriPartial.Authority)}/.default", ReasonCodes.TargetUnavailable, cancel)).Value;
    }

    /// <summary>The broker's own were refused: the next call asks for new ones.</summary>
    public void ForgetOwn() => Volatile.Write(ref _own, null);

    /// <summary>A token that nobody had before.</summary>
    public ValueTask<AzureToken> FreshAsync(AzureIdentity who, string audience, CancellationToken cancel) => GetAsync(CredentialOf(who), who, audience, ReasonCodes.MintFailed, cancel);

    /// <summary>Whether Entra gives the application a token for a secret. The token is dropped.</summary>
    public async ValueTask<bool> AcceptsAsync(AzureIdentity who, string secret, string audience, CancellationToken cancel)
    {
        try
        {
            await GetAsync(new ClientSecretCredential(target.TenantId, who.ClientId, secret, Told(new ClientSecretCredentialOptions { DisableInstanceDiscovery = true })), who, audience, ReasonCodes.TargetUnavailable, cancel);
            return true;
        }
        catch (BackendException refused) when (refused.InnerException is { } inner && AzureErrors.IsUnknownSecret(inner))
        {
            return false;
        }
    }

    public void Dispose() => _http.Dispose();

    private async ValueTask<AzureToken> GetAsync(TokenCredential credential, AzureIdentity who, string audience, string code, CancellationToken cancel)
    {
        AccessToken token;
        try
        {
            token = await credential.GetTokenAsync(new TokenRequestContext([audience]), cancel);
        }
        catch (Exception error) when (error is not OperationCanceledException || !cancel.IsCancellationRequested)
        {
            throw AzureErrors.OfToken(error, code);
        }

        var (read, wrong) = AzureToken.Read(token.Token, token.TokenType, token.ExpiresOn - machine.GetUtcNow(), target, who, audience, clock.NowMs());
        return read ?? throw new BackendException(AzureBackend.Word, code, $"Entra gave no token that may be used: {wrong}", transient: false);
    }

    private TokenCredential CredentialOf(AzureIdentity who) => target.Login.Method switch
    {
        // Asked for at every request that needs it, and made afresh.
        AzureLogin.Federation => new ClientAssertionCredential(
            target.TenantId, who.ClientId, _ => Task.FromResult(FederationToken.Write(federation, clock, who.Subject, target.Login.Audience)), Told(new ClientAssertionCredentialOptions { DisableInstanceDiscovery = true })),
        AzureLogin.ClientSecret => new ClientSecretCredential(target.TenantId, who.ClientId, SecretOf(who), Told(new ClientSecretCredentialOptions { DisableInstanceDiscovery = true })),
        // The SDK's own chain without what would bring a standing secret or a person's login.
        _ => new ChainedTokenCredential(
            new WorkloadIdentityCredential(WorkloadIdentity(who)),
            new ManagedIdentityCredential(Told(new ManagedIdentityCredentialOptions(ManagedIdentityId.FromUserAssignedClientId(who.ClientId))))),
    };

    private WorkloadIdentityCredentialOptions WorkloadIdentity(AzureIdentity who)
    {
        var options = Told(new WorkloadIdentityCredentialOptions { TenantId = target.TenantId, ClientId = who.ClientId, DisableInstanceDiscovery = true });
        if (target.Login.TokenFile is { } file) options.TokenFilePath = file;
        return options;
    }

    /// <summary>No retries, no logs, no discovery: the operator's word tells where the authority is, and a mint is asked once.</summary>
    private T Told<T>(T options)
        where T : TokenCredentialOptions
    {
        options.AuthorityHost = target.AuthorityHost;
        options.Transport = new HttpClientTransport(_http);
        options.Retry.MaxRetries = 0;
        options.Retry.NetworkTimeout = target.RequestTimeout;
        options.Diagnostics.IsLoggingEnabled = false;
        options.Diagnostics.IsDistributedTracingEnabled = false;
        options.Diagnostics.IsTelemetryEnabled = false;
        return options;
    }

    private static string SecretOf(AzureIdentity who)
    {
        try
        {
            return File.ReadAllText(who.ClientSecretFile!).TrimEnd('\r', '\n');
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BackendException(AzureBackend.Word, ReasonCodes.TargetUnavailable, "the file of the identity's secret cannot be read", transient: true, error);
        }
    }
}
