using System.Globalization;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using Npgsql;
using YamlDotNet.RepresentationModel;

namespace CredentialBroker.Backends.Postgres;

/// <summary>A login role per lease, member of group roles; ended by closing it, cutting its sessions and dropping it.</summary>
/// <param name="brokerId">Six characters of the broker's id; part of every role's name.</param>
internal sealed class PostgresBackend(string brokerId, PostgresConnections connections, BrokerClock clock) : Backend
{
    public const string Word = "postgres";
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(2);
    private readonly RoleEnding _ending = new(connections, clock);

    public override string Name => Word;

    public override Revocability Revocability => Revocability.Immediate;

    public override TimeSpan ExpectedLatency => TimeSpan.FromSeconds(2);

    public override Renewal Renewal => Renewal.Extend;

    /// <summary>A statement that began just before the deadline may still run this long.</summary>
    public override TimeSpan SettleTime => PostgresConnections.MintStatement + Margin;

    public override IReadOnlyCollection<string> Targets => [.. connections.Targets.Keys];

    public override ValueTask<IReadOnlyList<string>> CheckAsync(string target, CancellationToken cancel) => new PostgresCheck(connections).RunAsync(target, cancel);

    public override Grant? Compile(YamlMappingNode section, Mistakes mistakes) => PostgresSection.Compile(section, connections.Targets, mistakes);

    public override string Plan(Order order) => Handle.Write(order.Grant.Target, ("role", PostgresNames.RoleOf(brokerId, order.LeaseId)));

    public override async ValueTask<Minted> MintAsync(string handle, Order order, CancellationToken cancel)
    {
        var (target, role) = Read(handle);
        var options = connections.Of(target);
        // Derived before connecting: no connection is held while hashing.
        var verifier = ScramVerifier.Generate(options.ScramIterations);
        await OperateAsync(target, order, "making the role", (deadline, until) => MintStatement.Mint(
            role, PostgresNames.PrefixOf(brokerId), (PostgresGrant)order.Grant, verifier.Text, options.MaxLeases, deadline, until), cancel);
        return new Minted(PostgresSecret.Of(options, role, verifier.Password), order.EndsAt);
    }

    /// <summary>The same password lives longer, so there is no secret to hand out again: its object is empty.</summary>
    public override async ValueTask<Minted> RenewAsync(string handle, Order order, CancellationToken cancel)
    {
        var (target, role) = Read(handle);
        await OperateAsync(target, order, "extending the role", (deadline, until) => MintStatement.Extend(role, deadline, until), cancel);
        return new Minted(new Secret(), order.EndsAt);
    }

    public override ValueTask<EndReport> EndAsync(string handle, CancellationToken cancel) =>
        TranslatingAsync(ReasonCodes.EndFailed, "ending the role", () =>
        {
            var (target, role) = Read(handle);
            return _ending.EndAsync(target, role, cancel);
        });

    public override ValueTask<Probe> ProbeAsync(string handle, CancellationToken cancel) =>
        TranslatingAsync(ReasonCodes.TargetUnavailable, "probing the role", async () =>
        {
            var (target, role) = Read(handle);
            await using var home = await connections.OpenEndingAsync(target, connections.Of(target).Database, cancel);
            await using var command = new NpgsqlCommand("SELECT rolcanlogin FROM pg_roles WHERE rolname = $1", home) { Parameters = { new() { Value = role } } };
            return await command.ExecuteScalarAsync(cancel) is true ? Probe.Alive : Probe.Dead;
        });

    /// <summary>Logs in as the workload would.</summary>
    public override ValueTask<Probe> UseAsync(Grant grant, Secret secret, CancellationToken cancel) =>
        TranslatingAsync(ReasonCodes.TargetUnavailable, "logging in with the credential", async () =>
        {
            try
            {
                await using var session = new NpgsqlConnection(connections.AsWorkload(grant.Target, secret.Member("username"), secret.Member("password")));
                await session.OpenAsync(cancel);
                await session.RunAsync("SELECT 1", cancel);
                return Probe.Alive;
            }
            catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification)
            {
                return Probe.Dead;
            }
        });

    public override ValueTask<IReadOnlyList<Ours>> ListAsync(string target, CancellationToken cancel) =>
        TranslatingAsync(ReasonCodes.TargetUnavailable, "listing the roles of leases", async () =>
        {
            await using var home = await connections.OpenEndingAsync(target, connections.Of(target).Database, cancel);
            await using var command = new NpgsqlCommand("SELECT rolname::text FROM pg_roles WHERE starts_with(rolname::text, $1)", home) { Parameters = { new() { Value = PostgresNames.PrefixOf(brokerId) } } };
            await using var reader = await command.ExecuteReaderAsync(cancel);
            var found = new List<Ours>();
            while (await reader.ReadAsync(cancel))
            {
                var role = reader.GetString(0);
                if (PostgresNames.IsLeaseRole(brokerId, role)) found.Add(new Ours(role[PostgresNames.PrefixOf(brokerId).Length..], Handle.Write(target, ("role", role))));
            }

            return (IReadOnlyList<Ours>)found;
        });

    /// <summary>Reads the target's clock and runs the statement on the same connection, with times by that clock.</summary>
    private ValueTask<bool> OperateAsync(string target, Order order, string doing, Func<DateTimeOffset, DateTimeOffset, string> statement, CancellationToken cancel) =>
        TranslatingAsync(ReasonCodes.MintFailed, doing, async () =>
        {
            connections.Of(target);
            await using var home = await connections.OpenMintingAsync(target, cancel);
            await using var clockQuery = new NpgsqlCommand("SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::int8", home);
            var there = (long)(await clockQuery.ExecuteScalarAsync(cancel))!;
            // The target read its clock before now, so that what is translated comes early by the way back, never late.
            var behind = there - clock.NowMs();
            if (clock.NowMs() > order.Deadline)
                throw new BackendException(Word, ReasonCodes.MintFailed, "the deadline of the operation has passed", transient: false);
            await home.RunAsync(statement(At(order.Deadline + behind), At(order.EndsAt + behind)), cancel);
            return true;
        });

    private static DateTimeOffset At(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms);

    private (string Target, string Role) Read(string handle)
    {
        var read = Handle.Read(Word, handle, "target", "role");
        // Ours only: whatever a damaged handle says, no other role is ever touched.
        return PostgresNames.IsLeaseRole(brokerId, read["role"])
            ? (read["target"], read["role"])
            : throw new BackendException(Word, ReasonCodes.EndFailed, "the lease's handle names a role that is not this broker's", transient: false);
    }

    private static async ValueTask<T> TranslatingAsync<T>(string code, string doing, Func<ValueTask<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException or UnauthorizedAccessException)
        {
            throw PostgresErrors.Translate(e, code, doing);
        }
    }
}
