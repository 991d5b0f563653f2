using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using CredentialBroker.Backends.Certificate;
using CredentialBroker.Issuer;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;

namespace CredentialBroker.Backends.Conformance;

/// <summary>Verifies certificates as a relying party would: by the published authority alone, with the platform's own chain.</summary>
internal sealed class CertificateHarness : Harness
{
    public const string TargetName = "mesh";
    private readonly P256SigningKey _key = P256SigningKey.Generate();
    private readonly MovedClock _time = new();
    private readonly BrokerClock _clock;
    private readonly CertificateAuthorities _authorities = new(new PublicAddress("https://broker.example"));

    [System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
    public CertificateHarness()
    {
        _clock = new BrokerClock(_time);
        using var own = _key.Borrow();
        _authorities.Use([new CertificateAuthority(_key, AuthorityCertificates.Make(own, _key.Kid, "abc123", _clock.GetUtcNow()), _authorities.ListUrl(_key.Kid))]);
        Backend = new CertificateBackend(_authorities, Targets, _clock);
    }

    public static Dictionary<string, CertificateTarget> Targets { get; } = new()
    {
        [TargetName] = new() { TrustDomain = "prod.example", Paths = ["/ns/*/sa/*", "/fixed"], DnsNames = ["checkout.shop.svc"], Usages = ["client", "server"], ChecksRevocation = true },
    };

    public override bool EndsAtTarget => false;

    public override Order NewOrder(TimeSpan life, TimeSpan deadline)
    {
        var now = _clock.NowMs();
        return new Order(
            Ids.New(_clock), new CertificateGrant(TargetName, "prod.example", new NamedScope("identity", "/ns/shop/sa/checkout", new Dictionary<string, ScopeParameter>()), ["checkout.shop.svc"], ["client", "server"], true),
            new Dictionary<string, string> { ["workload.uri"] = "k8s://prod/shop/checkout" }, now + (long)life.TotalMilliseconds, now + (long)deadline.TotalMilliseconds);
    }

    public override Task<bool> WorksAsync(Secret secret)
    {
        var parts = Parts(secret);
        try
        {
            using var leaf = X509Certificate2.CreateFromPem(parts["certificate"], parts["privateKey"]);
            using var authority = X509Certificate2.CreateFromPem(parts["chain"]);
            using var chain = new X509Chain
            {
                ChainPolicy =
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { authority }, RevocationMode = X509RevocationMode.NoCheck,
                    VerificationTime = _clock.GetUtcNow().LocalDateTime,
                },
            };
            return Task.FromResult(chain.Build(leaf));
        }
        catch (Exception wrong) when (wrong is ArgumentException or CryptographicException)
        {
            // The private key is not the certificate's.
            return Task.FromResult(false);
        }
    }

    public override Task<long> ExpiryAsync(string handle, Secret secret)
    {
        using var leaf = X509Certificate2.CreateFromPem(Parts(secret)["certificate"]);
        return Task.FromResult(new DateTimeOffset(leaf.NotAfter).ToUnixTimeMilliseconds());
    }

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

    public static Dictionary<string, string> Parts(Secret secret) => JsonSerializer.Deserialize<Dictionary<string, string>>(secret.Reveal().Span)!;
}
