using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CredentialBroker.Backends.SignedToken;
using CredentialBroker.Issuer;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;

namespace CredentialBroker.Backends.Conformance;

/// <summary>Verifies tokens as a stranger would: from the published key set, with the platform's own ECDSA.</summary>
internal sealed class SignedTokenHarness : Harness
{
    public const string TargetName = "internal";
    private readonly P256SigningKey _key = P256SigningKey.Generate();
    private readonly MovedClock _time = new();
    private readonly BrokerClock _clock;

    [System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
    public SignedTokenHarness()
    {
        _clock = new BrokerClock(_time);
        Ring.Replace(_key, [_key.Verifying]);
        Backend = new SignedTokenBackend(
            Ring, new StatusIndexes(_ => Task.FromResult(0L)), new Dictionary<string, SignedTokenTarget> { [TargetName] = new() { Audiences = ["orders-api"] } }, _clock);
    }

    public KeyRing Ring { get; } = new(KeyPurpose.Workload, "https://broker.example/issuer/workload");

    public override bool EndsAtTarget => false;

    public override Order NewOrder(TimeSpan life, TimeSpan deadline)
    {
        var now = _clock.NowMs();
        return new Order(
            Ids.New(_clock), new SignedTokenGrant(TargetName, "orders-api", [], new Dictionary<string, string>()),
            new Dictionary<string, string> { ["workload.uri"] = "k8s://prod/shop/checkout" },
            now + (long)life.TotalMilliseconds, now + (long)deadline.TotalMilliseconds);
    }

    public override Task<bool> WorksAsync(Secret secret)
    {
        var token = TokenIn(secret).Split('.');
        using var header = JsonDocument.Parse(Base64Url.DecodeFromChars(token[0]));
        using var jwks = JsonDocument.Parse(Ring.Jwks);
        var kid = header.RootElement.GetProperty("kid").GetString();
        var jwk = jwks.RootElement.GetProperty("keys").EnumerateArray().Single(key => key.GetProperty("kid").GetString() == kid);
        using var key = ECDsa.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = { X = Base64Url.DecodeFromChars(jwk.GetProperty("x").GetString()), Y = Base64Url.DecodeFromChars(jwk.GetProperty("y").GetString()) },
        });
        var signed = key.VerifyData(Encoding.ASCII.GetBytes($"{token[0]}.{token[1]}"), Base64Url.DecodeFromChars(token[2]), HashAlgorithmName.SHA256);
        var claims = Claims(secret);
        return Task.FromResult(signed && claims.GetProperty("exp").GetInt64() * 1000 > _clock.NowMs()
                                      && claims.GetProperty("iss").GetString() == Ring.Issuer);
    }

    public override Task<long> ExpiryAsync(string handle, Secret secret) => Task.FromResult(Claims(secret).GetProperty("exp").GetInt64() * 1000);

    public override Task PassAsync(TimeSpan time)
    {
        _time.Pass(time);
        return Task.CompletedTask;
    }

    public override ValueTask DisposeAsync()
    {
        _key.Dispose();
        return ValueTask.CompletedTask;
    }

    public static JsonElement Claims(Secret secret) => JsonDocument.Parse(Base64Url.DecodeFromChars(TokenIn(secret).Split('.')[1])).RootElement;

    private static string TokenIn(Secret secret) => JsonDocument.Parse(secret.Reveal()).RootElement.GetProperty("token").GetString()!;
}
