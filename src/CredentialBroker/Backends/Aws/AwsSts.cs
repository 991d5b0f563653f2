using Amazon.Runtime;
using Amazon.SecurityToken;
using Amazon.SecurityToken.Model;
using CredentialBroker.Backends.Wires;
using CredentialBroker.Issuer;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;

namespace CredentialBroker.Backends.Aws;

#pragma warning disable CS0618 // PackedPolicySize is what AWS documents; what replaces it in the client says nothing of what it is.

/// <summary>Sessions from STS. Each is asked for once: asking again would make a second one.</summary>
internal sealed class AwsSts : IDisposable
{
    /// <summary>How far the machine's clock may be off the provider's before expiries mean nothing.</summary>
    private const long SkewMs = 30_000;

    private readonly AwsTarget _target;
    private readonly KeyRing _federation;
    private readonly TimeProvider _clock;
    private readonly StsHttp _http;
    private readonly AmazonSecurityTokenServiceClient _client;

    public AwsSts(AwsTarget target, AWSCredentials keys, KeyRing federation, TimeProvider clock)
    {
        (_target, _federation, _clock) = (target, federation, clock);
        _http = new StsHttp(new WireOptions(null, target.RequestTimeout, target.RootCertificateFile));
        _client = new AmazonSecurityTokenServiceClient(keys, new AmazonSecurityTokenServiceConfig
        {
            ServiceURL = (target.StsEndpoint ?? AwsEndpoints.Sts(target.Region)).ToString(), AuthenticationRegion = target.Region,
            MaxErrorRetry = 0, Timeout = target.RequestTimeout, HttpClientFactory = _http, DisableLogging = true,
        });
    }

    /// <exception cref="AwsRefusedException">STS said no, and made nothing.</exception>
    /// <exception cref="BackendException">No answer, or not the session that was asked for.</exception>
    public async ValueTask<Assumed> AssumeAsync(AwsAsk ask, CancellationToken cancel)
    {
        var began = _clock.NowMs();
        var (credentials, user, packed, identity) = _target.Login.IsFederation ? await ByTokenAsync(ask, cancel) : await ByKeysAsync(ask, cancel);
        if (credentials is not { AccessKeyId.Length: > 0, SecretAccessKey.Length: > 0, SessionToken.Length: > 0, Expiration: { } expiration } || user is null) throw AwsAnswer.Odd("AssumeRole");
        if (user.Arn != AwsArn.SessionOf(ask.Role, ask.Session)) throw Wrong("it is of another account, role or name");
        if (user.AssumedRoleId?.Split(':') is not [{ Length: > 0 }, var name] || name != ask.Session) throw Wrong("its id is not the one of the session asked for");
        if (ask.Identity is not null && identity != ask.Identity) throw Wrong("it does not carry the source identity");
        var expires = new DateTimeOffset(expiration.ToUniversalTime()).ToUnixTimeMilliseconds();
        if (expires > _clock.NowMs() + (ask.Seconds * 1000L) + SkewMs) throw Wrong("it lives longer than was asked, or the clocks differ");
        if (expires < began + (ask.Seconds * 1000L) - SkewMs) throw Wrong("it does not live as long as was asked, or the clocks differ");
        return new Assumed(new AwsSession(credentials.AccessKeyId, credentials.SecretAccessKey, credentials.SessionToken, expires), packed);
    }

    public void Dispose()
    {
        _client.Dispose();
        _http.Dispose();
    }

    private Task<(Credentials?, AssumedRoleUser?, int, string?)> ByKeysAsync(AwsAsk ask, CancellationToken cancel) => AskAsync("AssumeRole", async () =>
    {
        var answer = await _client.AssumeRoleAsync(new AssumeRoleRequest
        {
            RoleArn = ask.Role, RoleSessionName = ask.Session, SourceIdentity = ask.Identity, ExternalId = _target.ExternalId, DurationSeconds = ask.Seconds, Policy = ask.Policy,
            PolicyArns = Arns(ask), Tags = SomeOf(ask.Tags.Select(tag => new Tag { Key = tag.Key, Value = tag.Value })), TransitiveTagKeys = SomeOf(ask.Tags.Select(tag => tag.Key)),
        }, cancel);
        return ((Credentials?)answer.Credentials, (AssumedRoleUser?)answer.AssumedRoleUser, answer.PackedPolicySize ?? 0, (string?)answer.SourceIdentity);
    }, cancel);

    private Task<(Credentials?, AssumedRoleUser?, int, string?)> ByTokenAsync(AwsAsk ask, CancellationToken cancel) => AskAsync("AssumeRoleWithWebIdentity", async () =>
    {
        var answer = await _client.AssumeRoleWithWebIdentityAsync(new AssumeRoleWithWebIdentityRequest
        {
            RoleArn = ask.Role, RoleSessionName = ask.Session, DurationSeconds = ask.Seconds, Policy = ask.Policy, PolicyArns = Arns(ask),
            WebIdentityToken = FederationToken.Write(_federation, _clock, _target.Login.Subject, _target.Login.Audience, ask.WriteClaims),
        }, cancel);
        return ((Credentials?)answer.Credentials, (AssumedRoleUser?)answer.AssumedRoleUser, answer.PackedPolicySize ?? 0, (string?)answer.SourceIdentity);
    }, cancel);

    private static List<PolicyDescriptorType>? Arns(AwsAsk ask) => SomeOf(ask.Policies.Select(arn => new PolicyDescriptorType { Arn = arn }));

    /// <summary>An empty list would be sent as a parameter without a value.</summary>
    private static List<T>? SomeOf<T>(IEnumerable<T> items) => items.ToList() is { Count: > 0 } some ? some : null;

    private static async Task<T> AskAsync<T>(string action, Func<Task<T>> ask, CancellationToken cancel)
    {
        try
        {
            return await ask();
        }
        catch (AmazonServiceException error) when (error.ErrorCode is { Length: > 0 } code && (int)error.StatusCode >= 400)
        {
            throw new AwsRefusedException(code, (int)error.StatusCode, action);
        }
        catch (Exception error) when (!cancel.IsCancellationRequested && error is AmazonClientException or AmazonServiceException or HttpRequestException or IOException or OperationCanceledException)
        {
            throw new BackendException(AwsBackend.Word, ReasonCodes.TargetUnavailable, $"{action}: STS cannot be reached, did not answer in time, or its answer is none that is read", transient: true, error);
        }
    }

    /// <summary>Nobody gets what it is: it ends by its own policy.</summary>
    private static BackendException Wrong(string detail) => new(AwsBackend.Word, ReasonCodes.MintFailed, $"STS made another session than was asked for: {detail}", transient: false);
}
