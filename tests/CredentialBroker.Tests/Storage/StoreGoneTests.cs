using System.Collections.Concurrent;
using System.Globalization;
using CredentialBroker.Storage.Journaling;
using CredentialBroker.TestInfra;
using static CredentialBroker.Storage.Replica;

namespace CredentialBroker.Storage;

/// <summary>A PostgreSQL of its own, which is stopped and crashed under load.</summary>
public sealed class StoreGoneTests : IAsyncLifetime
{
    private PostgresServer _server = null!;
    private string _connection = "";

    public async Task InitializeAsync()
    {
        _server = await PostgresServer.StartAsync();
        _connection = await _server.CreateDatabaseAsync("gone");
        await PrepareAsync(_connection);
    }

    public Task DisposeAsync() => _server.DisposeAsync().AsTask();

    [Theory, InlineData(false), InlineData(true)]
    public async Task Through_a_crash_everything_acknowledged_is_kept_and_the_journal_goes_on_by_itself(bool crash)
    {
        await using var replica = await OnAsync(_connection);
        Assert.Null(await replica.CodeAsync(Thing("before")));
        var acknowledged = new ConcurrentBag<string>();
        var failed = new ConcurrentBag<(string Id, Exception Error)>();
        var enough = new SemaphoreSlim(0);
        using var stop = new CancellationTokenSource();
        var load = Enumerable.Range(0, 16).Select(worker => Task.Run(async () =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                var id = string.Create(CultureInfo.InvariantCulture, $"w{worker}-{i}");
                try
                {
                    Assert.Null(await replica.CodeAsync(Thing(id)));
                    acknowledged.Add(id);
                }
                catch (StoreUnavailableException error)
                {
                    failed.Add((id, error));
                    await Task.Delay(5);
                }

                enough.Release();
            }
        })).ToArray();

        await UntilAsync(200);
        await (crash ? _server.CrashAsync() : _server.StopAsync());
        while (failed.IsEmpty) Assert.True(await enough.WaitAsync(Patience));
        await _server.StartAgainAsync();
        await UntilAsync(acknowledged.Count + 100);
        await stop.CancelAsync();
        await Task.WhenAll(load).WaitAsync(Patience);

        Assert.Null(await replica.CodeAsync(Thing("after")));
        var found = (await replica.ThingIdsAsync()).ToHashSet();
        Assert.Subset(found, acknowledged.ToHashSet());
        Assert.NotEmpty(failed);
        // Of the failed ones only those may be there whose fate the store never told.
        Assert.DoesNotContain(failed, f => found.Contains(f.Id) && !f.Error.Message.Contains("not known", StringComparison.Ordinal));
        Assert.Equal(found.Count, acknowledged.Count + 2 + failed.Count(f => found.Contains(f.Id)));

        async Task UntilAsync(int count)
        {
            while (acknowledged.Count < count) Assert.True(await enough.WaitAsync(Patience));
        }
    }

    [Fact]
    public async Task A_journal_whose_session_was_ended_by_the_store_goes_on()
    {
        await using var replica = await OnAsync(_connection);
        for (var i = 0; i < 3; i++)
        {
            Assert.Null(await replica.CodeAsync(Thing($"t{i}")));
            await replica.ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND application_name = 'credbroker journal'");
        }

        Assert.Null(await replica.CodeAsync(Thing("last")));
        Assert.Equal(4, await replica.ThingsAsync());
    }
}
