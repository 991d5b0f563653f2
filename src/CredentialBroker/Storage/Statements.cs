using System.Data.Common;
using Npgsql;

namespace CredentialBroker.Storage;

/// <summary>Runs statements in order on one connection: in one round trip on PostgreSQL, one by one on SQLite.</summary>
internal static class Statements
{
    public static Task RunAsync(DbConnection connection, IReadOnlyList<Statement> statements, CancellationToken cancel)
    {
        if (connection is NpgsqlConnection npgsql) return PostgresStatements.RunAsync(npgsql, statements, cancel);
        // The embedded store answers from this process: there is nothing to wait for elsewhere.
        SqliteStatements.Run(connection, statements);
        return Task.CompletedTask;
    }

    /// <summary>The same on a thread that has nothing else to do.</summary>
    public static void Run(DbConnection connection, IReadOnlyList<Statement> statements)
    {
        if (connection is NpgsqlConnection npgsql) PostgresStatements.Run(npgsql, statements);
        else SqliteStatements.Run(connection, statements);
    }
}
