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
        await TranslatingAsync(ReasonCodes.MintFailed, "making the role", async () =>
        {
            await using var home = await connections.OpenMintingAsync(target, cancel);
            for (var raced = false; ; raced = true)
            {
                var grant = (PostgresGrant)order.Grant;
                var look = await RoleLook.AtAsync(home, role, PostgresNames.PrefixOf(brokerId), grant.Groups, cancel);
                if (!look.GroupsFit) throw Failed(ReasonCodes.MintFailed, "a group role is missing at the target, or carries rights that no lease may have");
                if (!look.Exists && look.Leases >= options.MaxLeases)
                    throw new BackendException(Word, ReasonCodes.TargetOverloaded, "as many lease roles exist as the target may hold", transient: true);
                var (deadline, until) = Times(order, look.Clock);
                try
                {
                    await home.RunAsync((look.Exists ? (MintText)MintStatement.Again : MintStatement.Mint)(role, grant, verifier.Text, deadline, until), cancel);
                    return true;
                }
                catch (PostgresException e) when (!raced && e.SqlState is PostgresErrorCodes.DuplicateObject or PostgresErrorCodes.UniqueViolation)
                {
                    // The same operation once more made it since the look.
                }
            }
        });
        return new Minted(PostgresSecret.Of(options, role, verifier.Password), order.EndsAt);
    }

    /// <summary>The same password lives longer, so there is no secret to hand out again: its object is empty.</summary>
    public override async ValueTask<Minted> RenewAsync(string handle, Order order, CancellationToken cancel)
    {
        var (target, role) = Read(handle);
        connections.Of(target);
        await TranslatingAsync(ReasonCodes.MintFailed, "extending the role", async () =>
        {
            await using var home = await connections.OpenMintingAsync(target, cancel);
            await using var clockQuery = new NpgsqlCommand($"SELECT {MintStatement.Now}", home);
            var (deadline, until) = Times(order, (long)(await clockQuery.ExecuteScalarAsync(cancel))!);
            await home.RunAsync(MintStatement.Extend(role, deadline, until), cancel);
            return true;
        });
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

    private delegate string MintText(string role, PostgresGrant grant, string verifier, DateTimeOffset deadline, DateTimeOffset validUntil);

    /// <summary>
    /// Deadline and end by the target's clock. It read its clock before now, so that what is translated comes early by the
    /// way back, never late.
    /// </summary>
    private (DateTimeOffset Deadline, DateTimeOffset Until) Times(Order order, long there)
    {
        var now = clock.NowMs();
        return now <= order.Deadline
            ? (At(order.Deadline + there - now), At(order.EndsAt + there - now))
            : throw Failed(ReasonCodes.MintFailed, "the deadline of the operation has passed");
    }

    private static BackendException Failed(string code, string detail) => new(Word, code, detail, transient: false);

    private static DateTimeOffset At(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms);

    private (string Target, string Role) Read(string handle)
    {
        var read = Handle.Read(Word, handle, "target", "role");
        // Ours only: whatever a damaged handle says, no other role is ever touched.
        return PostgresNames.IsLeaseRole(brokerId, read["role"])
            ? (read["target"], read["role"])
            : throw Failed(ReasonCodes.EndFailed, "the lease's handle names a role that is not this broker's");
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
