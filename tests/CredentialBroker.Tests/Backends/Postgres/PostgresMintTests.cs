using System.Text;
using CredentialBroker.Protocol;
using CredentialBroker.TestInfra;
using Npgsql;

namespace CredentialBroker.Backends.Postgres;

[Collection("postgres")]
public sealed class PostgresMintTests(PostgresFixture postgres)
{
    [Fact]
    public async Task A_mint_delivered_after_its_deadline_makes_no_role()
    {
        await using var proxy = TcpProxy.Start((await postgres.ServerAsync()).Port);
        await using var rig = await PostgresRig.StartAsync(postgres, proxy.Port);
        var order = rig.Order(deadline: TimeSpan.FromSeconds(1.5));
        var handle = rig.Backend.Plan(order);
        var held = proxy.DetachNextClientBytesMatching(Encoding.ASCII.GetBytes(MintStatement.MarkOf(rig.RoleOf(order))));

        var mint = Assert.ThrowsAsync<BackendException>(() => rig.Backend.MintAsync(handle, order, default).AsTask());
        await held.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.True((await mint).Transient);
        // Recovery ends what it knows of while the statement is still on its way.
        Assert.False((await rig.Backend.EndAsync(handle, default)).WasThere);
        await Task.Delay(TimeSpan.FromSeconds(1.6));
        proxy.Resume();
        await proxy.DeliveredAsync();
        var log = (await postgres.ServerAsync()).LogFile;
        for (var i = 0; i < 200 && !(await ReadSharedAsync(log)).Contains(MintStatement.MarkOf(rig.RoleOf(order)), StringComparison.Ordinal); i++) await Task.Delay(20);

        // The server did see it: it logged the statement that it refused.
        Assert.Contains(MintStatement.MarkOf(rig.RoleOf(order)), await ReadSharedAsync(log), StringComparison.Ordinal);
        Assert.False(await rig.RoleExistsAsync(rig.RoleOf(order)));
    }

    [Fact]
    public async Task A_lost_answer_leaves_a_role_that_the_planned_handle_ends()
    {
        await using var proxy = TcpProxy.Start((await postgres.ServerAsync()).Port);
        await using var rig = await PostgresRig.StartAsync(postgres, proxy.Port);
        var order = rig.Order();
        var handle = rig.Backend.Plan(order);
        var lost = proxy.LoseAnswerToNextClientBytesMatching(Encoding.ASCII.GetBytes(MintStatement.MarkOf(rig.RoleOf(order))));
        await Assert.ThrowsAsync<BackendException>(() => rig.Backend.MintAsync(handle, order, default).AsTask());
        await lost;
        Assert.True(await rig.RoleExistsAsync(rig.RoleOf(order)));
        Assert.True((await rig.Backend.EndAsync(handle, default)).WasThere);
        Assert.False(await rig.RoleExistsAsync(rig.RoleOf(order)));
    }

    [Fact]
    public async Task A_role_carries_nothing_but_its_groups_and_its_limit()
    {
        await using var rig = await PostgresRig.StartAsync(postgres);
        var order = rig.Order(grant: rig.Grant(rig.Reader));
        await rig.Backend.MintAsync(rig.Backend.Plan(order), order, default);
        Assert.Equal(true, await rig.SuperAsync($"""
            SELECT rolcanlogin AND rolinherit AND rolconnlimit = 5 AND NOT (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls)
              AND (SELECT array_agg(roleid::regrole::text) = ARRAY['{rig.Reader}'] FROM pg_auth_members WHERE member = r.oid)
              AND (SELECT rolpassword LIKE 'SCRAM-SHA-256$4096:%' FROM pg_authid a WHERE a.oid = r.oid)
            FROM pg_roles r WHERE rolname = '{rig.RoleOf(order)}'
            """));
    }

    [Theory]
    [InlineData("GRANT pg_read_all_data TO {0}")]
    [InlineData("CREATE ROLE between_{1} NOLOGIN; GRANT pg_monitor TO between_{1}; GRANT between_{1} TO {0}")]
    [InlineData("CREATE ROLE root_{1} SUPERUSER; GRANT root_{1} TO {0}")]
    [InlineData("ALTER ROLE {0} CREATEROLE")]
    [InlineData("ALTER ROLE {0} BYPASSRLS")]
    public async Task A_group_that_became_powerful_is_refused_and_reported(string makePowerful)
    {
        await using var rig = await PostgresRig.StartAsync(postgres);
        Assert.Empty(await rig.Backend.CheckAsync(PostgresRig.TargetName, default));
        await rig.SuperAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, makePowerful, rig.Reader, rig.BrokerId));
        var order = rig.Order(grant: rig.Grant(rig.Reader));

        var refused = await Assert.ThrowsAsync<BackendException>(() => rig.Backend.MintAsync(rig.Backend.Plan(order), order, default).AsTask());

        Assert.False(refused.Transient);
        Assert.False(await rig.RoleExistsAsync(rig.RoleOf(order)));
        Assert.Contains(rig.Reader, Assert.Single(await rig.Backend.CheckAsync(PostgresRig.TargetName, default)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_target_refuses_and_a_missing_group_too()
    {
        await using var rig = await PostgresRig.StartAsync(postgres);
        await using var few = new PostgresConnections(new Dictionary<string, PostgresTarget> { [PostgresRig.TargetName] = rig.Target with { MaxLeases = 1 } });
        var backend = new PostgresBackend(rig.BrokerId, few, rig.Clock);
        var (first, second) = (rig.Order(), rig.Order());
        await backend.MintAsync(backend.Plan(first), first, default);
        var full = await Assert.ThrowsAsync<BackendException>(() => backend.MintAsync(backend.Plan(second), second, default).AsTask());
        Assert.Equal(ReasonCodes.TargetOverloaded, full.Code);
        var missing = rig.Order(grant: rig.Grant("nobody"));
        var refused = await Assert.ThrowsAsync<BackendException>(() => rig.Backend.MintAsync(rig.Backend.Plan(missing), missing, default).AsTask());
        Assert.Equal(ReasonCodes.MintFailed, refused.Code);
    }

    [Fact]
    public async Task A_weak_verifier_logs_in_and_an_unreachable_target_says_so()
    {
        await using var rig = await PostgresRig.StartAsync(postgres);
        await using var weak = new PostgresConnections(new Dictionary<string, PostgresTarget> { [PostgresRig.TargetName] = rig.Target with { ScramIterations = 1 } });
        var backend = new PostgresBackend(rig.BrokerId, weak, rig.Clock);
        var order = rig.Order();
        await using (await rig.LogInAsync((await backend.MintAsync(backend.Plan(order), order, default)).Secret))
        {
        }

        await using var nowhere = new PostgresConnections(new Dictionary<string, PostgresTarget> { [PostgresRig.TargetName] = rig.Target with { Port = LoopbackPorts.FindFree() } });
        var gone = new PostgresBackend(rig.BrokerId, nowhere, rig.Clock);
        var refused = await Assert.ThrowsAsync<BackendException>(() => gone.EndAsync(gone.Plan(order), default).AsTask());
        Assert.Equal((ReasonCodes.TargetUnavailable, true), (refused.Code, refused.Transient));
        Assert.NotEmpty(await gone.CheckAsync(PostgresRig.TargetName, default));
    }

    [Fact]
    public async Task The_check_finds_a_login_that_is_too_strong_or_too_weak()
    {
        await using var rig = await PostgresRig.StartAsync(postgres);
        await rig.SuperAsync($"ALTER ROLE {rig.Target.Username} SUPERUSER NOCREATEROLE");
        var problems = await rig.Backend.CheckAsync(PostgresRig.TargetName, default);
        Assert.Contains(problems, problem => problem.Contains("superuser", StringComparison.Ordinal));
        Assert.Contains(problems, problem => problem.Contains("CREATEROLE", StringComparison.Ordinal));
    }

    private static async Task<string> ReadSharedAsync(string path)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return await reader.ReadToEndAsync();
    }
}
