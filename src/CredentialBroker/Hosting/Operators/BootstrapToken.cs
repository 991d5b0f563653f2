using System.Net;
using System.Security.Cryptography;
using System.Text;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Hosting;

/// <summary>
/// The bootstrap token: made at the first start into a file that only this user may read, known to the store by its
/// hash, accepted from loopback only, dead after 24 hours. Once somebody else has proven to be an admin of everything it is
/// dead for good, on every replica, and none is made any more.
/// </summary>
internal sealed class BootstrapToken(Store store, Journal journal, DoorRecord record, OperatorOptions options, TimeProvider clock)
{
    /// <summary>What vouches for whoever holds the token.</summary>
    public const string Issuer = "broker";

    private const string Prefix = "cbo_";
    private static readonly TimeSpan Life = TimeSpan.FromHours(24);

    private volatile bool _retired;

    public static bool LooksLikeOne(string? bearer) => bearer?.StartsWith(Prefix, StringComparison.Ordinal) == true;

    public async Task<Operator?> FindAsync(string? bearer, IPAddress? from, CancellationToken cancel)
    {
        if (!LooksLikeOne(bearer) || from is null || !IPAddress.IsLoopback(from)) return null;
        var found = await store.ListAsync(Pool.Control, new Statement(
            "SELECT name, roles FROM operator_tokens WHERE hash = @hash AND expires_at > @now AND NOT EXISTS (SELECT 1 FROM bootstrap_retired)")
        {
            Values = [("hash", Hash(bearer!)), ("now", clock.NowMs())],
        }, row => new Operator(Issuer, row.GetString(0), row.GetString(0), [.. row.GetString(1).Split(',').Select(r => new HeldRole(Enum.Parse<Role>(r), null))]), cancel);
        return found.Count == 0 ? null : found[0];
    }

    /// <summary>Makes the token where none is alive and none was retired. Replicas that start together keep the one that was written first.</summary>
    /// <returns>The file it was written to, or null when none was made.</returns>
    public async Task<string?> BootstrapAsync(CancellationToken cancel)
    {
        var now = clock.NowMs();
        var alive = await store.ListAsync(Pool.Control, new Statement(
            "SELECT hash FROM operator_tokens WHERE expires_at > @now UNION ALL SELECT retired_by FROM bootstrap_retired") { Values = [("now", now)] }, row => row.GetString(0), cancel);
        if (alive.Count > 0) return null;
        var token = Prefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        await journal.CommitAsync(Lane.Control, new PlainWrite(
            """
            INSERT INTO operator_tokens (hash, name, roles, made_at, expires_at)
            SELECT @hash, 'bootstrap', 'Admin', @now, @expires WHERE NOT EXISTS (SELECT 1 FROM operator_tokens WHERE expires_at > @now)
            """,
            ("hash", Hash(token)), ("now", now), ("expires", now + (long)Life.TotalMilliseconds)) { LockNames = ["bootstrap"] });
        if (await FindAsync(token, IPAddress.Loopback, cancel) is null) return null;
        var file = Path.GetFullPath(options.BootstrapTokenFile);
        PrivateFiles.MakeFolder(Path.GetDirectoryName(file)!);
        PrivateFiles.Write(file, Encoding.ASCII.GetBytes(token + "\n"));
        return file;
    }

    /// <summary>Somebody else is admin of everything from now on. When this returns, no replica takes the token, now or after a restart.</summary>
    public async Task RetireAsync(Operator admin, CancellationToken cancel)
    {
        if (_retired) return;
        var before = await store.ListAsync(Pool.Control, new Statement("SELECT retired_at FROM bootstrap_retired"), row => row.GetInt64(0), cancel);
        if (before.Count == 0)
        {
            await journal.CommitAsync(Lane.Control,
                new PlainWrite("INSERT INTO bootstrap_retired (id, retired_at, retired_by) VALUES (1, @now, @by) ON CONFLICT (id) DO NOTHING", ("now", clock.NowMs()), ("by", admin.Name))
                {
                    LockNames = ["bootstrap"],
                },
                record("operator.bootstrap_retired", admin.Name, "an admin of everything proved who they are", null));
        }

        _retired = true;
    }

    private static string Hash(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
}
