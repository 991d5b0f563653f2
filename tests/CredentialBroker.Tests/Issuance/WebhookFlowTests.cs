using System.Net;
using CredentialBroker.Backends;
using CredentialBroker.Backends.Webhook;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Tests.Issuance;

/// <summary>The life of a lease of what a receiver makes, from claim to end, through the broker's own door and with its own keys.</summary>
public sealed class WebhookFlowTests
{
    private static readonly string Template = SceneFolder.Template("orders", "{ webhook: { target: main, kind: api-key, scopes: { read: { scope: \"orders:read\" } } } }");

    [Fact]
    public async Task R24_R47_What_a_receiver_made_for_a_task_ends_with_the_task()
    {
        await using var rig = await WebhookRig.StartAsync();
        await using var broker = await Brokers.StartAsync(change: rig.AddTo);
        var (pod, reply) = await ClaimAsync(broker);
        Assert.True(reply.Status == HttpStatusCode.Created, reply.Body);
        var key = reply.Json.GetProperty("credential").GetProperty("key").GetString()!;
        Assert.True(rig.StandIn!.Honours(key));
        Assert.Equal("Immediate", reply.Json.GetProperty("lease").GetProperty("revocability").GetString());
        var id = reply.Json.GetProperty("lease").GetProperty("id").GetString()!;
        var renewed = await broker.Scene.RenewAsync(broker.Scene.Token(pod), id);
        Assert.True(renewed.Status == HttpStatusCode.OK, renewed.Body);

        await broker.Scene.SendAsync(HttpMethod.Post, $"/v1/tasks/task-{pod}/end", broker.Scene.Token(pod));
        await broker.Scene.LeaseUntilAsync(id, "ended");
        Assert.False(rig.StandIn.Honours(key));
        Assert.DoesNotContain(key, (await broker.Scene.OperatorAsync(HttpMethod.Get, "/v1/audit")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lost_answer_is_ended_at_the_receiver_and_its_claim_refused()
    {
        await using var rig = await WebhookRig.StartAsync();
        await using var broker = await Brokers.StartAsync(change: rig.AddTo);
        rig.StandIn!.Losing["POST /credentials"] = true;
        var (_, reply) = await ClaimAsync(broker);
        Assert.Equal("target_unavailable", reply.Code);
        rig.StandIn.Losing.Clear();
        for (var i = 0; rig.StandIn.Living().Count > 0; i++)
        {
            Assert.True(i < 600, "what was made and lost is still there");
            await Task.Delay(100);
        }

        Assert.Single(rig.StandIn.Taken, call => (string?)call["operation"] == "create");
    }

    [ToolFact("python3")]
    public async Task The_example_receiver_serves_a_broker_and_believes_its_published_keys()
    {
        await using var rig = await WebhookRig.StartAsync();
        ExampleReceiver? example = null;
        await using var broker = await Brokers.StartAsync(change: configuration =>
        {
            rig.AddTo(configuration);
            // Not running yet: its place is what the broker is told, and the broker's place is what it is told.
            configuration["Targets"]!["Webhook"]!["main"]!["RootCertificateFile"] = null;
            example = ExampleReceiver.StartAsync(rig.StandIn!.Issuer, rig.StandIn.JwksUrl!, roots: null).GetAwaiter().GetResult();
            configuration["Targets"]!["Webhook"]!["main"]!["Address"] = new Uri(example.Url, "credentials").ToString();
        });
        await using var running = example!;
        var (pod, reply) = await ClaimAsync(broker);
        Assert.True(reply.Status == HttpStatusCode.Created, reply.Body);
        var shown = new HttpRequestMessage(HttpMethod.Get, new Uri(running.Url, "whoami")) { Headers = { { "Authorization", $"Bearer {reply.Json.GetProperty("credential").GetProperty("key").GetString()}" } } };
        using var http = new HttpClient();
        Assert.Equal(HttpStatusCode.OK, (await http.SendAsync(shown)).StatusCode);
        var id = reply.Json.GetProperty("lease").GetProperty("id").GetString()!;
        await broker.Scene.SendAsync(HttpMethod.Delete, $"/v1/leases/{id}", broker.Scene.Token(pod));
        await broker.Scene.LeaseUntilAsync(id, "ended");
        using var again = new HttpRequestMessage(HttpMethod.Get, shown.RequestUri) { Headers = { { "Authorization", shown.Headers.Authorization!.ToString() } } };
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.SendAsync(again)).StatusCode);
    }

    private static async Task<(string Pod, Reply Reply)> ClaimAsync(RunningBroker broker)
    {
        await broker.Scene.ActivateAsync(Template);
        var pod = broker.Scene.NewPod();
        await broker.Scene.ApproveAsync(broker.Scene.ApprovalOf(pod, "orders"));
        return (pod, await broker.Scene.ClaimAsync(broker.Scene.Token(pod), "orders"));
    }
}
