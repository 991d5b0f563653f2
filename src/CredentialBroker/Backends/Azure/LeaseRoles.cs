using CredentialBroker.Protocol;
using CredentialBroker.Storage;

namespace CredentialBroker.Backends.Azure;

/// <summary>
/// Mode <c>role-assignment</c>: the identity has a role at one scope for as long as the lease lasts, and the workload a
/// token of it. Azure looks at assignments at every call, so that the token is worth nothing there once it is deleted.
/// </summary>
internal sealed class LeaseRoles(string brokerId, BrokerClock clock) : AzureMode
{
    public override string Word => AzureGrant.RoleAssignment;

    public override Revocability Revocability => Revocability.Condition;

    public override IEnumerable<(string Name, string Value)> Plan(AzureConnection azure, AzureGrant grant, string lease) =>
        [("assignment", RoleAssignment.IdAt(grant.Role!.Scope, AzureNames.AssignmentOf(brokerId, lease)))];

    public override async ValueTask<Minted> MintAsync(AzureConnection azure, string handle, Order order, CancellationToken cancel)
    {
        var grant = (AzureGrant)order.Grant;
        var id = IdIn(handle);
        if (await azure.ResourceManager.ReadAsync(id, cancel) is not null) throw Failed("the lease has its role already");
        // The token first: it is worth nothing without the role, where the role would be worth something without the token.
        var who = azure.Identity(grant.Identity);
        var token = await azure.Tokens.FreshAsync(who, grant.Audience!, cancel);
        if (clock.NowMs() > order.Deadline) throw Failed("the deadline of the operation has passed");
        var asked = new RoleAssignment(id, grant.Role!.Scope, grant.Role.Definition, who.PrincipalId!, $"{AzureNames.Of(brokerId, order.LeaseId)} approval={order.Approval}");
        if (await azure.ResourceManager.AssignAsync(asked, cancel) is { } wrong)
        {
            await azure.ResourceManager.DeleteAsync(id, cancel);
            throw Failed($"Azure made another role assignment than was asked: {wrong}");
        }

        return new Minted(AccessTokens.SecretOf(azure, who, token), token.DiesBy, HandleOf(order, id, token));
    }

    public override async ValueTask<Minted> RenewAsync(AzureConnection azure, string handle, Order order, CancellationToken cancel)
    {
        var grant = (AzureGrant)order.Grant;
        var id = IdIn(handle);
        if (await azure.ResourceManager.ReadAsync(id, cancel) is null) throw Over("the lease's role assignment is gone");
        var who = azure.Identity(grant.Identity);
        var token = await azure.Tokens.FreshAsync(who, grant.Audience!, cancel);
        return new Minted(AccessTokens.SecretOf(azure, who, token), token.DiesBy, HandleOf(order, id, token));
    }

    public override async ValueTask<EndReport> EndAsync(AzureConnection azure, string handle, CancellationToken cancel) => new(await azure.ResourceManager.DeleteAsync(IdIn(handle), cancel));

    public override async ValueTask<Probe> ProbeAsync(AzureConnection azure, string handle, CancellationToken cancel) =>
        await azure.ResourceManager.ReadAsync(IdIn(handle), cancel) is null ? Probe.Dead : Probe.Alive;

    public override ValueTask<Probe> UseAsync(AzureConnection azure, AzureGrant grant, Secret secret, CancellationToken cancel) => TokenUse.AtAsync(azure, grant, secret, cancel);

    public override async ValueTask<IReadOnlyList<Ours>> ListAsync(AzureConnection azure, string target, CancellationToken cancel)
    {
        var ours = new Dictionary<string, Ours>();
        foreach (var scope in azure.Options.RoleScopes)
        {
            foreach (var one in await azure.ResourceManager.ListAsync(scope, cancel))
            {
                // The name of a lease at an assignment that it would not have is not the lease's: what is not ours is never ended.
                if (AzureNames.LeaseIn(one.Description, brokerId) is { } lease && AzureNames.IsBelow(one.Scope, [scope]) && one.Id == RoleAssignment.IdAt(one.Scope, AzureNames.AssignmentOf(brokerId, lease)))
                    ours[lease] = new Ours(lease, Handle.Write(target, ("lease", lease), ("mode", Word), ("assignment", one.Id)));
            }
        }

        return [.. ours.Values];
    }

    public override async ValueTask<IReadOnlyList<string>> CheckAsync(AzureConnection azure, CancellationToken cancel)
    {
        var problems = new List<string>();
        foreach (var scope in azure.Options.RoleScopes)
        {
            try
            {
                await azure.ResourceManager.ListAsync(scope, cancel);
            }
            catch (BackendException error)
            {
                problems.Add(error.Detail);
            }
        }

        return problems;
    }

    private string HandleOf(Order order, string id, AzureToken token) =>
        Handle.Write(order.Grant.Target, ("lease", order.LeaseId), ("mode", Word), ("assignment", id), ("token", token.Id));

    private static string IdIn(string handle) => Handle.Read(AzureBackend.Word, handle, "assignment")["assignment"] is var id && RoleAssignment.IsId(id)
        ? id
        : throw new BackendException(AzureBackend.Word, ReasonCodes.EndFailed, "the lease's handle names no role assignment", transient: false);
}
