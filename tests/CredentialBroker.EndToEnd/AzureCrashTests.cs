using CredentialBroker.Backends.Azure;
using CredentialBroker.TestInfra;

namespace CredentialBroker.EndToEnd;

/// <summary>kill -9 at every named point while something is made at Azure, in both modes, or ended there: nothing stays that no live lease is for.</summary>
public sealed class AzureCrashTests
{
    private static readonly string[] Modes = [AzureGrant.ServicePrincipalSecret, AzureGrant.RoleAssignment];

    [Fact]
    public Task R24_Nothing_is_orphaned_at_Azure_when_killed_while_issuing() => Task.WhenAll(Modes.Select(mode => InModeAsync(mode, scene => CrashRun.IssuingAsync(scene))));

    [Fact]
    public Task R21_The_end_at_Azure_goes_on_when_killed_while_ending() => InModeAsync(AzureGrant.RoleAssignment, scene => CrashRun.EndingAsync(scene));

    private static async Task InModeAsync(string mode, Func<CrashScene, Task> run)
    {
        await using var rig = await AzureRig.StartAsync();
        await run(new CrashScene(
            (configuration, _) =>
            {
                rig.AddTo(configuration);
                rig.Trust($"{configuration["Hosting"]!["Listen"]}/issuer/federation");
            },
            number => SceneFolder.Template("orders", Section(mode, number), more: "maxResidual: 90m"),
            () => Task.FromResult(rig.Passwords.Select(one => one.Name!).Concat(rig.Assignments.Select(one => one.Description!.Split(' ')[0])).Select(name => name.Split('-')[^1]).ToList())));
    }

    /// <summary>Azure gives one principal a role at a scope once: what the kill before left there is not to be in the way.</summary>
    private static string Section(string mode, int number) => mode == AzureGrant.ServicePrincipalSecret
        ? "{ azure: { target: prod, mode: service-principal-secret, identity: orders } }"
        : $"{{ azure: {{ target: prod, mode: role-assignment, identity: spare-{number}, audience: \"{AzureRig.VaultAudience}\", role: {StandInResourceManager.SecretsUser}, scope: \"{StandInResourceManager.VaultScope}\" }} }}";
}
