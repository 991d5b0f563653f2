using System.Security.Cryptography;
using System.Text;
using CredentialBroker.Approvals;
using CredentialBroker.Approvals.ClientCertificates;
using CredentialBroker.Approvals.Webhooks;
using CredentialBroker.Hosting;
using CredentialBroker.Protocol;
using Microsoft.Extensions.Caching.Memory;

namespace CredentialBroker.Admission;

/// <summary>
/// Whether it is the cluster's API server that asks: by the client certificate of its connection, or by the token it was
/// told to show. Nothing of the question is read before.
/// </summary>
internal sealed class AdmissionDoor(TimeProvider clock) : IDisposable
{
    private const int LongestFile = 2048;

    /// <summary>A connection asks many times, and building its chain costs more than an answer does.</summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromSeconds(30);

    private readonly MemoryCache _proven = new(new MemoryCacheOptions { SizeLimit = 256 });

    /// <summary>Null when it is.</summary>
    public async Task<(string Code, string Detail)?> RefuseAsync(AdmissionGate gate, HttpContext http, CancellationToken cancel) =>
        gate.Source.Options.Authentication == Formats.Mtls ? ByCertificate(gate, http) : await ByTokenAsync(gate, http, cancel);

    public void Dispose() => _proven.Dispose();

    private (string, string)? ByCertificate(AdmissionGate gate, HttpContext http)
    {
        var certificate = http.Connection.ClientCertificate;
        var key = (gate.Cluster, certificate is null ? "" : Convert.ToHexStringLower(SHA256.HashData(certificate.RawData)));
        if (_proven.TryGetValue(key, out _)) return null;
        if (ClientCertificate.Check(gate.Source, certificate, clock.GetUtcNow()) is { } refused) return (refused.Code, refused.Detail);
        _proven.Set(key, true, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = Remembered });
        return null;
    }

    private static async Task<(string, string)?> ByTokenAsync(AdmissionGate gate, HttpContext http, CancellationToken cancel)
    {
        if (Bearer.Of(http.Request) is not { Length: > 0 } shown) return (ReasonCodes.EvidenceMissing, "the request shows no token");
        if (await SecretLines.ReadAsync(gate.Source.Options.SecretFile!, LongestFile, cancel) is not { Count: 1 or 2 } lines || !lines.All(line => line.Length is >= 32 and <= 512))
            return (ReasonCodes.EvidenceKeysUnavailable, "the file of the API server's tokens cannot be read, or holds anything but one or two of 32 to 512 characters");
        var holds = false;
        // Every one is compared, so that the time tells nothing about which.
        foreach (var line in lines) holds |= CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(line), Encoding.UTF8.GetBytes(shown));
        return holds ? null : (ReasonCodes.EvidenceSignature, "the token is not the API server's");
    }
}
