using System.Net;
using System.Text.Json.Nodes;
using CredentialBroker.Backends.Wires;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Vault;

/// <summary>
/// The broker's own login at one Vault. Its token is renewed once two thirds of its life are over, by whoever calls
/// next; where that fails, and where Vault does not know it any more, it is replaced by a new login.
/// </summary>
internal sealed class VaultSession(VaultHttp http, VaultDoor door, TimeProvider clock) : IDisposable
{
    /// <summary>A token refused younger than this is refused for what it may do, and another would be too.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _one = new(1);
    private Held? _held;

    /// <summary>One call with the broker's token. A refusal for the token's sake did nothing, so that it is asked once more with a new one.</summary>
    public async ValueTask<VaultAnswer> CallAsync(string path, JsonObject? body, CancellationToken cancel)
    {
        var held = await HoldAsync(cancel);
        var answer = await http.SendAsync(path, held.Token, body, cancel);
        if (answer.Status != HttpStatusCode.Forbidden || VaultErrors.IsGone(answer) || clock.GetElapsedTime(held.Since) < Settled) return answer;
        Interlocked.CompareExchange(ref _held, null, held);
        held = await HoldAsync(cancel);
        return await http.SendAsync(path, held.Token, (JsonObject?)body?.DeepClone(), cancel);
    }

    public void Dispose() => _one.Dispose();

    private async ValueTask<Held> HoldAsync(CancellationToken cancel)
    {
        if (Volatile.Read(ref _held) is { } held && !IsDue(held)) return held;
        await _one.WaitAsync(cancel);
        try
        {
            if (_held is { } now && !IsDue(now)) return now;
            var next = _held is { Renewable: true } old && clock.GetElapsedTime(old.Since) < old.Life ? await RenewAsync(old, cancel) : null;
            return _held = next ?? await LogInAsync(cancel);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Null when it was not renewed, for whatever reason: then the login is asked.</summary>
    private async ValueTask<Held?> RenewAsync(Held old, CancellationToken cancel)
    {
        var answer = await http.SendAsync("auth/token/renew-self", old.Token, [], cancel);
        return answer.IsSuccess && answer.Object("auth") is { } auth && auth.Seconds("lease_duration") is { } seconds and > 0
            // Near its longest life Vault grants next to nothing, and then a new login is due at once.
            ? seconds < old.Life.TotalSeconds / 2 ? null : old with { Since = clock.GetTimestamp(), Life = TimeSpan.FromSeconds(seconds) }
            : null;
    }

    private async ValueTask<Held> LogInAsync(CancellationToken cancel)
    {
        var since = clock.GetTimestamp();
        var (token, seconds, renewable) = await door.LogInAsync(http, cancel);
        if (token.Any(c => c is <= ' ' or > '~')) throw new BackendException(VaultBackend.Word, ReasonCodes.TargetUnavailable, "the login gave no token that can be used", transient: true);
        return new Held(token, since, TimeSpan.FromSeconds(seconds), renewable);
    }

    private bool IsDue(Held held) => clock.GetElapsedTime(held.Since) >= held.Life * 2 / 3;

    /// <param name="Since">Timestamp before it was made or renewed.</param>
    private sealed record Held(string Token, long Since, TimeSpan Life, bool Renewable)
    {
        public override string ToString() => "[token]";
    }
}
