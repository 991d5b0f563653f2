using System.Collections.Concurrent;

namespace CredentialBroker.Backends.Aws;

/// <summary>What is known of the roles that templates may choose: whether the broker may deny there, and for how many there is room.</summary>
internal sealed class AwsRoles(string brokerId, AwsSessions sessions, AwsDenials denials)
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
            await denials.EnforceAsync(aws, role, await sessions.TouchAsync(aws.Name, role, cancel), cancel);
            return _known[role] = new RoleState(MayDeny: true, DenyDocument.Room(key, others));
        }
        catch (AwsRefusedException refused) when (refused.IsDenied || refused.IsGone)
        {
            return _known[role] = RoleState.Undeniable;
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
