using System.Globalization;
using CredentialBroker.Audit;
using CredentialBroker.Storage;

namespace CredentialBroker.Controls;

/// <summary>
/// A store that came back from a backup is older than the targets: it knows leases as due that were renewed since, and does
/// not know those that were made since. So automatic ends wait for a day, or until a responder lifts the hold; what a person
/// revokes is ended at once.
/// </summary>
internal sealed class AfterRestore(ControlStore controls, AuditStore audit, StorageOptions options, TimeProvider clock, RestoreLog log)
{
    /// <summary>Who set the hold, in its record.</summary>
    public const string By = "after-restore";

    private static readonly TimeSpan Length = TimeSpan.FromHours(24);

    /// <summary>Before anything is ended: sets the hold when the operator said that the store was restored, or when it shows.</summary>
    public async Task RunAsync(bool told, CancellationToken cancel)
    {
        var newest = await audit.NewestAtAsync(cancel);
        var seen = ReadMark();
        if (!told && newest >= seen) return;
        if ((await controls.ReadAsync(cancel)).Holds.Any(h => h.By == By)) return;
        var reason = told ? "started with --after-restore" : string.Create(CultureInfo.InvariantCulture, $"the store's newest record is {(seen - newest) / 1000} s older than the last one seen here");
        var hold = await controls.HoldAsync(ControlStore.All, reason, By, clock.NowMs() + (long)Length.TotalMilliseconds);
        log.Held(hold.Id, reason);
    }

    /// <summary>Notes how new the store is, in a file that a restored backup does not bring back.</summary>
    public async Task MarkAsync(CancellationToken cancel)
    {
        if (options.MarkerFile is not { } file || await audit.NewestAtAsync(cancel) is var newest && newest <= ReadMark()) return;
        var beside = file + ".new";
        await File.WriteAllTextAsync(beside, newest.ToString(CultureInfo.InvariantCulture), cancel);
        File.Move(beside, file, overwrite: true);
    }

    /// <summary>UTC milliseconds of the newest record seen; 0 when none was noted.</summary>
    /// <exception cref="InvalidOperationException">The file holds something else.</exception>
    private long ReadMark()
    {
        if (options.MarkerFile is not { } file || !File.Exists(file)) return 0;
        return long.TryParse(File.ReadAllText(file), NumberStyles.None, CultureInfo.InvariantCulture, out var seen)
            ? seen
            : throw new InvalidOperationException($"Storage:MarkerFile: '{file}' holds no time; if it was damaged, remove it and start with --after-restore");
    }
}

internal sealed partial class RestoreLog(ILogger<RestoreLog> logger)
{
    private readonly ILogger _logger = logger;

    [LoggerMessage(Level = LogLevel.Warning, Message = "Automatic ends are held for 24 hours by hold {Hold}: {Reason}. Compare the targets with the store, revoke what should be over, then lift the hold: docs/runbooks/backup-and-restore.md")]
    public partial void Held(string hold, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "How new the store is could not be noted; a restore may go unnoticed until it can")]
    public partial void NotMarked(Exception error);
}
