using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Storage;
using CredentialBroker.TestInfra;
using CredentialBroker.Tests.TestInfra;
using Microsoft.Extensions.DependencyInjection;

namespace CredentialBroker.Tests.Refusals;

/// <summary>
/// A running broker whose cluster and gate sign whatever a test wants signed, whose clock can be moved, and whose store is
/// counted before and after, so that a refusal is seen to leave nothing behind.
/// </summary>
internal sealed class HostileScene : IAsyncDisposable
{
    private static readonly string[] Tables = ["leases", "ended_leases", "approvals", "claims", "approval_uses", "evidence_uses", "freezes", "ended_tasks", "approval_prompts"];

    private readonly TestKey _clusterKey;
    private readonly TestKey _gateKey;
    private readonly FakeClock _signing;

    private HostileScene(RunningBroker broker, TestKey clusterKey, TestKey gateKey, FakeClock signing, LaterClock clock)
    {
        Broker = broker;
        _clusterKey = clusterKey;
        _gateKey = gateKey;
        _signing = signing;
        Clock = clock;
        Cluster = new TestIssuer(Scene.Issuer, Scene.Audience, signing, clusterKey);
        Gate = new TestIssuer(Scene.GateIssuer, Scene.Audience, signing, gateKey);
    }

    public RunningBroker Broker { get; }

    public Scene Scene => Broker.Scene;

    public LaterClock Clock { get; }

    public TestIssuer Cluster { get; }

    public TestIssuer Gate { get; }

    public TestKey ClusterKey => _clusterKey;

    public static async Task<HostileScene> StartAsync(
        string? store = null, Action<JsonObject>? change = null, Action<IServiceCollection>? services = null, params string[] templates)
    {
        var (cluster, gate) = (TestKey.Make("cluster-h", "RS256"), TestKey.Make("gate-h", "ES256"));
        LaterClock? clock = null;
        var broker = await Brokers.StartAsync(store, configuration =>
        {
            var trust = configuration["TrustSources"]!;
            Publish(trust["Workloads"]!["cluster"]!, cluster);
            Publish(trust["Approvals"]!["gate"]!, gate);
            change?.Invoke(configuration);
        }, services: all =>
        {
            all.AddSingleton(provider => clock ??= new LaterClock(provider.GetRequiredService<BrokerClock>()));
            all.AddSingleton<TimeProvider>(provider => provider.GetRequiredService<LaterClock>());
            services?.Invoke(all);
        });
        var scene = new HostileScene(broker, cluster, gate, new FakeClock(), broker.Get<LaterClock>());
        scene.Refresh();
        foreach (var template in templates) await scene.Scene.ActivateAsync(template);
        return scene;
    }

    /// <summary>Lets time pass for the broker and for those who sign.</summary>
    public void Pass(TimeSpan time)
    {
        Clock.Pass(time);
        Refresh();
    }

    public string Token(string pod, string serviceAccount = "checkout") => Cluster.Sign(Claims(pod, serviceAccount));

    public JsonObject Claims(string pod, string serviceAccount = "checkout")
    {
        Refresh();
        var claims = Cluster.KubernetesClaims("shop", serviceAccount, pod);
        claims["jti"] = CredentialBroker.Protocol.Ids.New(Clock);
        return claims;
    }

    public JsonObject Payload(JsonObject approval)
    {
        Refresh();
        var now = _signing.Seconds;
        return new JsonObject
        {
            ["iss"] = Scene.GateIssuer, ["aud"] = Scene.Audience, ["iat"] = now, ["exp"] = now + 300, ["jti"] = CredentialBroker.Protocol.Ids.New(Clock), ["approval"] = approval.DeepClone(),
        };
    }

    public static JsonObject ApprovalHeader() => new() { ["alg"] = "ES256", ["kid"] = "gate-h", ["typ"] = "admission-approval+jwt" };

    public string SignApproval(string payload) => Gate.Sign(ApprovalHeader().ToJsonString(), payload);

    public string SignApproval(JsonObject approval) => SignApproval(Payload(approval).ToJsonString());

    /// <summary>A fresh pod with an approval for it.</summary>
    public async Task<string> ApprovedPodAsync(string template, params (string Name, JsonNode? Value)[] changes)
    {
        var pod = Scene.NewPod();
        var reply = await Scene.ApproveAsync(SignApproval(Scene.ApprovalOf(pod, template, changes)));
        Assert.True(reply.Status == HttpStatusCode.Accepted, reply.Body);
        return pod;
    }

    /// <summary>Refused with this code; no row was made; one decision was recorded where somebody was proven to ask.</summary>
    public async Task RefusedAsync(int status, string code, bool decided, string what, Func<Task<Reply>> act)
    {
        var before = await CountAsync();
        var reply = await act();
        Assert.True((int)reply.Status == status && reply.Code == code, $"{what}: expected {status} {code}, got {(int)reply.Status} {reply.Body}");
        Assert.True(!reply.Body.Contains("credential\":", StringComparison.Ordinal), what);
        var after = await CountAsync();
        Assert.True(before.Rows == after.Rows, $"{what}: rows {before.Rows} became {after.Rows}");
        Assert.True(after.Decisions - before.Decisions == (decided ? 1 : 0), $"{what}: {after.Decisions - before.Decisions} decisions were recorded");
    }

    public async Task<(string Rows, long Decisions)> CountAsync()
    {
        var rows = new List<long>();
        foreach (var table in Tables) rows.Add(await NumberAsync($"SELECT count(*) FROM {table}"));
        return (string.Join(' ', Tables.Zip(rows, (table, count) => $"{table}={count}")), await NumberAsync("SELECT count(*) FROM audit WHERE type = 'credential.decision'"));
    }

    public async Task<long> NumberAsync(string sql) =>
        (await Broker.Get<Store>().ListAsync(Pool.Control, new Statement(sql), row => row.GetInt64(0), CancellationToken.None))[0];

    /// <summary>Bodies of the audit records of one type, oldest first.</summary>
    public async Task<List<JsonElement>> AuditAsync(string type) =>
        [.. (await Scene.OperatorAsync(HttpMethod.Get, $"/v1/audit?type={type}")).Body.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(JsonDocument.Parse(line).RootElement.GetProperty("body").GetString()!).RootElement)];

    /// <summary>The first record of a type, once a job wrote it; asked for by an operator whose token is alive.</summary>
    public static async Task<JsonElement> AuditUntilAsync(NamedOperator caller, string type)
    {
        for (var i = 0; ; i++)
        {
            var line = (await caller.GetAsync($"/v1/audit?type={type}")).Body.Split('\n', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
            if (line is not null) return JsonDocument.Parse(JsonDocument.Parse(line).RootElement.GetProperty("body").GetString()!).RootElement;
            Assert.True(i < 1200, $"no {type} was recorded");
            await Task.Delay(50);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Broker.DisposeAsync();
        _clusterKey.Dispose();
        _gateKey.Dispose();
    }

    private void Refresh() => _signing.Set(Clock.GetUtcNow());

    private static void Publish(JsonNode source, TestKey key) =>
        File.WriteAllText(source["JwksFile"]!.GetValue<string>(), new JsonObject { ["keys"] = new JsonArray(key.Jwk()) }.ToJsonString());
}
