using System.Collections.Concurrent;
using CredentialBroker.Storage;

namespace CredentialBroker.Backends.Aws;

/// <summary>What is known of the roles that templates may choose: whether the broker may deny there, and for how many there is room.</summary>
internal sealed class AwsRoles(string brokerId, AwsSessions sessions, AwsDenials denials, TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, RoleState> _known = new();

    /// <summary>Null until the role was looked at.</summary>
    public RoleState? Find(string role) => _known.GetValueOrDefault(role);

    /// <summary>Looks at the role as it is, and tries the one right that ending needs by writing what the store says anyway.</summary>
    public async ValueTask<RoleState> LookAsync(AwsConnection aws, string role, CancellationToken cancel)
    {
        if (aws.Key is not { } key) return _known[role] = RoleState.Undeniable;
        try
        {
            var others = await OthersAsync(aws.Iam, role, SessionNames.DenialsOf(brokerId), cancel);
            if (Find(role) is null) await AdoptAsync(aws, key, role, cancel);
            await denials.EnforceAsync(aws, role, await sessions.TouchAsync(aws.Name, role, cancel), cancel);
            return _known[role] = new RoleState(MayDeny: true, DenyDocument.Room(key, others));
        }
        catch (AwsRefusedException refused) when (refused.IsDenied || refused.IsGone)
        {
            return _known[role] = RoleState.Undeniable;
        }
    }

    /// <summary>
    /// A store that came back from a backup does not know what was denied since. What IAM denies when the broker starts
    /// stays denied, for as long as any session could live: else writing the document would let revoked sessions in again.
    /// </summary>
    private async ValueTask AdoptAsync(AwsConnection aws, DenyKey key, string role, CancellationToken cancel)
    {
        var known = (await sessions.LiveAsync(role, cancel)).Select(session => key.ValueOf(brokerId, session.Lease)).ToHashSet();
        foreach (var value in (await denials.DeniedAsync(aws, role, cancel)).Where(value => value != DenyDocument.Nobody && !known.Contains(value)))
        {
            var lease = SessionNames.LeaseOfValue(value);
            // What this broker would not have written is not taken over.
            if (key.ValueOf(brokerId, lease) == value) await sessions.DenyAsync(aws.Name, role, lease, clock.NowMs() + (long)AwsCutOffs.LongestSession.TotalMilliseconds, cancel);
        }
    }

    /// <summary>Characters of the role's inline policies but the one named.</summary>
    public static async ValueTask<int> OthersAsync(AwsIam iam, string role, string but, CancellationToken cancel)
    {
        var name = AwsArn.NameOf(role);
        var size = 0;
        foreach (var policy in (await iam.PoliciesAsync(name, cancel)).Where(policy => policy != but)) size += DenyDocument.SizeOf(await iam.PolicyAsync(name, policy, cancel) ?? "");
        return size;
    }
}

/// <param name="MayDeny">Without it, sessions there only expire.</param>
/// <param name="Room">Leases that can be denied there at once.</param>
internal sealed record RoleState(bool MayDeny, int Room)
{
    public static readonly RoleState Undeniable = new(MayDeny: false, int.MaxValue);
}
