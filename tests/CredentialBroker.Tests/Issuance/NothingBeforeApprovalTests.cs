using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Tests.Issuance;

/// <summary>No approval, no lease, and not so much as a connection to the target.</summary>
public sealed class NothingBeforeApprovalTests
{
    [Fact]
    public async Task R09_Without_an_approval_the_target_is_never_called()
    {
        using var target = new TcpListener(IPAddress.Loopback, 0);
        target.Start();
        await using var broker = await Brokers.StartAsync(change: configuration => configuration["Targets"]!["Postgres"] = new JsonObject
        {
            ["orders"] = new JsonObject
            {
                ["Host"] = "127.0.0.1", ["Port"] = ((IPEndPoint)target.LocalEndpoint).Port, ["Database"] = "orders", ["Username"] = "broker", ["SslMode"] = "disable",
                ["AllowedGroups"] = new JsonArray("orders_reader"), ["ObjectOwner"] = "orders_owner", ["ConnectTimeout"] = "00:00:01",
            },
        });
        var scene = broker.Scene;
        await scene.ActivateAsync(SceneFolder.Template("orders", "{ postgres: { target: orders, memberOf: [orders_reader], connectionLimit: 5 } }"));
        var pod = scene.NewPod();

        Assert.Equal("no_approval", (await scene.ClaimAsync(scene.Token(pod), "orders")).Code);
        await scene.ApproveAsync(scene.ApprovalOf(scene.NewPod(), "orders"));
        Assert.Equal(HttpStatusCode.Forbidden, (await scene.ClaimAsync(scene.Token(pod), "orders")).Status);
        Assert.False(target.Pending(), "somebody called the target");
        Assert.Equal(0, (await scene.OperatorAsync(HttpMethod.Get, "/v1/leases?ended=true")).Json.GetProperty("leases").GetArrayLength());

        // With an approval the same claim does call it, so that silence means something.
        await scene.ApproveAsync(scene.ApprovalOf(pod, "orders"));
        Assert.NotEqual(HttpStatusCode.Forbidden, (await scene.ClaimAsync(scene.Token(pod), "orders")).Status);
        Assert.True(target.Pending(), "nobody called the target");
    }
}
