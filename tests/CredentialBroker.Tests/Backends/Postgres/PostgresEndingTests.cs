using CredentialBroker.Protocol;
using CredentialBroker.TestInfra;
using Npgsql;

namespace CredentialBroker.Backends.Postgres;

[Collection("postgres")]
public sealed class PostgresEndingTests(PostgresFixture postgres)
{
    [Fact]
    public async Task What_a_lease_created_in_two_databases_goes_to_the_object_owner()
    {
        await using var rig = await PostgresRig.StartAsync(postgres, ownDatabases: true);
        var (handle, minted, order) = await MintAsync(rig);
        foreach (var database in new[] { rig.Home, rig.Second })
            await AsLeaseAsync(rig, minted, database, "CREATE TABLE made (i int); CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; GRANT SELECT ON made TO PUBLIC");

        Assert.True((await rig.Backend.EndAsync(handle, default)).WasThere);

        Assert.False(await rig.RoleExistsAsync(rig.RoleOf(order)));
        foreach (var database in new[] { rig.Home, rig.Second })
            Assert.Equal(rig.Target.ObjectOwner, await rig.SuperAsync("SELECT tableowner::text FROM pg_tables WHERE tablename = 'made'", database));
    }

    [Fact]
    public async Task Sessions_are_cut_and_counted_also_after_SET_ROLE()
    {
        await using var rig = await PostgresRig.StartAsync(postgres, ownDatabases: true);
        var (handle, minted, _) = await MintAsync(rig);
        await using var plain = await rig.LogInAsync(minted.Secret);
        await using var disguised = await rig.LogInAsync(minted.Secret, rig.Second);
        await disguised.RunAsync($"SET ROLE {rig.Reader}; BEGIN", default);

        Assert.Equal(2, (await rig.Backend.EndAsync(handle, default)).SessionsCut);

        await Assert.ThrowsAnyAsync<NpgsqlException>(() => plain.RunAsync("SELECT 1", default).AsTask());
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => disguised.RunAsync("SELECT 1", default).AsTask());
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task Prepared_transactions_are_rolled_back_whoever_owns_them(bool second, bool asGroup)
    {
        await using var rig = await PostgresRig.StartAsync(postgres, ownDatabases: true);
        var (handle, minted, order) = await MintAsync(rig);
        var database = second ? rig.Second : rig.Home;
        await using (var session = await rig.LogInAsync(minted.Secret, database))
        {
            await session.RunAsync("BEGIN", default);
            await session.RunAsync("CREATE TABLE half (i int)", default);
            if (asGroup) await session.RunAsync($"SET ROLE {rig.Writer}", default);
            await session.RunAsync($"PREPARE TRANSACTION 'it''s; \\ \"{order.LeaseId}'", default);
        }

        await rig.Backend.EndAsync(handle, default);

        Assert.False(await rig.RoleExistsAsync(rig.RoleOf(order)));
        Assert.Equal(0L, await rig.SuperAsync($"SELECT count(*) FROM pg_prepared_xacts WHERE database = '{database}'"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("PREPARE TRANSACTION 'locked'")]
    [InlineData("SET ROLE {0}; PREPARE TRANSACTION 'locked'")]
    public async Task A_workload_that_locks_its_own_row_is_ended_all_the_same(string? then)
    {
        await using var rig = await PostgresRig.StartAsync(postgres, ownDatabases: true);
        var (handle, minted, order) = await MintAsync(rig);
        await using var session = await rig.LogInAsync(minted.Secret);
        await session.RunAsync("BEGIN", default);
        await session.RunAsync("ALTER ROLE CURRENT_USER PASSWORD 'mine'", default);
        foreach (var sql in (then ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries))
            await session.RunAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, sql, rig.Writer), default);

        Assert.Equal(1, (await rig.Backend.EndAsync(handle, default)).SessionsCut);

        Assert.False(await rig.RoleExistsAsync(rig.RoleOf(order)));
    }

    [Fact]
    public async Task A_role_that_someone_else_dropped_is_ended()
    {
        await using var rig = await PostgresRig.StartAsync(postgres, ownDatabases: true);
        var (handle, _, order) = await MintAsync(rig);
        await rig.SuperAsync($"DROP ROLE \"{rig.RoleOf(order)}\"");
        Assert.False((await rig.Backend.EndAsync(handle, default)).WasThere);
    }

    [Fact]
    public async Task Objects_in_a_database_that_is_not_configured_are_named_and_the_login_is_dead()
    {
        await using var rig = await PostgresRig.StartAsync(postgres, ownDatabases: true);
        var (handle, minted, order) = await MintAsync(rig);
        var third = new NpgsqlConnectionStringBuilder(await postgres.NewDatabaseAsync()).Database!;
        await rig.SuperAsync($"GRANT CREATE ON SCHEMA public TO {rig.Writer}", third);
        await AsLeaseAsync(rig, minted, third, "CREATE TABLE made (i int)");

        var refused = await Assert.ThrowsAsync<BackendException>(() => rig.Backend.EndAsync(handle, default).AsTask());

        Assert.Contains(third, refused.Detail, StringComparison.Ordinal);
        Assert.Equal(Probe.Dead, await rig.Backend.ProbeAsync(handle, default));
        await rig.SuperAsync($"DROP OWNED BY \"{rig.RoleOf(order)}\"", third);
        Assert.True((await rig.Backend.EndAsync(handle, default)).WasThere);
    }

    [Fact]
    public async Task Privileges_granted_by_a_stranger_are_told_and_the_login_is_dead()
    {
        await using var rig = await PostgresRig.StartAsync(postgres, ownDatabases: true);
        var (handle, _, order) = await MintAsync(rig);
        await rig.SuperAsync($"CREATE TABLE strange (i int); GRANT SELECT ON strange TO \"{rig.RoleOf(order)}\"", rig.Second);

        var refused = await Assert.ThrowsAsync<BackendException>(() => rig.Backend.EndAsync(handle, default).AsTask());

        Assert.Contains("no member of", refused.Detail, StringComparison.Ordinal);
        Assert.Equal(Probe.Dead, await rig.Backend.ProbeAsync(handle, default));
        await rig.SuperAsync($"REVOKE SELECT ON strange FROM \"{rig.RoleOf(order)}\"", rig.Second);
        Assert.True((await rig.Backend.EndAsync(handle, default)).WasThere);
    }

    [Fact]
    public async Task What_the_object_owner_may_not_take_is_told_and_nothing_is_destroyed()
    {
        await using var rig = await PostgresRig.StartAsync(postgres, ownDatabases: true);
        var (handle, minted, _) = await MintAsync(rig);
        await AsLeaseAsync(rig, minted, rig.Home, "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'");
        await rig.SuperAsync($"REVOKE CREATE ON SCHEMA public FROM {rig.Target.ObjectOwner}");

        var refused = await Assert.ThrowsAsync<BackendException>(() => rig.Backend.EndAsync(handle, default).AsTask());

        Assert.True(refused.Transient);
        Assert.Contains("object owner", refused.Detail, StringComparison.Ordinal);
        Assert.Equal(Probe.Dead, await rig.Backend.ProbeAsync(handle, default));
        await rig.SuperAsync($"GRANT CREATE ON SCHEMA public TO {rig.Target.ObjectOwner}");
        Assert.True((await rig.Backend.EndAsync(handle, default)).WasThere);
        Assert.Equal(1L, await rig.SuperAsync("SELECT count(*) FROM pg_proc WHERE proname = 'f'"));
    }

    [Fact]
    public async Task A_mint_that_is_still_running_is_cut_by_the_end()
    {
        await using var rig = await PostgresRig.StartAsync(postgres, ownDatabases: true);
        var order = rig.Order();
        var handle = rig.Backend.Plan(order);
        var super = new NpgsqlConnectionStringBuilder((await postgres.ServerAsync()).SuperuserConnectionString(rig.Home)) { Pooling = false };
        await using var blocker = new NpgsqlConnection(super.ConnectionString);
        await blocker.OpenAsync();
        // A role of the same name that is not committed yet: the mint waits for it, past its last check.
        await blocker.RunAsync($"BEGIN; CREATE ROLE \"{rig.RoleOf(order)}\"", default);
        var mint = rig.Backend.MintAsync(handle, order, default).AsTask();
        while (await rig.SuperAsync($"SELECT count(*) FROM pg_stat_activity WHERE usename = '{rig.Target.Username}' AND wait_event_type = 'Lock'") is 0L)
            await Task.Delay(10);

        Assert.False((await rig.Backend.EndAsync(handle, default)).WasThere);

        await Assert.ThrowsAsync<BackendException>(() => mint);
        await blocker.RunAsync("ROLLBACK", default);
        Assert.False(await rig.RoleExistsAsync(rig.RoleOf(order)));
    }

    [Fact]
    public async Task Twenty_leases_are_made_and_ended_at_once()
    {
        await using var rig = await PostgresRig.StartAsync(postgres, ownDatabases: true);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(async () =>
        {
            var (handle, minted, _) = await MintAsync(rig);
            await AsLeaseAsync(rig, minted, rig.Home, $"CREATE TABLE \"{Ids.New(rig.Clock)}\" (i int)");
            Assert.True((await rig.Backend.EndAsync(handle, default)).WasThere);
        })));
        Assert.Equal(0L, await rig.SuperAsync($"SELECT count(*) FROM pg_roles WHERE starts_with(rolname, 'cb-{rig.BrokerId}-')"));
    }

    [Fact]
    public async Task A_handle_never_reaches_another_brokers_role()
    {
        await using var rig = await PostgresRig.StartAsync(postgres, ownDatabases: true);
        foreach (var role in new[] { rig.Reader, "postgres", $"cb-{rig.BrokerId}-x\" ; DROP ROLE x; --", $"cb-zzzzzz-{Ids.New(rig.Clock)}" })
        {
            var handle = Handle.Write(PostgresRig.TargetName, ("role", role));
            await Assert.ThrowsAsync<BackendException>(() => rig.Backend.EndAsync(handle, default).AsTask());
        }
    }

    internal static async Task<(string Handle, Minted Minted, Order Order)> MintAsync(PostgresRig rig)
    {
        var order = rig.Order();
        var handle = rig.Backend.Plan(order);
        return (handle, await rig.Backend.MintAsync(handle, order, default), order);
    }

    private static async Task AsLeaseAsync(PostgresRig rig, Minted minted, string database, string sql)
    {
        await using var session = await rig.LogInAsync(minted.Secret, database);
        await session.RunAsync(sql, default);
    }
}
