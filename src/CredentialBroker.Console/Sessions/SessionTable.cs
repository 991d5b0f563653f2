using System.Security.Cryptography;
using System.Text;
using CredentialBroker.Protocol.Operators;

namespace CredentialBroker.WebConsole.Sessions;

/// <summary>
/// Who is signed in at this replica: in memory only, a bounded number, each for a bounded time. A browser holds a random name;
/// the table knows its hash, so that nothing that is read out of it can be sent as a cookie.
/// </summary>
internal sealed class SessionTable(ConsoleOptions options, TimeProvider clock)
{
    private readonly Dictionary<string, Session> _byHash = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    /// <returns>The name that the browser is to send.</returns>
    public string Add(string token, WhoAmI who)
    {
        var name = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        var now = clock.GetUtcNow();
        lock (_lock)
        {
            foreach (var over in _byHash.Where(entry => IsOver(entry.Value, now)).Select(entry => entry.Key).ToList()) _byHash.Remove(over);
            if (_byHash.Count >= options.MostSessions) _byHash.Remove(_byHash.MinBy(entry => entry.Value.SeenAt).Key);
            _byHash[Hash(name)] = new Session(token, who, now);
        }

        return name;
    }

    /// <param name="byPerson">Whether a person asks, and not a page that keeps itself fresh.</param>
    public Session? Find(string? name, bool byPerson = true)
    {
        if (string.IsNullOrEmpty(name)) return null;
        var (hash, now) = (Hash(name), clock.GetUtcNow());
        lock (_lock)
        {
            if (!_byHash.TryGetValue(hash, out var session)) return null;
            if (IsOver(session, now))
            {
                _byHash.Remove(hash);
                return null;
            }

            if (byPerson) session.SeenAt = now;
            return session;
        }
    }

    public void Remove(string? name)
    {
        if (string.IsNullOrEmpty(name)) return;
        lock (_lock) _byHash.Remove(Hash(name));
    }

    /// <summary>A name for the session that says nothing of the one the browser sends.</summary>
    public static string Hash(string name) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)));

    private bool IsOver(Session session, DateTimeOffset now) => now - session.Since >= options.SignedInFor || now - session.SeenAt >= options.IdleFor;
}
