using System.Net;
using System.Text.Json.Nodes;
using CredentialBroker.Issuer;
using CredentialBroker.TestInfra;
using CredentialBroker.Tests.TestInfra;
using Microsoft.Extensions.DependencyInjection;

namespace CredentialBroker.Tests.Issuance;

/// <summary>What is remembered of an earlier claim only proposes: whatever changed since counts at the next claim.</summary>
[Collection("postgres")]
public sealed class RecallTests(PostgresFixture postgres)
{
    public static TheoryData<string> Stores => ["sqlite", "postgres"];

    private async Task<RunningBroker> StartAsync(string store) => await Brokers.StartAsync(store == "postgres" ? await postgres.NewDatabaseAsync() : null);

    [Theory, MemberData(nameof(Stores))]
    public async Task An_approval_that_was_withdrawn_grants_no_more_and_a_new_one_does(string store)
    {
        await using var broker = await StartAsync(store);
        var scene = broker.Scene;
        await scene.ActivateAsync(SceneFolder.Token());
        var pod = scene.NewPod();
        var approval = scene.ApprovalOf(pod, "token");
        var first = (await scene.ApproveAsync(approval)).Json.GetProperty("id").GetString();
        var claimed = await scene.ClaimAsync(scene.Token(pod), "token");
        Assert.Equal(first, claimed.Json.GetProperty("lease").GetProperty("approval").GetString());

        Assert.Equal(HttpStatusCode.Accepted, (await scene.ApproveAsync(new JsonObject { ["ref"] = approval["ref"]!.DeepClone(), ["effect"] = "withdrawn" })).Status);
        Assert.Equal("approval_withdrawn", (await scene.ClaimAsync(scene.Token(pod), "token")).Code);

        var second = (await scene.ApproveAsync(scene.ApprovalOf(pod, "token"))).Json.GetProperty("id").GetString();
        Assert.NotEqual(first, second);
        var anew = await scene.ClaimAsync(scene.Token(pod), "token");
        Assert.True(anew.Status == HttpStatusCode.Created, anew.Body);
        Assert.Equal(second, anew.Json.GetProperty("lease").GetProperty("approval").GetString());
    }

    [Theory, MemberData(nameof(Stores))]
    public async Task A_task_that_ended_grants_no_more(string store)
    {
        await using var broker = await StartAsync(store);
        var scene = broker.Scene;
        await scene.ActivateAsync(SceneFolder.Token());
        var pod = scene.NewPod();
        await scene.ApproveAsync(scene.ApprovalOf(pod, "token"));
        Assert.Equal(HttpStatusCode.Created, (await scene.ClaimAsync(scene.Token(pod), "token")).Status);
        await scene.SendAsync(HttpMethod.Post, $"/v1/tasks/task-{pod}/end", scene.Token(pod));
        Assert.Equal("task_ended", (await scene.ClaimAsync(scene.Token(pod), "token")).Code);
    }

    [Theory, MemberData(nameof(Stores))]
    public async Task Evidence_for_one_use_serves_once_also_where_the_instance_is_known(string store)
    {
        await using var broker = await StartAsync(store);
        var scene = broker.Scene;
        await scene.ActivateAsync(SceneFolder.Token("token-once", more: "evidence: { oneTime: true }"));
        var pod = scene.NewPod();
        await scene.ApproveAsync(scene.ApprovalOf(pod, "token-once"));
        Assert.Equal(HttpStatusCode.Created, (await scene.ClaimAsync(scene.Token(pod), "token-once")).Status);
        var token = scene.Token(pod);
        Assert.Equal(HttpStatusCode.Created, (await scene.ClaimAsync(token, "token-once")).Status);
        Assert.Equal("evidence_replayed", (await scene.ClaimAsync(token, "token-once")).Code);
    }

    [Theory, MemberData(nameof(Stores))]
    public async Task Two_sources_that_vouch_for_one_name_are_two_workloads(string store)
    {
        using var keyOne = TestKey.Make("one", "ES256");
        using var keyTwo = TestKey.Make("two", "ES256");
        var (one, two) = (new TestIssuer("https://ci.example", "one", new FakeClock(), keyOne), new TestIssuer("https://ci.example", "two", new FakeClock(), keyTwo));
        using var folder = new SceneFolder();
        await using var broker = await Brokers.StartAsync(store == "postgres" ? await postgres.NewDatabaseAsync() : null, beside: folder, change: configuration =>
        {
            var workloads = configuration["TrustSources"]!["Workloads"]!.AsObject();
            foreach (var issuer in new[] { one, two })
            {
                var keys = Path.Combine(folder.Path, $"{issuer.Audience}.jwks");
                File.WriteAllText(keys, issuer.Jwks());
                var source = workloads["cluster"]!.DeepClone();
                (source["Kind"], source["Issuer"], source["Audience"], source["JwksFile"]) = ("github", issuer.Issuer, issuer.Audience, keys);
                workloads[$"ci-{issuer.Audience}"] = source;
            }
        });
        var scene = broker.Scene;
        await scene.ActivateAsync(SceneFolder.Token().Replace("k8s://cluster/shop/checkout", "github://77/88", StringComparison.Ordinal));
        await scene.ApproveAsync(scene.ApprovalOf("job", "token", ("workload", "github://77/88"), ("instance", "9001/1/77")));

        foreach (var issuer in new[] { one, two, one, two })
        {
            var reply = await scene.ClaimAsync(Job(issuer), "token");
            Assert.True(reply.Status == HttpStatusCode.Created, reply.Body);
        }

        // All four leases are there to be seen, each with the source that vouched for its workload.
        var leases = (await scene.OperatorAsync(HttpMethod.Get, "/v1/leases")).Json.GetProperty("leases").EnumerateArray().ToList();
        Assert.Single(leases.Select(l => (l.GetProperty("workload").GetString(), l.GetProperty("instance").GetString())).Distinct());
        Assert.Equal(["ci-one", "ci-one", "ci-two", "ci-two"], leases.Select(l => l.GetProperty("source").GetString()!).Order());
    }

    private static string Job(TestIssuer issuer)
    {
        var claims = issuer.GitHubClaims("77", "88");
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        (claims["iat"], claims["nbf"], claims["exp"]) = (now, now, now + 600);
        return issuer.Sign(claims);
    }

    [Theory, MemberData(nameof(Stores))]
    public async Task A_credential_that_cannot_be_made_is_a_denial_on_record(string store)
    {
        var broken = true;
        await using var broker = await Brokers.StartAsync(
            store == "postgres" ? await postgres.NewDatabaseAsync() : null,
            services: services => services.AddSingleton(new StatusIndexes(_ => broken ? throw new InvalidOperationException("no place in the list") : Task.FromResult(7L))));
        var scene = broker.Scene;
        await scene.ActivateAsync(SceneFolder.Token());
        var pod = scene.NewPod();
        await scene.ApproveAsync(scene.ApprovalOf(pod, "token"));

        var refused = await scene.ClaimAsync(scene.Token(pod), "token");
        Assert.Equal("mint_failed", refused.Code);
        var decision = refused.Json.GetProperty("decision").GetString()!;
        Assert.Contains((await scene.OperatorAsync(HttpMethod.Get, "/v1/audit")).Body.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            line => line.Contains(decision, StringComparison.Ordinal) && line.Contains("mint_failed", StringComparison.Ordinal));
        Assert.Equal(0, (await scene.OperatorAsync(HttpMethod.Get, "/v1/leases")).Json.GetProperty("leases").GetArrayLength());

        broken = false;
        Assert.Equal(HttpStatusCode.Created, (await scene.ClaimAsync(scene.Token(pod), "token")).Status);
    }

    [Theory, MemberData(nameof(Stores))]
    public async Task A_claim_that_was_granted_is_answered_again_also_where_nothing_can_be_made(string store)
    {
        using var folder = new SceneFolder();
        var database = store == "postgres" ? await postgres.NewDatabaseAsync() : null;
        string lease, token;
        await using (var first = await Brokers.StartAsync(database, beside: folder))
        {
            await first.Scene.ActivateAsync(SceneFolder.Token());
            var pod = first.Scene.NewPod();
            await first.Scene.ApproveAsync(first.Scene.ApprovalOf(pod, "token"));
            token = first.Scene.Token(pod);
            lease = (await first.Scene.ClaimAsync(token, "token", "once")).Json.GetProperty("lease").GetProperty("id").GetString()!;
        }

        await using var second = await Brokers.StartAsync(
            database, beside: folder, services: services => services.AddSingleton(new StatusIndexes(_ => throw new InvalidOperationException("no place in the list"))));
        var again = await second.Scene.ClaimAsync(token, "token", "once");
        Assert.True(again.Status == HttpStatusCode.OK, again.Body);
        Assert.Equal((lease, true), (again.Json.GetProperty("lease").GetProperty("id").GetString(), again.Json.GetProperty("replayed").GetBoolean()));
        Assert.Equal("mint_failed", (await second.Scene.ClaimAsync(token, "token", "another")).Code);
    }
}
