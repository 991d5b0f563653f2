using CredentialBroker.Protocol;
using YamlDotNet.RepresentationModel;

namespace CredentialBroker.Backends.Aws;

/// <summary>
/// Sessions of AWS roles. Those of a role that is there end by a deny in that role's policy, which names the lease and
/// leaves its neighbours alone; a role made for one lease ends with the lease.
/// </summary>
internal sealed class AwsBackend(AwsConnections connections, AwsRoles roles, SharedRole shared, LeaseRole own, AwsCheck check) : Backend
{
    public const string Word = "aws";

    public override string Name => Word;

    public override Revocability Revocability => Revocability.Condition;

    /// <summary>Until the role was looked at, nothing is promised.</summary>
    public override Revocability RevocabilityOf(Grant grant) => ((AwsGrant)grant).Role is not { } role ? Revocability.Principal
        : roles.Find(role) is { MayDeny: true } ? Revocability.Condition : Revocability.ExpiryOnly;

    /// <summary>Changes of IAM are seen everywhere within seconds, as a rule.</summary>
    public override TimeSpan ExpectedLatency => TimeSpan.FromSeconds(10);

    public override Renewal Renewal => Renewal.Reissue;

    /// <summary>A role that was just made is not known everywhere at once.</summary>
    public override TimeSpan OperationTimeout => TimeSpan.FromSeconds(20);

    /// <summary>The connection of a call given up is closed.</summary>
    public override TimeSpan SettleTime => TimeSpan.FromSeconds(5);

    public override bool DiesAtExpiry => true;

    /// <summary>A role made for a lease stays when its sessions are dead, and has to be deleted.</summary>
    public override bool DiesAtExpiryOf(string handle) => Handle.Find(handle, "role") is not null;

    public override IReadOnlyCollection<string> Targets => [.. connections.Targets.Keys];

    public override ValueTask<IReadOnlyList<string>> CheckAsync(string target, CancellationToken cancel) => check.RunAsync(connections.To(target), cancel);

    public override Grant? Compile(YamlMappingNode section, Mistakes mistakes) => AwsSection.Compile(section, connections.Targets, mistakes);

    public override string Plan(Order order) => ((AwsGrant)order.Grant).Role is { } role
        ? Handle.Write(order.Grant.Target, ("lease", order.LeaseId), ("role", role))
        : Handle.Write(order.Grant.Target, ("lease", order.LeaseId));

    public override ValueTask<string> PrepareAsync(string handle, Order order, CancellationToken cancel) =>
        ToldAsync(ReasonCodes.MintFailed, () => RoleOf(handle) is { } role ? shared.PrepareAsync(To(handle), role, handle, order, cancel) : ValueTask.FromResult(handle));

    public override ValueTask<Minted> MintAsync(string handle, Order order, CancellationToken cancel) =>
        ToldAsync(ReasonCodes.MintFailed, () => RoleOf(handle) is { } role ? shared.MintAsync(To(handle), role, order, cancel) : own.MintAsync(To(handle), order, cancel));

    public override ValueTask<Minted> RenewAsync(string handle, Order order, CancellationToken cancel) =>
        ToldAsync(ReasonCodes.MintFailed, () => RoleOf(handle) is { } role ? shared.RenewAsync(To(handle), role, order, cancel) : own.RenewAsync(To(handle), order, cancel));

    public override ValueTask<EndReport> EndAsync(string handle, CancellationToken cancel) =>
        ToldAsync(ReasonCodes.EndFailed, () => RoleOf(handle) is { } role ? shared.EndAsync(To(handle), role, handle, cancel) : own.EndAsync(To(handle), LeaseOf(handle), cancel));

    public override ValueTask<Probe> ProbeAsync(string handle, CancellationToken cancel) =>
        ToldAsync(ReasonCodes.TargetUnavailable, () => RoleOf(handle) is { } role ? shared.ProbeAsync(To(handle), role, handle, cancel) : own.ProbeAsync(To(handle), LeaseOf(handle), cancel));

    public override ValueTask<Probe> UseAsync(Grant grant, Secret secret, CancellationToken cancel) => ((AwsGrant)grant).Probe is { } probe
        ? AwsUse.TryAsync(connections.To(grant.Target).Wire, probe, secret, cancel)
        : ValueTask.FromResult(Probe.NotPossible);

    public override ValueTask<IReadOnlyList<Ours>> ListAsync(string target, CancellationToken cancel) => ToldAsync<IReadOnlyList<Ours>>(ReasonCodes.TargetUnavailable, async () =>
        [.. await own.ListAsync(connections.To(target), cancel), .. await shared.StrayAsync(connections.To(target), cancel)]);

    private static string? RoleOf(string handle) => Handle.Find(handle, "role");

    private static string LeaseOf(string handle) => Handle.Read(Word, handle, "lease")["lease"];

    private AwsConnection To(string handle) => connections.To(Handle.TargetOf(Word, handle));

    private static async ValueTask<T> ToldAsync<T>(string code, Func<ValueTask<T>> work)
    {
        try
        {
            return await work();
        }
        catch (AwsRefusedException refused)
        {
            throw refused.ToBackend(code);
        }
    }
}
