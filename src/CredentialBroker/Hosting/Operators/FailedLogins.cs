using System.Net;
using System.Net.Sockets;

namespace CredentialBroker.Hosting;

/// <summary>
/// Bounds the failed logins of operators by the network they come from: a burst, and as many again each minute. The
/// platform's limiters know neither this clock nor a bound on how many callers they tell apart, which anybody with many
/// addresses would stretch.
/// </summary>
internal sealed class FailedLogins(OperatorOptions options, TimeProvider clock)
{
    /// <summary>Networks that are told apart; beyond that the one with the fewest failures is forgotten, so that nobody answers for another's.</summary>
    internal const int MostNetworks = 8192;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly TimeSpan _pace = Window / options.FailedLoginsPerMinute;
    private readonly long _start = clock.GetTimestamp();
    private readonly Lock _gate = new();

    /// <summary>When all failures of a network are made up for.</summary>
    private readonly Dictionary<IPAddress, TimeSpan> _until = [];

    private TimeSpan Now => clock.GetElapsedTime(_start);

    internal int Networks
    {
        get
        {
            lock (_gate) return _until.Count;
        }
    }

    /// <summary>How long whoever asks from there has to wait before another login is looked at; null when not at all.</summary>
    public TimeSpan? Wait(IPAddress? from)
    {
        lock (_gate)
        {
            var wait = _until.GetValueOrDefault(NetworkOf(from)) + _pace - Window - Now;
            return wait > TimeSpan.Zero ? wait : null;
        }
    }

    public void Count(IPAddress? from)
    {
        var network = NetworkOf(from);
        lock (_gate)
        {
            var now = Now;
            if (!_until.TryGetValue(network, out var until) && _until.Count >= MostNetworks) Forget(now);
            // Requests that were under way together may go beyond; whoever stops is let in again within a minute all the same.
            _until[network] = Min((until > now ? until : now) + _pace, now + Window);
        }
    }

    private void Forget(TimeSpan now)
    {
        foreach (var (network, _) in _until.Where(one => one.Value <= now).ToList()) _until.Remove(network);
        if (_until.Count >= MostNetworks) _until.Remove(_until.MinBy(one => one.Value).Key);
    }

    /// <summary>An IPv4 address, or the 64 bits of an IPv6 address that one customer has to himself (RFC 4291 section 2.5.4).</summary>
    private static IPAddress NetworkOf(IPAddress? from)
    {
        if (from is null) return IPAddress.None;
        if (from.IsIPv4MappedToIPv6) return from.MapToIPv4();
        return from.AddressFamily == AddressFamily.InterNetworkV6 ? new IPAddress([.. from.GetAddressBytes().AsSpan(0, 8), .. new byte[8]]) : from;
    }

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
