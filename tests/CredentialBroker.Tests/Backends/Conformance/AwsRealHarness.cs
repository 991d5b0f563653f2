using CredentialBroker.Backends.Aws;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;

namespace CredentialBroker.Backends.Conformance;

/// <summary>
/// Sessions at AWS itself, or at whatever speaks like it: a role that may list buckets is made for the run with the caller's
/// own key, and deleted after it.
/// </summary>
internal sealed class AwsRealHarness : Harness
{
    private readonly string _folder = Directory.CreateTempSubdirectory("credbroker-aws-").FullName;
    private readonly string _role = $"credbroker-test-{Ids.New(TimeProvider.System)[^8..]}";
    private AwsRig _rig = null!;
    private AwsGrant _grant = null!;

    private AwsRealHarness() { }

    /// <summary>How long a session of the role works is decided by its policy, which AWS shows to nobody.</summary>
    public override IReadOnlyCollection<string> Unseen => ["expiry is as ordered", "renew lives longer"];

    public override bool EndsAtTarget => true;

    public override bool MintsAgain => false;

    public override bool Lists => _grant.Role is null;

    public static Task<AwsRealHarness> FromEnvironmentAsync(bool ownRole)
    {
        var region = Environment.GetEnvironmentVariable("AWS_REGION")!;
        var at = new AwsTarget { Account = Environment.GetEnvironmentVariable("AWS_TEST_ACCOUNT")!, Region = region, ProbeEndpoints = [new Uri($"https://s3.{region}.amazonaws.com")] };
        return StartAsync(at, Environment.GetEnvironmentVariable("AWS_ACCESS_KEY_ID")!, Environment.GetEnvironmentVariable("AWS_SECRET_ACCESS_KEY")!, ownRole, TimeSpan.FromSeconds(15));
    }

    /// <param name="lag">How long changes of IAM take to be seen everywhere.</param>
    public static async Task<AwsRealHarness> StartAsync(AwsTarget at, string keyId, string secret, bool ownRole, TimeSpan lag)
    {
        var harness = new AwsRealHarness { Backend = null! };
        await harness.PrepareAsync(at, keyId, secret, lag);
        harness._grant = new AwsGrant(
            AwsRig.TargetName, ownRole ? null : harness._rig.Target.Roles[0], 3600, [], [], new AwsProbe("s3", at.ProbeEndpoints[0], at.Region), [new AwsStatement("Allow", ["s3:ListAllMyBuckets"], ["*"], [])]);
        harness.Backend = new Remembering(harness._rig.Backend, TimeSpan.Zero, lag);
        return harness;
    }

    /// <summary>A new role is not known everywhere at once, which a deadline has to leave time for.</summary>
    public override Order NewOrder(TimeSpan life, TimeSpan deadline) => _rig.Order(life, deadline > TimeSpan.Zero ? TimeSpan.FromMinutes(1) : deadline, _grant);

    public override async Task<bool> WorksAsync(Secret secret) => await AwsUse.TryAsync(_rig.Connections.To(AwsRig.TargetName).Wire, _grant.Probe!, secret, default) == Probe.Alive;

    public override Task<long> ExpiryAsync(string handle, Secret secret) => throw new NotSupportedException("is among what is not seen");

    /// <summary>AWS lists no sessions.</summary>
    public override async Task<bool> ExistsAsync(string handle) => _grant.Role is null && await _rig.Backend.ProbeAsync(handle, default) == Probe.Alive;

    public override Task PassAsync(TimeSpan time) => Task.Delay(time + TimeSpan.FromSeconds(1));

    public override async ValueTask DisposeAsync()
    {
        var iam = _rig.Connections.To(AwsRig.TargetName).Iam;
        await iam.DeleteRoleAsync(_role, default);
        // What checks left without ending it.
        foreach (var ours in await _rig.Backend.ListAsync(AwsRig.TargetName, default)) await _rig.Backend.EndAsync(ours.Handle, default);
        await _rig.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task PrepareAsync(AwsTarget at, string keyId, string secret, TimeSpan lag)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "id"), keyId);
        await File.WriteAllTextAsync(Path.Combine(_folder, "secret"), secret);
        at = at with { Login = new AwsLogin { Method = "keys", AllowStaticKeys = true, AccessKeyIdFile = Path.Combine(_folder, "id"), SecretAccessKeyFile = Path.Combine(_folder, "secret") } };
        _rig = await AwsRig.AtAsync(at);
        var aws = _rig.Connections.To(AwsRig.TargetName);
        var own = await aws.Wire.StsAsync(new AwsSession(keyId, secret, null, 0), "GetCallerIdentity", [], default);
        Assert.Equal(at.Account, AwsAnswer.Text(own, "Account"));
        var arn = AwsAnswer.Text(own, "Arn")!;
        await aws.Iam.CreateRoleAsync(_role, "/", StandInAccount.Trust(arn), boundary: null, 3600, [], default);
        await aws.Iam.PutPolicyAsync(_role, "permissions", """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}]}""", default);
        await Task.Delay(lag);
        _rig.Connect(at with { Roles = [$"arn:{AwsArn.PartitionOf(at.Region)}:iam::{at.Account}:role/{_role}"], LeaseRoles = new AwsLeaseRoles { TrustedPrincipal = arn } });
    }
}
