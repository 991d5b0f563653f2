using Amazon.Runtime;
using Amazon.Runtime.Credentials;
using Amazon.SecurityToken;

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

    public static async ValueTask<AwsSession> ReadAsync(AWSCredentials keys)
    {
        var own = await keys.GetCredentialsAsync();
        return new AwsSession(own.AccessKey, own.SecretKey, own.UseToken ? own.Token : null, 0);
    }

    /// <summary>Read at every use, so that a rotated key is taken up.</summary>
    private sealed class FromFiles(string id, string secret) : AWSCredentials
    {
        public override ImmutableCredentials GetCredentials() => new(File.ReadAllText(id).Trim(), File.ReadAllText(secret).Trim(), null);

        public override async Task<ImmutableCredentials> GetCredentialsAsync() => new((await File.ReadAllTextAsync(id)).Trim(), (await File.ReadAllTextAsync(secret)).Trim(), null);
    }

    /// <summary>Looked for when first used, not when the broker starts: the chain may ask the network.</summary>
    private sealed class FromChain : AWSCredentials
    {
        public override ImmutableCredentials GetCredentials() => DefaultAWSCredentialsIdentityResolver.GetCredentials(new AmazonSecurityTokenServiceConfig()).GetCredentials();

        public override async Task<ImmutableCredentials> GetCredentialsAsync() =>
            await (await DefaultAWSCredentialsIdentityResolver.GetCredentialsAsync(new AmazonSecurityTokenServiceConfig())).GetCredentialsAsync();
    }
}
