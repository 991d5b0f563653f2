using CredentialBroker.TestInfra;
using Npgsql;

namespace CredentialBroker.Backends.Conformance;

internal sealed class PostgresHarness(PostgresRig rig) : Harness
{
    private readonly List<NpgsqlConnection> _sessions = [];

    public PostgresRig Rig => rig;

    public override bool EndsAtTarget => true;

    public override bool Lists => true;

    public static async Task<PostgresHarness> StartAsync(PostgresFixture fixture)
    {
        var rig = await PostgresRig.StartAsync(fixture);
        return new PostgresHarness(rig) { Backend = rig.Backend };
    }

    public override Order NewOrder(TimeSpan life, TimeSpan deadline) => rig.Order(life, deadline);

    public override async Task<bool> WorksAsync(Secret secret)
    {
        try
        {
            await using var connection = await rig.LogInAsync(secret);
            await using var command = new NpgsqlCommand($"SELECT pg_has_role('{rig.Reader}', 'USAGE')", connection);
            return await command.ExecuteScalarAsync() is true;
        }
        catch (PostgresException e) when (e.SqlState[..2] == "28")
        {
            return false;
        }
    }

    public override async Task<long> ExpiryAsync(string handle, Secret secret) =>
        (long)(await rig.SuperAsync($"SELECT (extract(epoch FROM rolvaliduntil) * 1000)::int8 FROM pg_roles WHERE rolname = '{RoleIn(handle)}'"))!;

    public override Task<bool> ExistsAsync(string handle) => rig.RoleExistsAsync(RoleIn(handle));

    public override async Task<Func<Task<bool>>?> OpenSessionAsync(Secret secret)
    {
        var session = await rig.LogInAsync(secret);
        _sessions.Add(session);
        return async () =>
        {
            try
            {
                await using var command = new NpgsqlCommand("SELECT 1", session);
                return await command.ExecuteScalarAsync() is 1;
            }
            catch (NpgsqlException)
            {
                return false;
            }
        };
    }

    public override Task PassAsync(TimeSpan time) => Task.Delay(time);

    public override async ValueTask DisposeAsync()
    {
        foreach (var session in _sessions) await session.DisposeAsync();
        await rig.DisposeAsync();
    }

    public static string RoleIn(string handle) => Handle.Read("test", handle, "role")["role"];
}
