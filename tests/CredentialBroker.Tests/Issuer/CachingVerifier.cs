using System.Buffers.Text;
using System.Text.Json;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Issuer;

/// <summary>
/// A verifier as it is met: fetches the key set, keeps it as long as it is told it may, and never asks in between, not
/// even for a key that it does not know.
/// </summary>
internal sealed class CachingVerifier(Func<ReadOnlyMemory<byte>> fetch, TimeProvider clock)
{
    private readonly Dictionary<string, JsonElement> _keys = new(StringComparer.Ordinal);
    private DateTimeOffset _fetchedAt = DateTimeOffset.MinValue;

    public bool Accepts(string token)
    {
        var now = clock.GetUtcNow();
        if (now - _fetchedAt >= KeyPurpose.JwksMaxAge) Fetch(now);
        var parts = token.Split('.');
        using var header = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[0]));
        using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1]));
        if (!_keys.TryGetValue(header.RootElement.GetProperty("kid").GetString()!, out var known)) return false;
        return PublishedKeys.Signed(known, token)
               && claims.RootElement.GetProperty("exp").GetInt64() > now.ToUnixTimeSeconds();
    }

    private void Fetch(DateTimeOffset now)
    {
        _keys.Clear();
        using var jwks = JsonDocument.Parse(fetch());
        foreach (var key in jwks.RootElement.GetProperty("keys").EnumerateArray())
        {
            _keys[key.GetProperty("kid").GetString()!] = key.Clone();
        }

        _fetchedAt = now;
    }
}
