using System.Collections.Concurrent;
using Npgsql;

namespace CredentialBroker.TestInfra;

[CollectionDefinition("postgres")]
public class PostgresCollection : ICollectionFixture<PostgresFixture>;

/// <summary>
/// One PostgreSQL per test process, started when a test first asks for it and stopped with the last fixture that did, and
/// a database of its own for every test. May also be a class fixture, for tests that want to run beside each other.
/// </summary>
public sealed class PostgresFixture : IAsyncLifetime
{
    private static readonly SemaphoreSlim Gate = new(1);
    private static readonly ConcurrentDictionary<string, string> Templates = new();
    private static PostgresServer? s_server;
    private static int s_users;
    private bool _uses;

    public Task InitializeAsync() => Task.CompletedTask;

    /// <summary>The shared server. Tests that stop, crash or fill it start a <see cref="PostgresServer"/> of their own.</summary>
    public async Task<PostgresServer> ServerAsync()
    {
        await Gate.WaitAsync();
        try
        {
            s_server ??= await PostgresServer.StartAsync();
            s_users += _uses ? 0 : 1;
            _uses = true;
            return s_server;
        }
        finally
        {
            Gate.Release();
        }
    }

    /// <summary>A fresh, empty database; returns the superuser's connection string to it.</summary>
    public async Task<string> NewDatabaseAsync() => await (await ServerAsync()).CreateDatabaseAsync("test");

    /// <summary>A store of that kind: a fresh database's connection string, or null where it is to be SQLite.</summary>
    public async Task<string?> StoreAsync(string kind) => kind == "postgres" ? await NewDatabaseAsync() : null;

    /// <summary>
    /// A fresh copy of a database that <paramref name="prepare"/> filled once per test process (a migrated schema, say):
    /// copying is faster than preparing again.
    /// </summary>
    public async Task<string> NewDatabaseAsync(string template, Func<string, Task> prepare)
    {
        ArgumentNullException.ThrowIfNull(prepare);
        var server = await ServerAsync();
        await Gate.WaitAsync();
        try
        {
            if (!Templates.TryGetValue(template, out var prepared))
            {
                var connectionString = await server.CreateDatabaseAsync("template_" + template);
                await prepare(connectionString);
                // PostgreSQL copies a database only while nobody is connected to it.
                await using var idle = new NpgsqlConnection(connectionString);
                NpgsqlConnection.ClearPool(idle);
                prepared = idle.Database;
                Templates[template] = prepared;
            }

            return await server.CreateDatabaseAsync("test", prepared);
        }
        finally
        {
            Gate.Release();
        }
    }

    public async Task DisposeAsync()
    {
        await Gate.WaitAsync();
        try
        {
            if (_uses && --s_users == 0)
            {
                Templates.Clear();
                await s_server!.DisposeAsync();
                s_server = null;
            }
        }
        finally
        {
            Gate.Release();
        }
    }
}
