using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;
using CredentialBroker.TestInfra;

namespace CredentialBroker.WebConsole.Tests.TestInfra;

/// <summary>One broker and one browser for the whole suite. Tests make what they act on, and look only at that.</summary>
public sealed class ConsoleScene : IAsyncLifetime
{
    private readonly SemaphoreSlim _telling = new(1);
    private (string Lease, string Incident)? _story;
    private Browsing? _browsing;

    internal RunningBroker Broker { get; private set; } = null!;

    internal Scene Scene => Broker.Scene;

    internal AuthorizationStandIn Issuer { get; } = new();

    public async Task InitializeAsync()
    {
        if (!File.Exists(Browsing.Program)) return;
        await Issuer.StartAsync();
        Broker = await Brokers.StartAsync(null, configuration =>
        {
            Issuer.AddTo(configuration);
            configuration["Exceptions"] = new JsonObject { ["BreakGlass"] = new JsonObject { ["Templates"] = new JsonArray("short") } };
            configuration["Incidents"] = new JsonObject { ["ConfirmAbove"] = 50 };
        });
        await Scene.ActivateAsync(SceneFolder.Token());
        await Scene.ActivateAsync(SceneFolder.Token("short", ttl: "2m"));
        _browsing = await Browsing.StartAsync();
    }

    public async Task DisposeAsync()
    {
        if (_browsing is null) return;
        await _browsing.DisposeAsync();
        await Broker.DisposeAsync();
        await Issuer.DisposeAsync();
        _telling.Dispose();
    }

    internal Task<Window> OpenAsync(bool dark = false, bool narrow = false) => _browsing!.OpenAsync(Scene.Address, dark, narrow);

    /// <summary>A window in which the bootstrap's admin is signed in, or somebody else.</summary>
    internal async Task<Window> SignedInAsync(string? token = null, bool dark = false, bool narrow = false) =>
        await (await OpenAsync(dark, narrow)).SignInAsync(token ?? Scene.OperatorToken);

    /// <summary>An approved pod with a lease of the template.</summary>
    internal async Task<(string Pod, string Lease)> LeaseAsync(string template = "token")
    {
        var pod = Scene.NewPod();
        Assert.Equal(HttpStatusCode.Accepted, (await Scene.ApproveAsync(Scene.ApprovalOf(pod, template))).Status);
        var claim = await Scene.ClaimAsync(Scene.Token(pod), template);
        Assert.True(claim.Status == HttpStatusCode.Created, claim.Body);
        return (pod, claim.Json.GetProperty("lease").GetProperty("id").GetString()!);
    }

    /// <summary>A review of a workload that is not as it should be.</summary>
    internal async Task<string> IdentityAsync(string account = "checkout")
    {
        var reply = await Scene.OperatorAsync(HttpMethod.Post, "/v1/reviews/identity?cluster=cluster",
            """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"NAME-1","namespace":"shop"},"spec":{"serviceAccountName":"NAME","containers":[{"name":"app","env":[{"name":"DB_PASSWORD","value":"x"}]}]}}""".Replace("NAME", account, StringComparison.Ordinal));
        Assert.True(reply.Status == HttpStatusCode.OK, reply.Body);
        return reply.Json.GetProperty("reviews")[0].GetProperty("id").GetString()!;
    }

    /// <summary>Something on every page: leases that live, one that ended, an incident that is over, a freeze, a hold, what waits for a second person. Made once.</summary>
    internal async Task<(string Lease, string Incident)> StoryAsync()
    {
        await _telling.WaitAsync();
        try
        {
            return _story ??= await TellAsync();
        }
        finally
        {
            _telling.Release();
        }
    }

    private async Task<(string Lease, string Incident)> TellAsync()
    {
        for (var i = 0; i < 6; i++) await LeaseAsync(i % 2 == 0 ? "token" : "short");
        var (_, lease) = await LeaseAsync();
        await Scene.OperatorAsync(HttpMethod.Delete, $"/v1/leases/{lease}?reason=story");
        await Scene.LeaseUntilAsync(lease, "ended");
        await Scene.OperatorAsync(HttpMethod.Post, "/v1/freezes", """{"selector":"environment=elsewhere,namespace=pay","reason":"INC-77: token seen in a build log"}""");
        await Scene.OperatorAsync(HttpMethod.Post, "/v1/holds", """{"selector":"environment=elsewhere","reason":"forensics","for":"2h"}""");
        var exception = await Scene.OperatorAsync(HttpMethod.Post, "/v1/exceptions",
            """{"templates":["token"],"may":{"concurrentLeases":5},"owners":{"runtime":"team-shop","policy":"team-security","operator":"team-sre"},"reason":"slow migration","ticket":"SHOP-12","for":"8h"}""");
        Assert.True(exception.Status == HttpStatusCode.Created, exception.Body);
        var (pod, _) = await LeaseAsync();
        var incident = await Scene.SendAsync(HttpMethod.Post, "/v1/revocations", Scene.OperatorToken,
            new StringContent($$"""{"selector":"instance={{pod}}","reason":"INC-77: token seen in a build log"}""", Encoding.UTF8, "application/json"), ("Idempotency-Key", "story"));
        Assert.True(incident.Status == HttpStatusCode.Accepted, incident.Body);
        return (lease, incident.Json.GetProperty("id").GetString()!);
    }

    /// <summary>A token of another person, whom the broker knows by name.</summary>
    internal async Task<string> PersonAsync(string name, string roles = "Admin")
    {
        var token = "cbo_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        var now = Broker.Get<TimeProvider>().NowMs();
        await Broker.Get<Journal>().CommitAsync(Lane.Control, new PlainWrite(
            "INSERT INTO operator_tokens (hash, name, roles, made_at, expires_at) VALUES (@hash, @name, @roles, @now, @expires)",
            ("hash", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)))), ("name", name), ("roles", roles), ("now", now), ("expires", now + 3_600_000)));
        return token;
    }

    /// <summary>The broker knows a person no more.</summary>
    internal Task ForgetAsync(string name) => Broker.Get<Journal>().CommitAsync(Lane.Control, new PlainWrite("DELETE FROM operator_tokens WHERE name = @name", ("name", name)));

    /// <summary>Live leases by the thousand, as the broker would have left them; their instances are named after the batch.</summary>
    internal async Task AddLeasesAsync(string batch, int count)
    {
        const string Numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < @count)";
        var now = Broker.Get<TimeProvider>().NowMs();
        await Broker.Get<Journal>().CommitAsync(Lane.Control,
            new PlainWrite("""
                INSERT INTO workloads (id, source, kind, uri, subject, instance, cluster, namespace, service_account, pod, node, strength, attributes, seen_at)
                VALUES (@batch, 'cluster', 'kubernetes', 'k8s://cluster/shop/checkout', 'system:serviceaccount:shop:checkout', @batch, 'cluster', 'shop', 'checkout', 'checkout-0', 'node-1', 2, '{}', @now)
                """, ("batch", batch), ("now", now)),
            new PlainWrite($"""
                INSERT INTO leases (id, state, template, template_revision, backend, target, environment, workload_id, task, approval_id, decision_id, created_at,
                    ends_at, ends_because, max_ends_at, dies_by, handle, fingerprint, revocability, op_id, op_settles_at, due_at, claim_owner, attempts, last_error, cause, ended_at)
                {Numbers}
                SELECT substr(@first, 1, 12) || @batch || substr('000000000000' || i, -(14 - length(@batch))), 2, 'token', 'r', 'signed-token', 'internal', 'test', @batch, @batch, 'approval', 'decision', @now,
                    @ends + (i % 3600) * 1000, 'ttl', @ends + 3600000, @ends + 3600000, '[]', NULL, 2, NULL, NULL, @ends + (i % 3600) * 1000, NULL, 0, NULL, NULL, NULL FROM n
                """, ("batch", batch), ("count", (long)count), ("first", Protocol.Ids.FirstOf(now - 7_200_000)), ("now", now), ("ends", now + 600_000)));
    }
}

[CollectionDefinition("console")]
public sealed class ConsoleCollection : ICollectionFixture<ConsoleScene>;
