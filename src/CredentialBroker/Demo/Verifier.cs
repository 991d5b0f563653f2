using CredentialBroker.Attestation;
using Microsoft.Extensions.Logging.Abstractions;

namespace CredentialBroker.Demo;

/// <summary>Somebody who honours the broker's tokens, and knows nothing of it but its address.</summary>
internal sealed class Verifier(Uri broker)
{
    private readonly string _issuer = broker.ToString().TrimEnd('/') + "/issuer/workload";

    public async Task<bool> AcceptsAsync(string token, string audience)
    {
        var keys = KeySource.FromUrl("broker", new Uri(_issuer + "/.well-known/jwks.json"), KeyEndpoint.Client(allowLoopback: true), TimeProvider.System, NullLogger<KeySource>.Instance);
        var rules = new TokenRules(_issuer, audience, ["ES256"], TimeSpan.FromHours(1), ["JWT"], keys);
        return await new TokenReader(TimeProvider.System).ReadAsync(token, rules, CancellationToken.None) is TokenReading.Valid;
    }
}
