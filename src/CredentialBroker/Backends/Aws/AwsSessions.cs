using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Backends.Aws;

/// <summary>The sessions that may be alive, in the store. A row is written before its session is made, so that what was made can be denied.</summary>
internal sealed class AwsSessions(Store store, Journal journal, TimeProvider clock)
{
    /// <summary>How long after its time a session is kept in mind: the provider's clock may be behind.</summary>
    public const long GraceMs = 60_000;

    /// <summary>How long after it was begun a session may have been issued.</summary>
    public const long IssuingMs = 30_000;

    /// <param name="most">Sessions that may live on the role at once.</param>
    /// <param name="room">Sessions that the role's policy can deny at once.</param>
    /// <returns>False when there is no room for one more.</returns>
    public async ValueTask<bool> OpenAsync(string target, string role, string lease, long diesBy, int most, int room, CancellationToken cancel)
    {
        await WriteAsync(new PlainWrite(
            """
            INSERT INTO aws_sessions (role, lease, target, issued_at, dies_by)
            SELECT @role, @lease, @target, @now, @dies
            WHERE (SELECT count(*) FROM aws_sessions WHERE role = @role AND dies_by > @past) < @most
              AND (SELECT count(*) FROM aws_sessions WHERE role = @role AND dies_by > @past AND denied_at IS NOT NULL) < @room
            ON CONFLICT (role, lease) DO NOTHING
            """,
            ("role", role), ("lease", lease), ("target", target), ("now", clock.NowMs()), ("dies", diesBy), ("past", clock.NowMs() - GraceMs), ("most", (long)most), ("room", (long)room))
        {
            LockNames = [$"aws/{role}"],
        }, Lane.Issuing);
        return await FindAsync(role, lease, cancel) is not null;
    }

    public async ValueTask<SessionRow?> FindAsync(string role, string lease, CancellationToken cancel) =>
        (await store.ListAsync(Pool.Control, new Statement("SELECT issued_at, dies_by, denied_at FROM aws_sessions WHERE role = @role AND lease = @lease")
        {
            Values = [("role", role), ("lease", lease)],
        }, row => new SessionRow(lease, row.GetInt64(0), row.GetInt64(1), row.IsDBNull(2) ? null : row.GetInt64(2)), cancel)).SingleOrDefault();

    /// <summary>Another session of the same lease is about to be made. False when the lease was denied, or is unknown.</summary>
    public async ValueTask<bool> ExtendAsync(string role, string lease, long diesBy, CancellationToken cancel)
    {
        await WriteAsync(new PlainWrite(
            "UPDATE aws_sessions SET issued_at = @now, dies_by = CASE WHEN dies_by < @dies THEN @dies ELSE dies_by END WHERE role = @role AND lease = @lease AND denied_at IS NULL",
            ("now", clock.NowMs()), ("dies", diesBy), ("role", role), ("lease", lease)), Lane.Issuing);
        return await FindAsync(role, lease, cancel) is { DeniedAt: null };
    }

    /// <summary>Denies a lease, also one that the store forgot, and returns the version that the role's document then has.</summary>
    public async ValueTask<long> DenyAsync(string target, string role, string lease, long diesBy, CancellationToken cancel)
    {
        var now = clock.NowMs();
        await WriteAsync(
        [
            new PlainWrite(
                """
                INSERT INTO aws_sessions (role, lease, target, issued_at, dies_by, denied_at) VALUES (@role, @lease, @target, @now, @dies, @now)
                ON CONFLICT (role, lease) DO UPDATE SET denied_at = coalesce(aws_sessions.denied_at, @now)
                """,
                ("role", role), ("lease", lease), ("target", target), ("now", now), ("dies", diesBy)),
            Bump(target, role),
        ]);
        return (await DocumentAsync(role, cancel))!.Version;
    }

    /// <summary>What the document says is to be written again, and for that a row of it made if there is none.</summary>
    public async ValueTask<long> TouchAsync(string target, string role, CancellationToken cancel)
    {
        await WriteAsync([Bump(target, role)]);
        return (await DocumentAsync(role, cancel))!.Version;
    }

    /// <summary>Sessions issued before are denied whoever they are, until the last of them is dead by itself.</summary>
    public static IReadOnlyList<Work> CutOff(string target, string role, long before, long until) =>
    [
        Bump(target, role),
        new PlainWrite(
            "UPDATE aws_documents SET cut_off = CASE WHEN coalesce(cut_off, 0) < @before THEN @before ELSE cut_off END, cut_off_until = CASE WHEN coalesce(cut_off_until, 0) < @until THEN @until ELSE cut_off_until END WHERE role = @role",
            ("before", before), ("until", until), ("role", role)),
    ];

    public async ValueTask<DocumentRow?> DocumentAsync(string role, CancellationToken cancel) => (await DocumentsAsync("WHERE role = @role", cancel, ("role", role))).SingleOrDefault();

    /// <summary>Documents that IAM is not known to hold as they are.</summary>
    public ValueTask<List<DocumentRow>> UnconfirmedAsync(CancellationToken cancel) => DocumentsAsync("WHERE version <> confirmed", cancel);

    /// <summary>Takes the pen for one role, for a while. The row tells whether it was had.</summary>
    public async ValueTask<DocumentRow> TakePenAsync(string role, string writer, long until, CancellationToken cancel)
    {
        await WriteAsync([new PlainWrite(
            "UPDATE aws_documents SET writer = @writer, writes_until = @until WHERE role = @role AND (writer IS NULL OR writes_until < @now)",
            ("writer", writer), ("until", until), ("role", role), ("now", clock.NowMs()))]);
        return (await DocumentAsync(role, cancel))!;
    }

    public ValueTask GivePenBackAsync(string role, string writer, long? confirmed) => WriteAsync([new PlainWrite(
        "UPDATE aws_documents SET writer = NULL, confirmed = coalesce(@confirmed, confirmed) WHERE role = @role AND writer = @writer",
        ("confirmed", confirmed), ("role", role), ("writer", writer))]);

    /// <summary>Sessions of a role that may be alive.</summary>
    public async ValueTask<List<SessionRow>> LiveAsync(string role, CancellationToken cancel) =>
        await store.ListAsync(Pool.Control, new Statement("SELECT lease, issued_at, dies_by, denied_at FROM aws_sessions WHERE role = @role AND dies_by > @past ORDER BY lease")
        {
            Values = [("role", role), ("past", clock.NowMs() - GraceMs)],
        }, row => new SessionRow(row.GetString(0), row.GetInt64(1), row.GetInt64(2), row.IsDBNull(3) ? null : row.GetInt64(3)), cancel);

    /// <summary>Forgets what is dead by itself, and cut-offs that hold nobody any more; their documents are written again.</summary>
    public async ValueTask CollectAsync(CancellationToken cancel)
    {
        var now = clock.NowMs();
        var past = now - GraceMs;
        var dead = await store.ListAsync(Pool.Control, new Statement("SELECT count(*) FROM aws_sessions WHERE dies_by <= @past") { Values = [("past", past)] }, row => row.GetInt64(0), cancel);
        var over = await store.ListAsync(Pool.Control, new Statement("SELECT count(*) FROM aws_documents WHERE cut_off_until <= @now") { Values = [("now", now)] }, row => row.GetInt64(0), cancel);
        if (dead[0] + over[0] == 0) return;
        await WriteAsync(
        [
            new PlainWrite(
                "UPDATE aws_documents SET version = version + 1 WHERE cut_off_until <= @now OR EXISTS (SELECT 1 FROM aws_sessions s WHERE s.role = aws_documents.role AND s.dies_by <= @past AND s.denied_at IS NOT NULL)",
                ("now", now), ("past", past)) { LockNames = ["aws/collect"] },
            new PlainWrite("UPDATE aws_documents SET cut_off = NULL, cut_off_until = NULL WHERE cut_off_until <= @now", ("now", now)),
            new PlainWrite("DELETE FROM aws_sessions WHERE dies_by <= @past", ("past", past)),
        ]);
    }

    private static PlainWrite Bump(string target, string role) => new(
        """
        INSERT INTO aws_documents (role, target, version, confirmed) VALUES (@role, @target, 1, 0)
        ON CONFLICT (role) DO UPDATE SET version = aws_documents.version + 1, target = @target
        """,
        ("role", role), ("target", target));

    private async ValueTask<List<DocumentRow>> DocumentsAsync(string where, CancellationToken cancel, params (string Name, object? Value)[] values) =>
        await store.ListAsync(Pool.Control, new Statement($"SELECT role, target, version, confirmed, cut_off, writer FROM aws_documents {where} ORDER BY role") { Values = values }, row =>
            new DocumentRow(row.GetString(0), row.GetString(1), row.GetInt64(2), row.GetInt64(3), row.IsDBNull(4) ? null : row.GetInt64(4), row.IsDBNull(5) ? null : row.GetString(5)), cancel);

    private async ValueTask WriteAsync(IReadOnlyList<Work> works) => await journal.CommitAsync(Lane.Control, works);

    private async ValueTask WriteAsync(Work work, Lane lane) => await journal.CommitAsync(lane, work);
}

/// <param name="IssuedAt">Before its newest session was asked for, UTC milliseconds.</param>
/// <param name="DiesBy">When the last of its sessions is dead by its own policy, UTC milliseconds.</param>
internal sealed record SessionRow(string Lease, long IssuedAt, long DiesBy, long? DeniedAt)
{
    /// <summary>Surely issued before, so that a cut-off denies it without naming it.</summary>
    public bool IsBefore(long? cutOff) => cutOff is { } time && IssuedAt + AwsSessions.IssuingMs + AwsSessions.IssuingMs < time;
}

/// <param name="Confirmed">The newest version that was read back from IAM.</param>
/// <param name="CutOff">Sessions issued before are denied whoever they are, UTC milliseconds.</param>
internal sealed record DocumentRow(string Role, string Target, long Version, long Confirmed, long? CutOff, string? Writer);
