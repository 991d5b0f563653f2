using System.Globalization;
using CredentialBroker.Backends.GitHub;

namespace CredentialBroker.Backends.Conformance;

/// <summary>Installation tokens, at the stand-in or at GitHub.</summary>
internal sealed class GitHubHarness(GitHubRig rig) : Harness
{
    private int _before;

    /// <summary>At GitHub itself nobody waits for an hour.</summary>
    public override IReadOnlyCollection<string> Unseen => rig.StandIn is null ? ["expired credential is refused"] : [];

    public override bool EndsAtTarget => true;

    public override bool MintsAgain => false;

    public override TimeSpan? OwnLife => InstallationToken.Life;

    public static async Task<GitHubHarness> StartAsync(bool real)
    {
        var rig = await GitHubRig.StartAsync(real);
        return new GitHubHarness(rig) { Backend = rig.Backend };
    }

    public override Order NewOrder(TimeSpan life, TimeSpan deadline)
    {
        _before = rig.StandIn?.Tokens.Count ?? 0;
        return rig.Order(life, deadline);
    }

    public override Task<bool> WorksAsync(Secret secret) => rig.WorksAsync(secret);

    public override Task<long> ExpiryAsync(string handle, Secret secret) => Task.FromResult(rig.StandIn is { } standIn
        ? standIn.Tokens.Single(one => one.Token == secret.Member("test", "token")).Expires.ToUnixTimeMilliseconds()
        : DateTimeOffset.Parse(secret.Member("test", "expiresAt"), CultureInfo.InvariantCulture).ToUnixTimeMilliseconds());

    /// <summary>One whose answer is not there to look at is any that was made since.</summary>
    public override async Task<bool> ExistsAsync(string handle) => Handle.Find(handle, "sealed") is null
        ? rig.StandIn?.Tokens.Count > _before
        : await rig.Backend.ProbeAsync(handle, default) == Probe.Alive;

    /// <summary>Whatever the lease, a token's own hour has to pass.</summary>
    public override Task PassAsync(TimeSpan time)
    {
        rig.Time.Pass(InstallationToken.Life + time);
        return Task.CompletedTask;
    }

    public override ValueTask DisposeAsync() => rig.DisposeAsync();
}
