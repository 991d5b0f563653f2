using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CredentialBroker.Issuer;

namespace CredentialBroker.Admission;

/// <summary>
/// The mark that the first question puts into a pod and the second looks for. It is made without writing anything: it names
/// its time and carries a keyed hash over cluster, namespace and account, so that every replica knows it and nobody else can
/// make one. It ties two questions together and proves nothing about who carries it.
/// </summary>
internal sealed class Nonces(Fingerprints keyed, TimeProvider clock)
{
    /// <summary>The two questions are of one request, which takes the API server at most 34 seconds.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(60);

    private const int RandomBytes = 12, HashLength = 32;

    public string New(AdmissionGate gate, string space, string account)
    {
        var head = $"{clock.GetUtcNow().ToUnixTimeSeconds().ToString("x", CultureInfo.InvariantCulture)}.{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes))}";
        return $"{head}.{Hash(gate, space, account, head)}";
    }

    /// <summary>Whether it was made here, for this account, a moment ago.</summary>
    public bool IsOurs(string? nonce, AdmissionGate gate, string space, string account)
    {
        if (nonce is not { Length: <= 96 } || nonce.Split('.') is not [var time, _, var hash] || !long.TryParse(time, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var at)) return false;
        var age = clock.GetUtcNow().ToUnixTimeSeconds() - at;
        // Another replica's clock may be a little ahead.
        return age >= -5 && age <= Fresh.TotalSeconds
            && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(hash), Encoding.UTF8.GetBytes(Hash(gate, space, account, nonce[..nonce.LastIndexOf('.')])));
    }

    private string Hash(AdmissionGate gate, string space, string account, string head) =>
        keyed.Of(Encoding.UTF8.GetBytes($"admission nonce\n{gate.Cluster}\n{space}\n{account}\n{head}"))[..HashLength];
}
