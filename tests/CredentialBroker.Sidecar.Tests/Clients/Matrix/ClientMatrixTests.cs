using System.Reflection;

namespace CredentialBroker.Sidecar.Tests.Clients.Matrix;

/// <summary>Every client through every scenario: unmodified, with nothing but what its makers document to point it at the sidecar.</summary>
public sealed class ClientMatrixTests(Places places) : IClassFixture<Places>
{
    [Theory]
    [ClientRows("aws cli, container credentials")]
    [ClientRows("aws cli, credential_process")]
    [ClientRows("aws cli, instance metadata")]
    [ClientRows("boto3, container credentials")]
    [ClientRows("boto3, instance metadata")]
    [ClientRows("AWSSDK, container credentials with a token file")]
    [ClientRows("@aws-sdk/credential-providers, container credentials with a token file")]
    [ClientRows("python azure-identity, ManagedIdentityCredential, App Service")]
    [ClientRows("python azure-identity, DefaultAzureCredential, App Service")]
    [ClientRows("python azure-identity, ManagedIdentityCredential, instance metadata")]
    [ClientRows("Azure.Identity, App Service")]
    [ClientRows("Azure.Identity, instance metadata")]
    [ClientRows("@azure/identity, App Service")]
    [ClientRows("python google-auth")]
    [ClientRows("Google.Apis.Auth")]
    [ClientRows("google-auth-library")]
    [ClientRows("psql")]
    [ClientRows("Npgsql")]
    [ClientRows("git")]
    [ClientRows("kubectl")]
    [ClientRows("docker")]
    public async Task R24_R25_Unmodified_clients_get_leased_credentials(string client, string scenario)
    {
        await using var stage = await Stage.BeginAsync(await places.OfAsync(client));
        await Scenarios.All[scenario](stage);
    }

    [Fact]
    public void Every_client_of_the_table_is_run() => Assert.Equal(
        RealClients.All.Keys.Order(),
        typeof(ClientMatrixTests).GetMethod(nameof(R24_R25_Unmodified_clients_get_leased_credentials))!.GetCustomAttributes<ClientRowsAttribute>().Select(rows => rows.Client).Order());
}
