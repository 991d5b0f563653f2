using System.Net;
using System.Security.Cryptography;
using System.Text;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Hosting;

/// <summary>A proven operator.</summary>
internal sealed record Operator(string Name, IReadOnlyList<Role> Roles)
{
    public bool Has(IReadOnlyList<Role> any) => Roles.Contains(Role.Admin) || any.Any(Roles.Contains);
}

internal static class OperatorFeature
{
    /// <summary>The operator whom the door proved; rows for operators have one.</summary>
    public static Operator Operator(this HttpContext http) => http.Features.Get<Operator>() ?? throw new InvalidOperationException("the door proved no operator");
}

/// <summary>
/// The bootstrap token: made at the first start into a file that only this user may read, known to the store by its
/// hash, accepted from loopback only, dead after 24 hours.
/// </summary>
internal sealed class OperatorTokens(Store store, Journal journal, OperatorOptions options, TimeProvider clock)
{
    private const string Prefix = "cbo_";
    private static readonly TimeSpan Life = TimeSpan.FromHours(24);

    public static bool LooksLikeOne(string? bearer) => bearer?.StartsWith(Prefix, StringComparison.Ordinal) == true;

    public async Task<Operator?> FindAsync(string? bearer, IPAddress? from, CancellationToken cancel)
    {
        if (!LooksLikeOne(bearer) || from is null || !IPAddress.IsLoopback(from)) return null;
        var found = await store.ListAsync(Pool.Control, new Statement("SELECT name, roles FROM operator_tokens WHERE hash = @hash AND expires_at > @now")
        {
            Values = [("hash", Hash(bearer!)), ("now", clock.NowMs())],
        }, row => new Operator(row.GetString(0), [.. row.GetString(1).Split(',').Select(Enum.Parse<Role>)]), cancel);
        return found.Count == 0 ? null : found[0];
    }

    /// <summary>Makes the token where none is alive. Replicas that start together keep the one that was written first.</summary>
    /// <returns>The file it was written to, or null when one is alive.</returns>
    public async Task<string?> BootstrapAsync(CancellationToken cancel)
    {
        var now = clock.NowMs();
        var alive = await store.ListAsync(Pool.Control, new Statement("SELECT hash FROM operator_tokens WHERE expires_at > @now") { Values = [("now", now)] }, row => row.GetString(0), cancel);
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

    private static string Hash(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
}

/// <summary>Section <c>Operators</c>.</summary>
internal sealed record OperatorOptions
{
    /// <summary>Where the bootstrap token is written, with mode 0600.</summary>
    public string BootstrapTokenFile { get; init; } = "data/bootstrap-token";

    public IEnumerable<string> Validate()
    {
        if (string.IsNullOrWhiteSpace(BootstrapTokenFile)) yield return "Operators:BootstrapTokenFile: required";
    }
}
