using System.Collections.Concurrent;
using System.Data.Common;
using System.Net;
using CredentialBroker.Storage;
using CredentialBroker.TestInfra;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CredentialBroker.Tests.Refusals;

/// <summary>A credential leaves once, in the answer to its claim, and is nowhere else.</summary>
[Collection("postgres")]
public sealed class SecretTests(PostgresFixture postgres)
{
    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task No_issued_token_operator_token_or_evidence_is_in_log_audit_store_or_errors(string store)
    {
        using var log = new LogLines();
        await using var hostile = await HostileScene.StartAsync(store == "postgres" ? await postgres.NewDatabaseAsync() : null,
            configuration => configuration["Logging"]!["LogLevel"]!["Default"] = "Trace",
            all => all.AddLogging(logging => logging.ClearProviders().AddProvider(log)), SceneFolder.Token());
        var scene = hostile.Scene;
        var pod = await hostile.ApprovedPodAsync("token");
        var evidence = hostile.Token(pod);
        var secrets = new List<string> { (await File.ReadAllTextAsync(hostile.Broker.Folder.TokenFile)).Trim(), evidence };
        var told = new List<string>();

        var claimed = await scene.ClaimAsync(evidence, "token", "one-key");
        var lease = claimed.Json.GetProperty("lease").GetProperty("id").GetString()!;
        secrets.Add(claimed.Json.GetProperty("credential").GetProperty("token").GetString()!);
        var renewed = await scene.RenewAsync(evidence, lease);
        if (renewed.Json.TryGetProperty("credential", out var again)) secrets.Add(again.GetProperty("token").GetString()!);
        Assert.True(await scene.IntrospectAsync(secrets[2]));
        foreach (var misplaced in secrets.ToList())
        {
            told.Add((await scene.ClaimAsync(evidence, misplaced)).Body);
            told.Add((await scene.ClaimAsync(misplaced, "token")).Body);
            told.Add((await scene.ClaimBodyAsync(evidence, $$"""{"template":"token","{{misplaced}}":1}""")).Body);
            told.Add((await scene.ApproveAsync(misplaced)).Body);
            told.Add((await scene.SendAsync(HttpMethod.Get, "/v1/freezes", misplaced + "x")).Body);
        }

        told.Add((await scene.ClaimAsync(evidence, "token", "one-key")).Body);
        told.Add((await scene.OperatorAsync(HttpMethod.Get, $"/v1/leases/{lease}")).Body);
        told.Add((await scene.OperatorAsync(HttpMethod.Get, "/v1/leases")).Body);
        told.Add((await scene.SendAsync(HttpMethod.Get, "/metrics", null)).Body);
        told.Add((await scene.OperatorAsync(HttpMethod.Get, "/v1/audit")).Body);
        Assert.Equal(HttpStatusCode.Accepted, (await scene.SendAsync(HttpMethod.Delete, $"/v1/leases/{lease}", evidence)).Status);
        await scene.LeaseUntilAsync(lease, "ended");

        var stored = await TextsAsync(hostile.Broker.Get<Store>());
        Assert.Contains(stored, text => text.Contains(lease, StringComparison.Ordinal));
        Assert.NotEmpty(log.Lines);
        foreach (var secret in secrets)
        {
            // The last part is what makes it worth something: a signature, or the random digits.
            foreach (var part in new[] { secret, secret.Split('.')[^1] })
            {
                Assert.DoesNotContain(log.Lines, line => line.Contains(part, StringComparison.Ordinal));
                Assert.DoesNotContain(stored, text => text.Contains(part, StringComparison.Ordinal));
                Assert.DoesNotContain(told, text => text.Contains(part, StringComparison.Ordinal));
            }
        }
    }

    private static async Task<List<string>> TextsAsync(Store store)
    {
        var tables = await store.ListAsync(Pool.Control, new Statement(store.Dialect.Name == "sqlite"
            ? "SELECT name FROM sqlite_master WHERE type = 'table'"
            : "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"), row => row.GetString(0), CancellationToken.None);
        Assert.Contains("audit", tables);
        var texts = new List<string>();
        foreach (var table in tables)
        {
            texts.AddRange(await store.ListAsync(Pool.Control, new Statement($"SELECT * FROM {table}"), Row, CancellationToken.None));
        }

        return texts;
    }

    private static string Row(DbDataReader row) => string.Join('\n', Enumerable.Range(0, row.FieldCount).Select(i => row.IsDBNull(i) ? "" : row.GetValue(i).ToString()));

    private sealed class LogLines : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public IReadOnlyCollection<string> Lines => _lines;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Enqueue($"{formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }
}
