using System.Net;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Tests.Operators;

/// <summary>The bootstrap token ends with the first admin of everything who proves who they are.</summary>
[Collection("postgres")]
public sealed class BootstrapTokenTests(PostgresFixture postgres)
{
    [Fact]
    public async Task The_first_admin_ends_it_on_every_replica_and_for_good()
    {
        var store = await postgres.NewDatabaseAsync();
        await using var scene = await OperatorScene.StartAsync(store);
        await using (var replica = await scene.StartBrokerAsync(store))
        {
            var token = (await File.ReadAllTextAsync(scene.Folder.TokenFile)).Trim();
            Assert.Equal(HttpStatusCode.OK, (await replica.Scene.SendAsync(HttpMethod.Get, "/v1/whoami", token)).Status);

            // Neither lesser roles nor a narrowed admin could take its place.
            foreach (var groups in new[] { "auditors platform responders", "test-admins elsewhere-admins" }) await scene.AsAsync(scene.Token("ann", groups), HttpMethod.Get, "/v1/whoami");
            Assert.Equal(HttpStatusCode.OK, (await replica.Scene.SendAsync(HttpMethod.Get, "/v1/whoami", token)).Status);

            Assert.Equal(HttpStatusCode.OK, (await scene.AsAsync(scene.Token("adam", "admins"), HttpMethod.Get, "/v1/whoami")).Status);
            foreach (var broker in new[] { scene.Broker, replica }) Assert.Equal("operator_unknown", (await broker.Scene.SendAsync(HttpMethod.Get, "/v1/whoami", token)).Code);
            await scene.AsAsync(scene.Token("adam", "admins"), HttpMethod.Get, "/v1/whoami");
            Assert.Equal(HttpStatusCode.OK, (await replica.Scene.SendAsync(HttpMethod.Get, "/v1/whoami", scene.Token("adam", "admins"))).Status);
        }

        File.Delete(scene.Folder.TokenFile);
        await using var later = await scene.StartBrokerAsync(store);
        Assert.False(File.Exists(scene.Folder.TokenFile));
        var told = Assert.Single(await scene.AuditAsync("operator.bootstrap_retired"));
        Assert.Equal($"{OperatorScene.Issuer}#adam", told.GetProperty("actor").GetString());
    }

    [Fact]
    public async Task An_admin_by_certificate_ends_it_too()
    {
        await using var scene = await OperatorScene.StartAsync();
        using var root = scene.Staff.Issue("CN=root, O=Test");
        Assert.Equal(HttpStatusCode.OK, (await scene.ShowAsync(root, HttpMethod.Get, "/v1/whoami")).Status);
        Assert.Equal("operator_unknown", (await scene.Scene.OperatorAsync(HttpMethod.Get, "/v1/whoami")).Code);
    }
}
