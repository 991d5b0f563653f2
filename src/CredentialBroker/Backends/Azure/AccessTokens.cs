using System.Globalization;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Azure;

/// <summary>Mode <c>access-token</c>: a token of the identity's own, made for the lease alone. Nothing ends it before its time.</summary>
internal sealed class AccessTokens : AzureMode
{
    public override string Word => AzureGrant.AccessToken;

    public override Revocability Revocability => Revocability.ExpiryOnly;

    public override IEnumerable<(string Name, string Value)> Plan(AzureConnection azure, AzureGrant grant, string lease) => [];

    public override async ValueTask<Minted> MintAsync(AzureConnection azure, string handle, Order order, CancellationToken cancel)
    {
        var grant = (AzureGrant)order.Grant;
        var who = azure.Identity(grant.Identity);
        var token = await azure.Tokens.FreshAsync(who, grant.Audience!, cancel);
        return new Minted(SecretOf(azure, who, token), token.DiesBy, Handle.Write(grant.Target, ("lease", order.LeaseId), ("mode", Word), ("token", token.Id)));
    }

    public override ValueTask<Minted> RenewAsync(AzureConnection azure, string handle, Order order, CancellationToken cancel) => MintAsync(azure, handle, order, cancel);

    public override ValueTask<EndReport> EndAsync(AzureConnection azure, string handle, CancellationToken cancel) => ValueTask.FromResult(new EndReport(WasThere: false));

    public override ValueTask<Probe> ProbeAsync(AzureConnection azure, string handle, CancellationToken cancel) => ValueTask.FromResult(Probe.NotPossible);

    public override ValueTask<Probe> UseAsync(AzureConnection azure, AzureGrant grant, Secret secret, CancellationToken cancel) => TokenUse.AtAsync(azure, grant, secret, cancel);

    public override ValueTask<IReadOnlyList<Ours>> ListAsync(AzureConnection azure, string target, CancellationToken cancel) => ValueTask.FromResult<IReadOnlyList<Ours>>([]);

    /// <summary>Asking for a token would make one that nothing ends.</summary>
    public override ValueTask<IReadOnlyList<string>> CheckAsync(AzureConnection azure, CancellationToken cancel) => ValueTask.FromResult<IReadOnlyList<string>>([]);

    public static Secret SecretOf(AzureConnection azure, AzureIdentity who, AzureToken token) => new(
        ("token", token.Value), ("expiresOn", (token.DiesBy / 1000).ToString(CultureInfo.InvariantCulture)), ("tenantId", azure.Options.TenantId), ("clientId", who.ClientId));
}
