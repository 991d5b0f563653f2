using System.Security.Cryptography;
using CredentialBroker.Backends.Aws;
using CredentialBroker.Backends.Azure;
using CredentialBroker.Backends.Gcp;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Backends.Conformance;

/// <summary>
/// The conformance suite at the clouds themselves, where the environment gives an account; and the same runs at the
/// stand-ins, so that they are in order when somebody has one.
/// </summary>
public sealed class RealCloudTests
{
    [RealTheory("AWS_TEST_ACCOUNT", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AWS_passes_every_check(bool ownRole) => await PassesAsync(await AwsRealHarness.FromEnvironmentAsync(ownRole));

    [RealTheory("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_ORDERS_CLIENT_ID", "AZURE_ORDERS_CLIENT_SECRET")]
    [InlineData(AzureGrant.AccessToken)]
    [InlineData(AzureGrant.ServicePrincipalSecret)]
    public Task Azure_passes_every_check(string mode) => PassesAsync(AzureRealHarness.FromEnvironment(mode));

    [RealTheory("GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_TEST_ACCOUNT", "GOOGLE_TEST_BUCKET")]
    [InlineData(GcpGrant.Impersonated)]
    public Task Google_passes_every_check(string mode) => mode == GcpGrant.Impersonated ? PassesAsync(GcpRealHarness.FromEnvironment()) : throw new ArgumentOutOfRangeException(nameof(mode));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_runs_at_AWS_runs_at_the_stand_in(bool ownRole)
    {
        await using var aws = await AwsPrepared.StartAsync();
        var at = new AwsTarget { Account = StandInAccount.Id, Region = StandInAccount.Region, StsEndpoint = aws.StandIn.Url, IamEndpoint = aws.StandIn.Url, ProbeEndpoints = [aws.StandIn.Url] };
        await PassesAsync(await AwsRealHarness.StartAsync(at, aws.Broker.KeyId, aws.Broker.Secret, ownRole, TimeSpan.Zero));
        Assert.Equal(aws.Role, Assert.Single(aws.Account.Roles.Values));
    }

    [Theory]
    [InlineData(AzureGrant.AccessToken)]
    [InlineData(AzureGrant.ServicePrincipalSecret)]
    public async Task What_runs_at_Azure_runs_at_the_stand_in(string mode)
    {
        await using var rig = await AzureRig.StartAsync();
        foreach (var application in new[] { AzureRig.BrokerApplication, AzureRig.OrdersApplication })
            rig.StandIn.State.Applications[application].Passwords.Add(new StandInPassword("99999999-0000-4000-8000-000000000009", "standing", TimeProvider.System.GetUtcNow(), TimeProvider.System.GetUtcNow().AddDays(1), $"secret-of-{application}"));
        var id = RoleAssignment.IdAt(StandInResourceManager.VaultScope, Guid.Parse("ffffffff-0000-4000-8000-000000000006"));
        rig.StandIn.State.Assignments[id] = new StandInAssignment(id, StandInResourceManager.VaultScope, StandInResourceManager.SecretsUser, AzureRig.OrdersPrincipal, null);
        await PassesAsync(new AzureRealHarness(
            mode, rig.Target, $"secret-of-{AzureRig.BrokerApplication}", $"secret-of-{AzureRig.OrdersApplication}", AzureRig.VaultAudience, rig.Probe, TimeSpan.Zero));
        Assert.Equal("standing", Assert.Single(rig.Passwords).Name);
    }

    [Fact]
    public async Task What_runs_at_Google_runs_at_the_stand_in()
    {
        await using var rig = await GcpRig.StartAsync();
        using var key = RSA.Create(2048);
        var file = rig.KeyFile(key);
        try
        {
            await PassesAsync(GcpRealHarness.Of(rig.Target, file, new Uri(rig.StandIn.Url, "/storage/v1/b/orders-eu/o?prefix=invoices/")));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task PassesAsync(Harness harness)
    {
        await using (harness) Assert.Equal("", string.Join("\n", await BackendConformance.RunAsync(harness)));
    }
}
