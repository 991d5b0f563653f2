using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Runtime.Drift;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;
using CredentialBroker.TestInfra;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace CredentialBroker.Tests.Runtime.Drift;

/// <summary>A broker with a database as target, at which somebody else may have been.</summary>
internal sealed class DriftScene(PostgresServer server, OrdersDatabase orders, SceneFolder folder, RunningBroker broker) : IAsyncDisposable
{
    public OrdersDatabase Orders => orders;

    public RunningBroker Broker => broker;

    public long Now => broker.Get<BrokerClock>().NowMs();

    public static async Task<DriftScene> StartAsync(PostgresFixture postgres, bool onPostgres, int most = 50)
    {
        var server = await postgres.ServerAsync();
        var orders = await OrdersDatabase.CreateAsync(server);
        var folder = new SceneFolder();
        var broker = await Brokers.StartAsync(onPostgres ? await postgres.NewDatabaseAsync() : null, configuration =>
        {
            orders.AddTarget(configuration, folder.Path);
            configuration["Drift"] = new JsonObject { ["MostOrphans"] = most };
        }, folder);
        await broker.Scene.ActivateAsync(OrdersDatabase.Template);
        return new DriftScene(server, orders, folder, broker);
    }

    public async Task<string> ClaimAsync()
    {
        var pod = broker.Scene.NewPod();
        await broker.Scene.ApproveAsync(broker.Scene.ApprovalOf(pod, "orders"));
        var claimed = await broker.Scene.ClaimAsync(broker.Scene.Token(pod), "orders");
        Assert.True(claimed.Status == HttpStatusCode.Created, claimed.Body);
        return claimed.Json.GetProperty("lease").GetProperty("id").GetString()!;
    }

    public string RoleOf(string lease) => $"cb-{broker.Get<BrokerIdentity>().Id}-{lease}";

    /// <summary>A role in a lease's name that no lease is for.</summary>
    public async Task<string> MakeRoleAsync(string lease)
    {
        await SuperAsync($"CREATE ROLE \"{RoleOf(lease)}\" LOGIN IN ROLE orders_reader; GRANT \"{RoleOf(lease)}\" TO {orders.Login} WITH ADMIN OPTION");
        return lease;
    }

    /// <summary>Whatever the time is, every target's turn has come.</summary>
    public async Task LookAsync()
    {
        var job = ActivatorUtilities.CreateInstance<DriftJob>(broker.Host.Services);
        await job.RunAsync(default);
        await broker.Get<Journal>().CommitAsync(Lane.Control, new PlainWrite("UPDATE rounds SET due_at = 0"));
        await job.RunAsync(default);
    }

    public async Task<List<JsonElement>> FindingsAsync(bool resolved = false) =>
        [.. (await broker.Scene.OperatorAsync(HttpMethod.Get, $"/v1/findings{(resolved ? "?resolved=true" : "")}")).Json.GetProperty("findings").EnumerateArray()];

    public async Task<List<JsonElement>> HoldsAsync() => [.. (await broker.Scene.OperatorAsync(HttpMethod.Get, "/v1/holds")).Json.EnumerateObject().First().Value.EnumerateArray()];

    public async Task SuperAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(server.SuperuserConnectionString());
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await broker.DisposeAsync();
        await orders.DisposeAsync();
        folder.Dispose();
    }
}
