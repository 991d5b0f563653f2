using System.Text.Json.Nodes;
using CredentialBroker.Backends.Aws;

namespace CredentialBroker.Demo;

/// <summary>An account at an emulator of AWS, reached with the key of the environment, or with the one that emulators take.</summary>
internal sealed class DemoAccount : IDisposable
{
    private const string Region = "eu-central-1";
    private readonly AwsWire _wire;
    private readonly AwsSession _key;

    private DemoAccount(Uri url, AwsSession key)
    {
        (Url, _key) = (url, key);
        _wire = new AwsWire(new AwsTarget { Region = Region, StsEndpoint = url, IamEndpoint = url }, TimeProvider.System);
    }

    public Uri Url { get; }

    public string Id { get; private set; } = "";

    public static async Task<DemoAccount> FindAsync(Uri url)
    {
        // What the story makes and deletes are roles: not in an account that somebody lives in.
        if (!url.IsLoopback) throw new DemoFailedException("the endpoint must be an emulator on this machine");
        var key = new AwsSession(Environment.GetEnvironmentVariable("AWS_ACCESS_KEY_ID") ?? "test", Environment.GetEnvironmentVariable("AWS_SECRET_ACCESS_KEY") ?? "test", Environment.GetEnvironmentVariable("AWS_SESSION_TOKEN"), 0);
        var account = new DemoAccount(new Uri(url.GetLeftPart(UriPartial.Authority)), key);
        try
        {
            account.Id = (await account.WhoIsAsync(key)).Split(':') is [_, _, _, _, var id, _] ? id : throw new DemoFailedException("the emulator does not say which account it is");
            return account;
        }
        catch (AwsRefusedException refused)
        {
            account.Dispose();
            throw new DemoFailedException($"the emulator refuses the key: {refused.Error}");
        }
        catch
        {
            account.Dispose();
            throw;
        }
    }

    /// <summary>The target's configuration. A key in files is for an emulator; the broker would log in by federation.</summary>
    public JsonObject Target(string folder)
    {
        var (id, secret) = (Path.Combine(folder, "aws-key-id"), Path.Combine(folder, "aws-secret-key"));
        File.WriteAllText(id, _key.KeyId);
        File.WriteAllText(secret, _key.SecretKey);
        return new JsonObject
        {
            ["Account"] = Id, ["Region"] = Region, ["StsEndpoint"] = Url.ToString(), ["IamEndpoint"] = Url.ToString(), ["ProbeEndpoints"] = new JsonArray(Url.ToString()),
            ["LeaseRoles"] = new JsonObject { ["TrustedPrincipal"] = $"arn:aws:iam::{Id}:user/demo" },
            ["Login"] = new JsonObject { ["Method"] = "keys", ["AllowStaticKeys"] = true, ["AccessKeyIdFile"] = id, ["SecretAccessKeyFile"] = secret },
        };
    }

    /// <summary>The ARN that the emulator knows a key by.</summary>
    public async Task<string> WhoIsAsync(AwsSession key) =>
        AwsAnswer.Text(await _wire.StsAsync(key, "GetCallerIdentity", [], CancellationToken.None), "Arn") ?? throw new DemoFailedException("the emulator does not say who a key is");

    /// <summary>Lists buckets with a session, as a workload could.</summary>
    public async Task<bool> ListsBucketsAsync(AwsSession session) => (await _wire.GetAsync(session, new AwsProbe("s3", Url, Region), CancellationToken.None)).IsSuccess;

    public async Task<bool> HasRoleAsync(string name)
    {
        try
        {
            await _wire.IamAsync(_key, "GetRole", [("RoleName", name)], CancellationToken.None);
            return true;
        }
        catch (AwsRefusedException refused) when (refused.IsGone)
        {
            return false;
        }
    }

    public void Dispose() => _wire.Dispose();
}
