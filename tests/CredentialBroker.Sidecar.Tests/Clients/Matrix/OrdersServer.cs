using CredentialBroker.Sidecar.Tests.TestInfra;
using Npgsql;

namespace CredentialBroker.Sidecar.Tests.Clients.Matrix;

/// <summary>A template whose credentials are logins of a real server.</summary>
internal static class OrdersServer
{
    public static StandInTemplate Template(Place place) => The.Orders with
    {
        Members = n =>
        {
            var members = The.Orders.Members(n);
            var server = new NpgsqlConnectionStringBuilder(place.Postgres);
            using var source = NpgsqlDataSource.Create(place.Postgres);
            using var command = source.CreateCommand($"DROP ROLE IF EXISTS \"{members["username"]}\"; CREATE ROLE \"{members["username"]}\" LOGIN PASSWORD '{members["password"]}'");
            command.ExecuteNonQuery();
            (members["host"], members["port"], members["database"], members["sslmode"]) = (server.Host!, server.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), server.Database!, "disable");
            return members;
        },
    };
}
