using CredentialBroker.Backends.Aws;

namespace CredentialBroker.Backends.Conformance;

/// <summary>Sessions at the stand-in: of a role that leases share, or each of a role of its own.</summary>
internal sealed class AwsHarness(AwsRig rig, bool ownRole) : Harness
{
    public override bool EndsAtTarget => true;

    public override bool MintsAgain => false;

    /// <summary>Sessions of a shared role cannot be listed at AWS; what denies them can.</summary>
    public override bool Lists => ownRole;

    public static async Task<AwsHarness> StartAsync(bool ownRole)
    {
        var rig = await AwsRig.StartAsync();
        return new AwsHarness(rig, ownRole) { Backend = rig.Backend };
    }

    public override Order NewOrder(TimeSpan life, TimeSpan deadline) => rig.Order(life, deadline, ownRole ? rig.OwnRole() : rig.Grant());

    public override Task<bool> WorksAsync(Secret secret) => rig.WorksAsync(secret);

    /// <summary>By its own policy, which AWS evaluates at every request.</summary>
    public override Task<long> ExpiryAsync(string handle, Secret secret)
    {
        var session = rig.Session(secret);
        var stops = Enumerable.Range(0, 4000).Select(second => session.Issued.AddSeconds(second)).First(at => session.Policies.Any(policy => policy.Judge(
            "s3:GetBucketLocation", AwsRig.Bucket, new Dictionary<string, string> { ["aws:CurrentTime"] = AwsStandIn.Time(at) }) == Verdict.Deny));
        return Task.FromResult(Math.Min(stops.ToUnixTimeMilliseconds(), session.Expires.ToUnixTimeMilliseconds()));
    }

    public override Task<bool> ExistsAsync(string handle) => Task.FromResult(rig.Account.Locked(() =>
    {
        var lease = Handle.Read("test", handle, "lease")["lease"];
        return rig.Account.Roles.ContainsKey(SessionNames.SessionOf(AwsRig.BrokerId, lease))
            || rig.Account.Sessions.Values.Any(session => session.Name.EndsWith(lease, StringComparison.Ordinal) && rig.Account.Allows(new StandInCaller(null, session), "s3:GetBucketLocation", AwsRig.Bucket));
    }));

    public override Task PassAsync(TimeSpan time) => Task.Delay(time + TimeSpan.FromMilliseconds(100));

    public override ValueTask DisposeAsync() => rig.DisposeAsync();
}
