using CredentialBroker.Protocol;
using CredentialBroker.Storage;

namespace CredentialBroker.Backends.Aws;

/// <summary>A role made for one lease, which goes with it.</summary>
internal sealed class LeaseRole(string brokerId, SessionAsk asks, TimeProvider clock)
{
    private const string Permissions = "lease";
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>A role of the name is there when this was asked before, so that nothing is made twice.</summary>
    public async ValueTask<Minted> MintAsync(AwsConnection aws, Order order, CancellationToken cancel)
    {
        var grant = (AwsGrant)order.Grant;
        var roles = RolesOf(aws);
        var name = asks.Session(order.LeaseId);
        var ask = asks.Of(order, ArnOf(aws, roles, name), []);
        await aws.Iam.CreateRoleAsync(
            name, roles.Path, LeaseRoleTrust.Write(aws, roles), roles.PermissionsBoundary, Math.Max(grant.Longest, 3600), [("credbroker-lease", order.LeaseId), ("credbroker", brokerId)], cancel);
        await aws.Iam.PutPolicyAsync(name, Permissions, SessionPolicy.Write(grant.Statements), cancel);
        return SessionAsk.MintedOf(aws, order, await AssumeAsync(aws, ask, order, cancel));
    }

    public async ValueTask<Minted> RenewAsync(AwsConnection aws, Order order, CancellationToken cancel)
    {
        var ask = asks.Of(order, ArnOf(aws, RolesOf(aws), asks.Session(order.LeaseId)), []);
        if (await ProbeAsync(aws, order.LeaseId, cancel) == Probe.Dead) throw new BackendException(AwsBackend.Word, ReasonCodes.LeaseOver, "the lease's role is gone", transient: false);
        return SessionAsk.MintedOf(aws, order, await aws.Sts.AssumeAsync(ask, cancel));
    }

    public async ValueTask<EndReport> EndAsync(AwsConnection aws, string lease, CancellationToken cancel) => new(await aws.Iam.DeleteRoleAsync(asks.Session(lease), cancel));

    public async ValueTask<Probe> ProbeAsync(AwsConnection aws, string lease, CancellationToken cancel)
    {
        try
        {
            await aws.Iam.RoleAsync(asks.Session(lease), cancel);
            return Probe.Alive;
        }
        catch (AwsRefusedException refused) when (refused.IsGone)
        {
            return Probe.Dead;
        }
    }

    public async ValueTask<IReadOnlyList<Ours>> ListAsync(AwsConnection aws, CancellationToken cancel) => aws.Options.LeaseRoles is not { } roles ? [] :
    [
        .. (await aws.Iam.RolesAsync(roles.Path, cancel)).Select(name => SessionNames.LeaseOf(brokerId, name)).OfType<string>()
            .Select(lease => new Ours(lease, Handle.Write(aws.Name, ("lease", lease)))),
    ];

    /// <summary>STS may not know the role for some seconds. A refusal made nothing, so that it is asked again until the deadline.</summary>
    private async ValueTask<Assumed> AssumeAsync(AwsConnection aws, AwsAsk ask, Order order, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                return await aws.Sts.AssumeAsync(ask, cancel);
            }
            catch (AwsRefusedException refused) when (refused.IsDenied && clock.NowMs() + Pause.TotalMilliseconds + aws.Options.RequestTimeout.TotalMilliseconds < order.Deadline)
            {
                await Task.Delay(Pause, clock, cancel);
            }
        }
    }

    private static string ArnOf(AwsConnection aws, AwsLeaseRoles roles, string name) => $"arn:{AwsArn.PartitionOf(aws.Options.Region)}:iam::{aws.Options.Account}:role{roles.Path}{name}";

    private static AwsLeaseRoles RolesOf(AwsConnection aws) => aws.Options.LeaseRoles ?? throw SessionAsk.Failed("the target makes no roles any more (LeaseRoles)");
}
