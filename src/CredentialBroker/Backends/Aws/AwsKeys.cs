using Amazon.Runtime;
using Amazon.Runtime.Credentials;
using Amazon.SecurityToken;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Aws;

/// <summary>What the broker's own calls are signed with, where it does not log in by federation.</summary>
internal static class AwsKeys
{
    public static AWSCredentials Of(AwsLogin login) => login.Method switch
    {
        "keys" => new FromFiles(login.AccessKeyIdFile!, login.SecretAccessKeyFile!),
        "default" => new FromChain(),
        _ => new AnonymousAWSCredentials(),
    };

    /// <exception cref="BackendException">There are none, or none that may be used.</exception>
    public static async ValueTask<AwsSession> ReadAsync(AWSCredentials keys, CancellationToken cancel)
    {
        try
        {
            // The SDK takes no token, and may wait for a network that is not there.
            var own = await keys.GetCredentialsAsync().WaitAsync(cancel);
            return new AwsSession(own.AccessKey, own.SecretKey, own.UseToken ? own.Token : null, 0);
        }
        catch (Exception error) when (error is not (BackendException or OperationCanceledException) || (error is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            throw new BackendException(AwsBackend.Word, ReasonCodes.TargetUnavailable, "the broker's own login at AWS failed", transient: true, error);
        }
    }

    /// <summary>Read at every use, so that a rotated key is taken up.</summary>
    private sealed class FromFiles(string id, string secret) : AWSCredentials
    {
        public override ImmutableCredentials GetCredentials() => new(File.ReadAllText(id).Trim(), File.ReadAllText(secret).Trim(), null);

        public override async Task<ImmutableCredentials> GetCredentialsAsync() => new((await File.ReadAllTextAsync(id)).Trim(), (await File.ReadAllTextAsync(secret)).Trim(), null);
    }

    /// <summary>
    /// Looked for when first used, not when the broker starts: the chain may ask the network. A key without a session's
    /// token that lies around, in the environment or a profile, is a standing secret, and was not accepted.
    /// </summary>
    private sealed class FromChain : AWSCredentials
    {
        public override ImmutableCredentials GetCredentials() => Passing(DefaultAWSCredentialsIdentityResolver.GetCredentials(new AmazonSecurityTokenServiceConfig()).GetCredentials());

        public override async Task<ImmutableCredentials> GetCredentialsAsync() =>
            Passing(await (await DefaultAWSCredentialsIdentityResolver.GetCredentialsAsync(new AmazonSecurityTokenServiceConfig())).GetCredentialsAsync());

        private static ImmutableCredentials Passing(ImmutableCredentials found) => found.UseToken
            ? found
            : throw new BackendException(AwsBackend.Word, ReasonCodes.TargetUnavailable, "this machine's default login is a standing secret; configure keys to accept one", transient: false);
    }
}
