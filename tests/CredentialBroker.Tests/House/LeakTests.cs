using System.Collections.Concurrent;
using System.Data.Common;
using System.Diagnostics;
using System.Text;
using CredentialBroker.Storage;
using CredentialBroker.TestInfra;
using CredentialBroker.Tests.Refusals;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CredentialBroker.Tests.House;

/// <summary>
/// A whole scene, secrets in every wrong place included; then everything that the broker said or kept is searched for every
/// secret of the run, and for the part of each that makes it worth something.
/// </summary>
[Collection("postgres")]
public sealed class LeakTests(PostgresFixture postgres)
{
    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task Nothing_that_the_broker_says_or_keeps_holds_a_secret(string provider)
    {
        using var said = new Said();
        var server = await postgres.ServerAsync();
        await using var orders = await OrdersDatabase.CreateAsync(server);
        await using var broker = await HostileScene.StartAsync(provider == "postgres" ? await postgres.NewDatabaseAsync() : null, configuration =>
        {
            configuration["Logging"]!["LogLevel"]!["Default"] = "Trace";
            orders.AddTarget(configuration, Path.GetDirectoryName(configuration["Keys"]!["KeyEncryptionKeyFile"]!.GetValue<string>())!);
        }, all => all.AddLogging(logging => logging.ClearProviders().SetMinimumLevel(LogLevel.Trace).AddProvider(said)), SceneFolder.Token(), OrdersDatabase.Template);
        var scene = broker.Scene;
        var secrets = new Dictionary<string, string>
        {
            ["operator token"] = (await File.ReadAllTextAsync(broker.Broker.Folder.TokenFile)).Trim(),
            ["key-encryption key"] = File.ReadAllText(Path.Combine(broker.Broker.Folder.Path, "kek")).Trim(),
            ["password of store and target"] = server.Password,
        };

        var pod = await broker.ApprovedPodAsync("token");
        var evidence = secrets["evidence"] = broker.Token(pod);
        var claimed = await scene.ClaimAsync(evidence, "token", "one-key");
        var lease = claimed.Json.GetProperty("lease").GetProperty("id").GetString()!;
        secrets["issued token"] = claimed.Json.GetProperty("credential").GetProperty("token").GetString()!;
        if ((await scene.RenewAsync(evidence, lease)).Json.TryGetProperty("credential", out var again)) secrets["renewed token"] = again.GetProperty("token").GetString()!;
        await scene.IntrospectAsync(secrets["issued token"]);
        var other = await broker.ApprovedPodAsync("orders");
        var login = await scene.ClaimAsync(broker.Token(other), "orders");
        Assert.True(login.Json.TryGetProperty("credential", out var role), login.Body);
        secrets["database password"] = role.GetProperty("password").GetString()!;

        foreach (var secret in secrets.Values.ToList()) await MisplaceAsync(broker, evidence, secret, said);
        said.Add((await scene.ClaimAsync(evidence, "token", "one-key")).Body);
        foreach (var path in new[] { $"/v1/leases/{lease}", "/v1/leases", "/v1/leases?ended=true", "/v1/approvals", "/v1/templates", "/v1/audit", "/healthz/ready", "/metrics", "/openapi/v1.json" })
        {
            said.Add((await scene.OperatorAsync(HttpMethod.Get, path)).Body);
        }

        await scene.OperatorAsync(HttpMethod.Delete, $"/v1/leases/{lease}");
        await scene.LeaseUntilAsync(lease, "ended");
        foreach (var secret in secrets.Values.ToList()) said.Add((await scene.OperatorAsync(HttpMethod.Post, "/v1/exposures", System.Text.Json.JsonSerializer.Serialize(new Dictionary<string, string> { ["reason"] = "found", ["secret"] = secret }))).Body);
        said.Add((await scene.OperatorAsync(HttpMethod.Get, "/v1/exposures")).Body);
        said.Add(string.Join('\n', await BrokerHost.CheckAsync(broker.Broker.Get<Configuration.BrokerOptions>(), default)));
        said.Add(broker.Broker.Get<Configuration.BrokerOptions>().ToString());
        var stored = await StoredAsync(broker.Broker.Get<Store>());

        // The search would find what is there.
        Assert.Contains(stored, text => text.Contains(lease, StringComparison.Ordinal));
        Assert.Contains(said.All, text => text.Contains(lease, StringComparison.Ordinal));
        Assert.Contains(said.All, text => text.StartsWith("span claim", StringComparison.Ordinal));
        foreach (var (what, secret) in secrets)
        {
            foreach (var part in Parts(secret))
            {
                var told = said.All.FirstOrDefault(text => text.Contains(part, StringComparison.Ordinal));
                Assert.True(told is null, $"{what} was said: {Around(told, part)}");
                var kept = stored.Find(text => text.Contains(part, StringComparison.Ordinal));
                Assert.True(kept is null, $"{what} is stored: {Around(kept, part)}");
            }
        }

        // Private keys are stored wrapped, and said nowhere.
        Assert.DoesNotContain(said.All.Concat(stored), text => text.Contains("PRIVATE KEY", StringComparison.Ordinal) || text.Contains("\"d\":", StringComparison.Ordinal));
    }

    /// <summary>Every place where a caller might put a secret by mistake, and what the broker answers.</summary>
    private static async Task MisplaceAsync(HostileScene broker, string evidence, string secret, Said said)
    {
        var scene = broker.Scene;
        var escaped = Uri.EscapeDataString(secret);
        async Task SendAsync(Func<Task<Reply>> send) => said.Add((await send()).Body);
        await SendAsync(() => scene.ClaimAsync(evidence, secret));
        await SendAsync(() => scene.ClaimAsync(secret, "token"));
        await SendAsync(() => scene.ClaimAsync(evidence, "token", secret.Length <= 255 ? secret : secret[^255..]));
        await SendAsync(() => scene.ClaimAsync(evidence, "token", null, ("nonce", secret.Length <= 256 ? secret : secret[^256..])));
        await SendAsync(() => scene.ClaimAsync(evidence, "token", null, ("ttl", secret)));
        await SendAsync(() => scene.ClaimBodyAsync(evidence, $$"""{"template":"token","{{secret}}":1}"""));
        await SendAsync(() => scene.ClaimBodyAsync(evidence, secret));
        await SendAsync(() => scene.ApproveAsync(secret));
        await SendAsync(() => scene.ApproveAsync(secret, escaped));
        await SendAsync(() => scene.SendAsync(HttpMethod.Get, $"/v1/leases/{escaped}", evidence));
        await SendAsync(() => scene.SendAsync(HttpMethod.Get, $"/{escaped}?token={escaped}", evidence));
        await SendAsync(() => scene.SendAsync(HttpMethod.Post, $"/v1/tasks/{escaped}/end", evidence));
        await SendAsync(() => scene.SendAsync(HttpMethod.Get, "/v1/freezes", secret + "x"));
        await SendAsync(() => scene.SendAsync(HttpMethod.Get, "/healthz/ready", secret + "x"));
        await SendAsync(() => scene.SendAsync(HttpMethod.Get, "/healthz/live", null, null, ("traceparent", secret), ("tracestate", $"k={secret}"), ("baggage", $"k={secret}"), ("User-Agent", secret)));
        await SendAsync(() => scene.SendAsync(HttpMethod.Post, "/v1/leases", evidence, new StringContent("""{"template":"token"}""", Encoding.UTF8, "application/json"), ("Idempotency-Key", "k"), ("tracestate", $"k={secret}"), ("X-Token", secret)));
    }

    /// <summary>Whole, and the last part: a signature, or the random digits.</summary>
    private static IEnumerable<string> Parts(string secret) => new[] { secret, secret.Split('.')[^1] }.Distinct();

    private static string Around(string? text, string part) =>
        text?.IndexOf(part, StringComparison.Ordinal) is { } at ? text[Math.Max(0, at - 80)..Math.Min(text.Length, at + part.Length + 40)] : "";

    private static async Task<List<string>> StoredAsync(Store store)
    {
        var tables = await store.ListAsync(Pool.Control, new Statement(store.Dialect.Name == "sqlite"
            ? "SELECT name FROM sqlite_master WHERE type = 'table'"
            : "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"), row => row.GetString(0), default);
        var texts = new List<string>();
        foreach (var table in tables) texts.AddRange(await store.ListAsync(Pool.Control, new Statement($"SELECT * FROM {table}"), Row, default));
        return texts;
    }

    private static string Row(DbDataReader row) => string.Join('\n', Enumerable.Range(0, row.FieldCount).Select(i => row.IsDBNull(i) ? "" : row.GetValue(i).ToString()));

    /// <summary>Log lines with their scopes, finished spans of the exported source, and answers.</summary>
    private sealed class Said : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<string> _all = new();
        private readonly ActivityListener _spans;

        public Said()
        {
            _spans = new ActivityListener
            {
                ShouldListenTo = source => source.Name == Spans.Source,
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = span => Add($"span {span.DisplayName} {span.TraceStateString} {string.Join(' ', span.TagObjects)} {string.Join(' ', span.Baggage)} {string.Join(' ', span.Events.Select(e => e.Name + string.Join(' ', e.Tags)))}"),
            };
            ActivitySource.AddActivityListener(_spans);
        }

        public IReadOnlyCollection<string> All => _all;

        public void Add(string text) => _all.Enqueue(text);

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Add($"{eventId} {formatter(state, exception)} {exception}");

        public void Dispose() => _spans.Dispose();
    }
}
