using CredentialBroker.Backends.Wires;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Azure;

/// <summary>Shows a lease's token where the template's <c>probe</c> says.</summary>
internal static class TokenUse
{
    public static async ValueTask<Probe> AtAsync(AzureConnection azure, AzureGrant grant, Secret secret, CancellationToken cancel)
    {
        if (grant.Probe is not { } at) return Probe.NotPossible;
        var (probe, answer) = await BearerUse.TryAsync(azure.Anywhere, at, secret, cancel);
        return probe ?? throw AzureErrors.Of(answer, ReasonCodes.TargetUnavailable, "using the credential");
    }
}
