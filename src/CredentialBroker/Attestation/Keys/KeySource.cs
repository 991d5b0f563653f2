using Microsoft.Extensions.Logging;

namespace CredentialBroker.Attestation;

/// <summary>
/// The current keys of one trust source. A look at the source is shared by all who wait for it and belongs to none of
/// them, so that a caller who hangs up cannot use up the minute's only refresh.
/// </summary>
internal sealed partial class KeySource(
    string name, KeyPace pace, Func<CancellationToken, Task<byte[]>> fetch, TimeProvider clock, ILogger<KeySource> log, ReadKeys? read = null)
{
    private static readonly TimeSpan SetBack = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private (KeySet Keys, DateTimeOffset At)? _good;
    private DateTimeOffset? _lookedAt;
    private Task _look = Task.CompletedTask;

    internal static KeySource FromFile(string name, string path, TimeProvider clock, ILogger<KeySource> log, ReadKeys? read = null) =>
        new(name, KeyPace.OfFile, new KeyFile(path).ReadAsync, clock, log, read);

    internal static KeySource FromUrl(string name, Uri url, HttpClient http, TimeProvider clock, ILogger<KeySource> log, ReadKeys? read = null) =>
        new(name, KeyPace.OfUrl, new KeyEndpoint(url, http).ReadAsync, clock, log, read);

    /// <summary>What was read last without fault, however long ago.</summary>
    internal KeySet? Latest => Good()?.Keys;

    /// <summary>Whether keys are at hand; null before the first look, which the first token brings.</summary>
    internal bool? HasKeys => Good() is { } good ? !IsPast(good.At, KeyPace.Kept) : _lookedAt is null ? null : false;

    /// <summary>The keys to judge a token by that names <paramref name="keyId"/>, or null when there are none to be had.</summary>
    internal async ValueTask<KeySet?> ForAsync(string? keyId, CancellationToken cancel)
    {
        if (Good() is { } known && !IsPast(known.At, pace.FreshFor(known.Keys)) && (keyId is null || known.Keys.Has(keyId)))
        {
            return known.Keys;
        }

        await LookIfDue().WaitAsync(cancel).ConfigureAwait(false);
        return Good() is { } good && !IsPast(good.At, KeyPace.Kept) ? good.Keys : null;
    }

    private (KeySet Keys, DateTimeOffset At)? Good()
    {
        lock (_gate)
        {
            return _good;
        }
    }

    private Task LookIfDue()
    {
        lock (_gate)
        {
            var gap = _good is null ? pace.FirstGap : pace.Gap;
            if (_look.IsCompleted && (_lookedAt is not { } at || IsPast(at, gap)))
            {
                _lookedAt = clock.GetUtcNow();
                _look = Task.Run(LookAsync);
            }

            return _look;
        }
    }

    private async Task LookAsync()
    {
        try
        {
            var keys = (read ?? KeySet.Parse)(await fetch(CancellationToken.None).ConfigureAwait(false));
            if (Good() is { } before && keys.Sequence < before.Keys.Sequence)
            {
                // An old publication, played back, would bring back the keys that were withdrawn since.
                throw new FormatException("It published a lower sequence number than before.");
            }

            var changed = false;
            lock (_gate)
            {
                changed = _good is null || !_good.Value.Keys.PassedOver.SequenceEqual(keys.PassedOver);
                _good = (keys, clock.GetUtcNow());
            }

            foreach (var reason in changed ? keys.PassedOver : [])
            {
                LogPassedOver(name, reason);
            }
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException or IOException or UnauthorizedAccessException or FormatException)
        {
            // Denial follows by itself once the last good keys are too old; until then the source's outage is not the workload's.
            LogUnavailable(name, failure.Message);
        }
    }

    // A clock that was set back makes the time since then unknown: look again. The broker's own clock is set by
    // milliseconds all the time, which is not meant.
    private bool IsPast(DateTimeOffset at, TimeSpan span) => clock.GetUtcNow() - at is var age && (age >= span || age < -SetBack);

    [LoggerMessage(1, LogLevel.Warning, "Trust source {Source}: {Reason}")]
    private partial void LogPassedOver(string source, string reason);

    [LoggerMessage(2, LogLevel.Error, "Trust source {Source}: its keys cannot be had: {Reason}")]
    private partial void LogUnavailable(string source, string reason);
}
