using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using CredentialBroker.Clusters;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Admission;

/// <summary>
/// What happens around pods comes in any order: names are tried again, other gates say no, dry runs, copies, pods that are
/// gone before they claim, names that are used again, and claims at every moment. Whatever the order is, nothing is issued,
/// and no target is so much as called, but to a pod that was let in, is there as it was let in, and is seen to be there.
/// </summary>
public sealed class EventOrderTests
{
    private const int Orders = 40, Steps = 16;

    [Fact]
    public async Task R09_R10_R64_In_no_order_of_events_is_anything_made_before_a_pod_is_bound()
    {
        using var target = new TcpListener(IPAddress.Loopback, 0);
        target.Start();
        await using var rig = await ClusterRig.StartAsync(configuration =>
        {
            // Confirmed by the audit log alone, so that the order is the test's.
            configuration["Clusters"]!["cluster"]!["Watch"] = false;
            configuration["Targets"]!["Postgres"] = new JsonObject
            {
                ["orders"] = new JsonObject
                {
                    ["Host"] = "127.0.0.1", ["Port"] = ((IPEndPoint)target.LocalEndpoint).Port, ["Database"] = "orders", ["Username"] = "broker", ["SslMode"] = "disable",
                    ["AllowedGroups"] = new JsonArray("orders_reader"), ["ObjectOwner"] = "orders_owner", ["ConnectTimeout"] = "00:00:01",
                },
            };
        });
        await rig.Broker.Scene.ActivateAsync(SceneFolder.Template("orders", "{ postgres: { target: orders, memberOf: [orders_reader], connectionLimit: 5 } }").Replace("[gate]", "[admit]", StringComparison.Ordinal));
        var issued = 0;
        for (var seed = 1; seed <= Orders; seed++) issued += await RunAsync(rig, seed, target);
        // So that silence means something: in some orders a pod did get what it asked for.
        Assert.True(issued > 5, $"only {issued} were issued anything");

        var pod = await rig.RunAsync(rig.PodOf(templates: "orders"));
        await rig.PostAsync("/admission/cluster/audit", AuditEvents.Of(AuditEvents.Created(pod)));
        await rig.ClaimAsync(pod, "orders");
        Assert.True(target.Pending(), "nobody calls the target, not even for a pod that is bound");
    }

    private static async Task<int> RunAsync(ClusterRig rig, int seed, TcpListener target)
    {
        var (random, story, issued) = (new Random(seed), new List<string>(), 0);
        var pods = new List<Actor>();
        for (var step = 0; step < Steps; step++)
        {
            var one = pods.Count == 0 ? null : pods[random.Next(pods.Count)];
            // Half of the steps are the ones that a server would take next, so that some pods come all the way.
            switch (one is not null && random.Next(2) == 0 ? one.Next : random.Next(12))
            {
                case 0 or 1:
                    pods.Add(new Actor(rig.Filled(await rig.MutateAsync(rig.PodOf(templates: "token,orders")))));
                    break;
                case 2 when one is not null:
                    // The name was taken: the same request, another name and UID.
                    pods.Add(new Actor(rig.Filled(one.Pod, name: $"again-{seed}-{step}")) { Copy = one.Created, Nonce = one });
                    break;
                case 3 or 4 when one is not null:
                    one.Admitted |= (await rig.ValidateAsync(one.Pod)).GetProperty("allowed").GetBoolean();
                    break;
                case 5 when one is not null:
                    await rig.ValidateAsync(one.Pod, dryRun: true);
                    break;
                case 6 or 7 when one is { Created: false, Gone: false }:
                    // The server stores what no gate refused; it would not store what this one did, but somebody might.
                    rig.Persist(one.Pod);
                    one.Created = true;
                    break;
                case 8 when one is { Created: true, Gone: false }:
                    await rig.PostAsync("/admission/cluster/audit", AuditEvents.Of(AuditEvents.Created(one.Pod)));
                    one.Seen |= one.Admitted;
                    break;
                case 9 when one is { Created: true, Gone: false }:
                    rig.StandIn.World.Delete("pods", ClusterRig.NameOf(one.Pod));
                    one.Gone = true;
                    // The same name again, and another pod.
                    if (random.Next(2) == 0) pods.Add(new Actor(rig.Filled(one.Pod, (string)one.Pod["metadata"]!["name"]!)) { Copy = true, Nonce = one });
                    break;
                case >= 10 when one is not null:
                    var reply = await rig.ClaimAsync(one.Pod);
                    var may = one is { Admitted: true, Created: true, Seen: true, Gone: false };
                    story.Add($"{step}: claim by {pods.IndexOf(one)} {one} -> {reply.Status} {reply.Code}");
                    if (reply.Status == HttpStatusCode.Created) issued++;
                    Assert.True(may || reply.Status != HttpStatusCode.Created, $"seed {seed}\n{string.Join('\n', story)}");
                    if (!may) await rig.ClaimAsync(one.Pod, "orders");
                    Assert.False(target.Pending(), $"the target was called; seed {seed}\n{string.Join('\n', story)}");
                    break;
            }
        }

        // Of one nonce, however often it was tried, one pod is confirmed at most.
        var confirmed = (await rig.Broker.Scene.OperatorAsync(HttpMethod.Get, "/v1/approvals?count=1000")).Json.GetProperty("approvals").EnumerateArray()
            .Where(a => a.GetProperty("state").GetString() is "confirmed" or "bound").Select(a => a.GetProperty("reference").GetString()!).ToHashSet();
        foreach (var family in pods.GroupBy(p => (string)p.Pod["metadata"]!["annotations"]![PodRead.NonceAnnotation]!))
            Assert.True(family.Count(p => confirmed.Contains(ClusterRig.UidOf(p.Pod))) <= 1, $"seed {seed}: two pods of one nonce");
        return issued;
    }

    private sealed class Actor(JsonObject pod)
    {
        public JsonObject Pod => pod;
        public bool Admitted { get; set; }
        public bool Created { get; set; }
        public bool Seen { get; set; }
        public bool Gone { get; set; }
        public bool Copy { get; init; }
        public Actor? Nonce { get; init; }

        public int Next => !Admitted ? 3 : !Created ? 6 : !Seen ? 8 : 10;

        public override string ToString() => $"admitted={Admitted} created={Created} seen={Seen} gone={Gone} copy={Copy}";
    }
}
