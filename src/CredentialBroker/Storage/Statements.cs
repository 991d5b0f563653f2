using System.Data.Common;
using Npgsql;

namespace CredentialBroker.Storage;

/// <summary>Runs statements in order on one connection: in one round trip on PostgreSQL, one by one on SQLite.</summary>
internal static class Statements
{
    public static Task RunAsync(DbConnection connection, IReadOnlyList<Statement> statements, CancellationToken cancel) =>
        connection is NpgsqlConnection npgsql
            ? PostgresStatements.RunAsync(npgsql, statements, cancel)
            : SqliteStatements.RunAsync(connection, statements, cancel);
}
