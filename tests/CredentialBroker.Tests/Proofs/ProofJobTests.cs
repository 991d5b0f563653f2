using CredentialBroker.Proofs;
using CredentialBroker.Storage.Journaling;
using CredentialBroker.TestInfra;
using Microsoft.Extensions.DependencyInjection;

namespace CredentialBroker.Tests.Proofs;

/// <summary>Canaries on the broker's own schedule.</summary>
[Collection("postgres")]
public sealed class ProofJobTests(PostgresFixture postgres)
{
    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task A_template_whose_turn_it_is_gets_one_canary_however_many_replicas_look(string store)
    {
        using var folder = new SceneFolder();
        var database = store == "postgres" ? await postgres.NewDatabaseAsync() : null;
        await using var first = await PlanTests.StartAsync(new ScriptedBackend(), database, folder);
        await using var second = database is null ? null : await PlanTests.StartAsync(new ScriptedBackend(), database, folder);
        RunningBroker[] replicas = second is null ? [first] : [first, second];
        async Task LookAsync() => await Task.WhenAll(replicas.Select(replica => ActivatorUtilities.CreateInstance<ProofJob>(replica.Host.Services).RunAsync(default)));

        // Seen for the first time, it is due after the first interval.
        await LookAsync();
        Assert.Empty(await DeadAsync(first));
        await first.Get<Journal>().CommitAsync(Lane.Control, new PlainWrite("UPDATE rounds SET due_at = 0"));
        await LookAsync();
        for (var i = 0; (await DeadAsync(first)).Count == 0; i++)
        {
            Assert.True(i < 600, "no canary was proved dead");
            await Task.Delay(50);
        }

        await LookAsync();
        Assert.Single(await DeadAsync(first));
    }

    private static async Task<List<string>> DeadAsync(RunningBroker broker) =>
        [.. (await broker.Scene.OperatorAsync(HttpMethod.Get, "/v1/audit")).Body.Split('\n').Where(line => line.Contains("credential.proved_dead", StringComparison.Ordinal))];
}
