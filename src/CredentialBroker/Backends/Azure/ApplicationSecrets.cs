using System.Globalization;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;

namespace CredentialBroker.Backends.Azure;

/// <summary>
/// Mode <c>service-principal-secret</c>: a secret of the application for the lease, which ends at Entra with the lease.
/// Its key id is Entra's to choose, so that its name, which is the lease's, is what it is found by where that answer was lost.
/// </summary>
internal sealed class ApplicationSecrets(string brokerId, BrokerClock clock) : AzureMode
{
    public override string Word => AzureGrant.ServicePrincipalSecret;

    /// <summary>No new tokens; those that were had with it live on for their own time.</summary>
    public override Revocability Revocability => Revocability.Principal;

    public override IEnumerable<(string Name, string Value)> Plan(AzureConnection azure, AzureGrant grant, string lease) => [("application", azure.Identity(grant.Identity).ClientId)];

    public override async ValueTask<Minted> MintAsync(AzureConnection azure, string handle, Order order, CancellationToken cancel)
    {
        if ((await NamedAsync(azure, handle, order.LeaseId, cancel)).Count > 0) throw Failed("the lease has a secret already");
        return await AddAsync(azure, handle, order, cancel);
    }

    /// <summary>Another secret; the former one stops at its own end, so that a lost answer leaves the workload what it has.</summary>
    public override async ValueTask<Minted> RenewAsync(AzureConnection azure, string handle, Order order, CancellationToken cancel)
    {
        if ((await NamedAsync(azure, handle, order.LeaseId, cancel)).Count == 0) throw Over("the application has no secret of this lease any more");
        return await AddAsync(azure, handle, order, cancel);
    }

    /// <summary>By key id where it is known, then whatever else has the lease's name: a list may not show yet what was just made.</summary>
    public override async ValueTask<EndReport> EndAsync(AzureConnection azure, string handle, CancellationToken cancel)
    {
        var application = ApplicationOf(handle);
        var wasThere = Handle.Find(handle, "key") is { } key && AzureNames.IsGuid(key) && await azure.Graph.RemovePasswordAsync(application, key, cancel);
        foreach (var left in await NamedAsync(azure, handle, LeaseOf(handle), cancel)) wasThere |= await azure.Graph.RemovePasswordAsync(application, left.KeyId, cancel);
        return new EndReport(wasThere);
    }

    public override async ValueTask<Probe> ProbeAsync(AzureConnection azure, string handle, CancellationToken cancel) =>
        (await NamedAsync(azure, handle, LeaseOf(handle), cancel)).Any(one => one.EndsAt > clock.NowMs()) ? Probe.Alive : Probe.Dead;

    public override async ValueTask<Probe> UseAsync(AzureConnection azure, AzureGrant grant, Secret secret, CancellationToken cancel)
    {
        var audience = grant.Audience ?? $"{azure.Options.GraphEndpoint.GetLeftPart(UriPartial.Authority)}/.default";
        return await azure.Tokens.AcceptsAsync(azure.Identity(grant.Identity), secret.Member("clientSecret"), audience, cancel) ? Probe.Alive : Probe.Dead;
    }

    public override async ValueTask<IReadOnlyList<Ours>> ListAsync(AzureConnection azure, string target, CancellationToken cancel)
    {
        var ours = new List<Ours>();
        foreach (var application in Applications(azure))
        {
            foreach (var one in await azure.Graph.PasswordsAsync(application, cancel) ?? [])
            {
                if (AzureNames.LeaseIn(one.Name, brokerId) is { } lease && !ours.Exists(ours => ours.LeaseId == lease))
                    ours.Add(new Ours(lease, Handle.Write(target, ("lease", lease), ("mode", Word), ("application", application))));
            }
        }

        return ours;
    }

    public override async ValueTask<IReadOnlyList<string>> CheckAsync(AzureConnection azure, CancellationToken cancel)
    {
        var problems = new List<string>();
        foreach (var application in Applications(azure))
        {
            try
            {
                if (await azure.Graph.PasswordsAsync(application, cancel) is null) problems.Add($"the application {application} does not exist");
            }
            catch (BackendException error)
            {
                problems.Add(error.Detail);
            }
        }

        return problems;
    }

    private async ValueTask<Minted> AddAsync(AzureConnection azure, string handle, Order order, CancellationToken cancel)
    {
        var application = ApplicationOf(handle);
        var name = AzureNames.Of(brokerId, order.LeaseId);
        if (clock.NowMs() > order.Deadline) throw Failed("the deadline of the operation has passed");
        var (made, wrong) = await azure.Graph.AddPasswordAsync(application, name, order.EndsAt, cancel);
        if (wrong is not null)
        {
            if (made is not null) await azure.Graph.RemovePasswordAsync(application, made.KeyId, cancel);
            throw Failed($"Graph made no secret that a lease may have: {wrong}");
        }

        var secret = new Secret(
            ("clientId", application), ("clientSecret", made!.Text!), ("tenantId", azure.Options.TenantId), ("expiresOn", (made.EndsAt / 1000).ToString(CultureInfo.InvariantCulture)));
        // A token had with it in its last second is what lives longest.
        return new Minted(
            secret, made.EndsAt + (long)azure.Options.TokenLife.TotalMilliseconds,
            Handle.Write(order.Grant.Target, ("lease", order.LeaseId), ("mode", Word), ("application", application), ("key", made.KeyId)));
    }

    private async ValueTask<IReadOnlyList<GraphPassword>> NamedAsync(AzureConnection azure, string handle, string lease, CancellationToken cancel)
    {
        var all = await azure.Graph.PasswordsAsync(ApplicationOf(handle), cancel) ?? [];
        return [.. all.Where(one => one.Name == AzureNames.Of(brokerId, lease))];
    }

    private static IEnumerable<string> Applications(AzureConnection azure) => azure.Options.Identities.Values.Where(one => one.AllowSecrets).Select(one => one.ClientId).Distinct();

    private static string LeaseOf(string handle) => Handle.Read(AzureBackend.Word, handle, "lease")["lease"];

    private static string ApplicationOf(string handle) => Handle.Read(AzureBackend.Word, handle, "application")["application"] is var application && AzureNames.IsGuid(application)
        ? application
        : throw new BackendException(AzureBackend.Word, ReasonCodes.EndFailed, "the lease's handle names no application", transient: false);
}
