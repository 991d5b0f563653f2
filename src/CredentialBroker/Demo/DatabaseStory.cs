using System.Diagnostics;
using System.Text.Json;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Evidence;
using CredentialBroker.Protocol.Leases;
using Npgsql;

namespace CredentialBroker.Demo;

/// <summary>The main job with a database role: it appears, somebody logs in with it, the task ends, and session and role are gone.</summary>
internal sealed class DatabaseStory(Stage stage, Narrator narrator)
{
    private const string Pod = "7c9f2b1e-demo-pod";
    private const string Task1 = "report-7";
    private readonly BrokerClient _operator = stage.Operator();

    public async Task TellAsync()
    {
        var database = stage.Database!;
        narrator.Step("A broker runs; its login at the database is no superuser.", $"credential-broker serve            # at {stage.Address}");
        narrator.Step("A platform team says what may be asked for.", "credbroker template apply orders-read.yaml");
        await _operator.ApplyTemplateAsync(Script.Template("orders-read", $$"""{ postgres: { target: orders, memberOf: [{{database.Reader}}], connectionLimit: 2 } }"""), "orders-read.yaml");

        narrator.Step("A workload asks before anybody approved it.", "credbroker lease claim orders-read");
        narrator.Says(await Script.RefusedAsync(ClaimAsync, ReasonCodes.NoApproval));

        narrator.Step("The admission gate approves this one pod.", "credbroker approval submit gate approval.jws");
        await stage.Client().SubmitApprovalAsync("gate", stage.Gate.Approval(Script.Approval("admission-1", "orders-read", Pod, Task1)));

        narrator.Step("The pod proves who it is, and gets a role of its own.", "credbroker lease claim orders-read");
        var answer = await ClaimAsync();
        var role = answer.Credential!.Value.GetProperty("username").GetString()!;
        Narrator.Demand(await database.HasRoleAsync(role), $"role {role} should exist");
        narrator.Says($"lease {answer.Lease.Id}; the role {role} exists");

        narrator.Step("It logs in.", "psql \"$(jq -r .uri)\" -c 'SELECT current_user'");
        Narrator.Demand(await LoginAsync(answer.Credential.Value) == role, "the login should be the lease's role");
        narrator.Says($"logged in as {role}");

        narrator.Step("The task ends while a session is open.", $"credbroker task end {Task1}");
        await using var session = new NpgsqlConnection(ConnectionOf(answer.Credential.Value));
        await session.OpenAsync();
        await _operator.EndTaskAsync(Task1);
        var ended = await Script.EndedAsync(_operator, answer.Lease.Id);
        Narrator.Demand(!await database.HasRoleAsync(role), $"role {role} should be gone");
        Narrator.Demand(await CutAsync(session), "the open session should be cut");
        narrator.Says($"lease {ended.State}, cause {ended.Cause}; the open session is cut and the role is gone");

        narrator.Step("An auditor verifies the records.", "credbroker audit verify");
        var verdict = await ChainVerifier.VerifyAsync(_operator.ReadAuditAsync(new AuditFilter()));
        Narrator.Demand(verdict.Problem is null, verdict.Problem ?? "");
        narrator.Says($"{verdict.Records} records in {verdict.Chains} chain, all in place");
    }

    private Task<LeaseAnswer> ClaimAsync() =>
        stage.Client(stage.Cluster.PodToken("shop", "checkout", Pod)).ClaimLeaseAsync(new ClaimRequest("orders-read"), Ids.New(TimeProvider.System));

    /// <summary>By psql where it is installed, since that is what a person would use; else by this program's own driver.</summary>
    private static async Task<string> LoginAsync(JsonElement credential)
    {
        var start = new ProcessStartInfo("psql", ["-X", "-A", "-t", "-c", "SELECT current_user"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (variable, member) in new[] { ("PGHOST", "host"), ("PGPORT", "port"), ("PGDATABASE", "database"), ("PGUSER", "username"), ("PGPASSWORD", "password"), ("PGSSLMODE", "sslmode") })
        {
            start.Environment[variable] = credential.GetProperty(member).GetString();
        }

        try
        {
            using var psql = Process.Start(start)!;
            var said = await psql.StandardOutput.ReadToEndAsync();
            await psql.WaitForExitAsync();
            return said.Trim();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            await using var source = NpgsqlDataSource.Create(ConnectionOf(credential));
            await using var command = source.CreateCommand("SELECT current_user");
            return (string)(await command.ExecuteScalarAsync())!;
        }
    }

    private static async Task<bool> CutAsync(NpgsqlConnection session)
    {
        try
        {
            await using var command = new NpgsqlCommand("SELECT 1", session);
            await command.ExecuteScalarAsync();
            return false;
        }
        catch (NpgsqlException)
        {
            return true;
        }
    }

    private static string ConnectionOf(JsonElement credential) => new NpgsqlConnectionStringBuilder
    {
        Host = credential.GetProperty("host").GetString(),
        Port = int.Parse(credential.GetProperty("port").GetString()!, null),
        Database = credential.GetProperty("database").GetString(),
        Username = credential.GetProperty("username").GetString(),
        Password = credential.GetProperty("password").GetString(),
        Pooling = false,
    }.ConnectionString;
}
