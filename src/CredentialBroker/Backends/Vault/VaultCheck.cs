using System.Net;
using CredentialBroker.Backends.Wires;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Vault;

/// <summary>Looks at a target as it is now: whether the broker can log in, and whether the token role makes what leases need.</summary>
internal static class VaultCheck
{
    public static async ValueTask<IReadOnlyList<string>> RunAsync(VaultConnection vault, CancellationToken cancel)
    {
        var name = vault.Options.TokenRole;
        try
        {
            var answer = await vault.Session.CallAsync($"auth/token/roles/{name}", body: null, cancel);
            if (answer.Status == HttpStatusCode.NotFound) return [$"the token role {name} does not exist"];
            if (!answer.IsSuccess || answer.Object("data") is not { } role) return [VaultErrors.Of(answer, ReasonCodes.TargetUnavailable, $"reading the token role {name}").Detail];
            var problems = new List<string>();
            if (!role.Truth("orphan")) problems.Add($"the token role {name} is not orphan: leases would end with the broker's own login");
            if (!role.Truth("renewable")) problems.Add($"the token role {name} is not renewable: no lease could be renewed");
            if (role.Text("token_type") is "batch" or "default-batch") problems.Add($"the token role {name} makes batch tokens, which cannot be revoked");
            if (role.Seconds("token_period") is > 0) problems.Add($"the token role {name} has a period: its tokens would not live as long as is asked");
            if (role.Seconds("token_num_uses") is > 0) problems.Add($"the token role {name} limits uses: what a token read dies with its last");
            var allowed = role.Texts("allowed_policies") ?? [];
            problems.AddRange(vault.Options.Policies.Except(allowed).Select(policy => $"the token role {name} does not allow the policy {policy}"));
            if (vault.Options.ListTokens) await VaultListing.AccessorsAsync(vault, cancel);
            return problems;
        }
        catch (BackendException error)
        {
            return [error.Detail];
        }
    }
}
