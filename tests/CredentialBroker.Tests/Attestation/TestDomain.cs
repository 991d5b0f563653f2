using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using CredentialBroker.Attestation;
using CredentialBroker.Tests.TestInfra;
using Microsoft.Extensions.Logging.Abstractions;

namespace CredentialBroker.Tests.Attestation;

/// <summary>What a certificate is asked to be; a hostile test asks for what no authority should sign.</summary>
internal sealed record CertificateWish
{
    public string Subject { get; init; } = "CN=workload";

    public IReadOnlyList<string> Uris { get; init; } = [];

    public IReadOnlyList<string> DnsNames { get; init; } = [];

    public bool Authority { get; init; }

    public int? PathLength { get; init; }

    public X509KeyUsageFlags? Usage { get; init; } = X509KeyUsageFlags.DigitalSignature;

    public bool UsageCritical { get; init; } = true;

    public IReadOnlyList<string> ExtendedUses { get; init; } = [SvidForm.ClientUse, SvidForm.ServerUse];

    /// <summary>Minutes from the clock's now.</summary>
    public int Begins { get; init; } = -1;

    public int Ends { get; init; } = 59;

    public string Key { get; init; } = "P-256";

    public HashAlgorithmName Hash { get; init; } = HashAlgorithmName.SHA256;

    public IReadOnlyList<X509Extension> More { get; init; } = [];

    public static CertificateWish Signer(string subject, int ends = 1440) => new()
    {
        Subject = subject, Authority = true, Usage = X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, ExtendedUses = [], Begins = -60, Ends = ends,
    };

    public AsymmetricAlgorithm NewKey() => Key switch
    {
        "P-256" => ECDsa.Create(ECCurve.NamedCurves.nistP256),
        "P-384" => ECDsa.Create(ECCurve.NamedCurves.nistP384),
        "P-192" => ECDsa.Create(ECCurve.CreateFromValue("1.2.840.10045.3.1.1")),
        var bits => RSA.Create(int.Parse(bits, System.Globalization.CultureInfo.InvariantCulture)),
    };

    public IEnumerable<X509Extension> Extensions()
    {
        if (Authority || PathLength is not null) yield return new X509BasicConstraintsExtension(Authority, PathLength is not null, PathLength ?? 0, critical: true);
        if (Usage is { } usage) yield return new X509KeyUsageExtension(usage, UsageCritical);
        if (ExtendedUses.Count > 0) yield return new X509EnhancedKeyUsageExtension([.. ExtendedUses.Select(use => new Oid(use))], critical: false);
        if (Uris.Count + DnsNames.Count > 0) yield return Names();
        foreach (var extension in More) yield return extension;
    }

    private X509Extension Names()
    {
        var names = new SubjectAlternativeNameBuilder();
        foreach (var name in DnsNames) names.AddDnsName(name);
        foreach (var uri in Uris) names.AddUri(new Uri(uri));
        return names.Build();
    }
}

/// <summary>A certificate that signs others, whatever they are.</summary>
internal sealed class TestSigner(X509Certificate2 certificate, AsymmetricAlgorithm key, FakeClock clock)
{
    public X509Certificate2 Certificate => certificate;

    public static TestSigner Root(string subject, FakeClock clock, CertificateWish? wish = null)
    {
        wish ??= CertificateWish.Signer(subject, 14_400);
        var key = wish.NewKey();
        return new TestSigner(Sign(wish, key, new X500DistinguishedName(wish.Subject), key, clock), key, clock);
    }

    public TestSigner Signer(CertificateWish wish)
    {
        var own = wish.NewKey();
        return new TestSigner(Sign(wish, own, certificate.SubjectName, key, clock), own, clock);
    }

    /// <summary>The certificate together with its private key.</summary>
    public X509Certificate2 Issue(CertificateWish wish)
    {
        using var own = wish.NewKey();
        using var signed = Sign(wish, own, certificate.SubjectName, key, clock);
        return own is ECDsa curve ? signed.CopyWithPrivateKey(curve) : signed.CopyWithPrivateKey((RSA)own);
    }

    // Through a signature generator: the other way refuses most of what hostile tests need signed.
    private static X509Certificate2 Sign(CertificateWish wish, AsymmetricAlgorithm own, X500DistinguishedName issuer, AsymmetricAlgorithm by, FakeClock clock)
    {
        var request = own is ECDsa curve
            ? new CertificateRequest(wish.Subject, curve, wish.Hash)
            : new CertificateRequest(wish.Subject, (RSA)own, wish.Hash, RSASignaturePadding.Pkcs1);
        foreach (var extension in wish.Extensions()) request.CertificateExtensions.Add(extension);
        var generator = wish.Hash == HashAlgorithmName.SHA1 ? new Outdated((ECDsa)by)
            : by is ECDsa signing ? X509SignatureGenerator.CreateForECDsa(signing) : X509SignatureGenerator.CreateForRSA((RSA)by, RSASignaturePadding.Pkcs1);
        return request.Create(issuer, generator, clock.GetUtcNow().AddMinutes(wish.Begins), clock.GetUtcNow().AddMinutes(wish.Ends), RandomNumberGenerator.GetBytes(12));
    }

    /// <summary>ecdsa-with-SHA1 (RFC 5480 appendix A), which the framework's own generator no longer makes.</summary>
    private sealed class Outdated(ECDsa key) : X509SignatureGenerator
    {
        public override byte[] GetSignatureAlgorithmIdentifier(HashAlgorithmName hashAlgorithm) => Convert.FromHexString("300906072A8648CE3D0401");

        public override byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm) => key.SignData(data, HashAlgorithmName.SHA1, DSASignatureFormat.Rfc3279DerSequence);

        protected override System.Security.Cryptography.X509Certificates.PublicKey BuildPublicKey() => new(key);
    }
}

/// <summary>A SPIFFE trust domain: a root, an intermediate, a key for tokens, and the bundle it publishes.</summary>
internal sealed class TestDomain
{
    public const string Audience = "credbroker";

    public TestDomain(string name, FakeClock clock, string? rootSubject = null)
    {
        Name = name;
        Clock = clock;
        Root = TestSigner.Root(rootSubject ?? $"CN={name} root", clock);
        Intermediate = Root.Signer(CertificateWish.Signer($"CN={name} intermediate") with { Uris = [$"spiffe://{name}"] });
        Tokens = new TestIssuer("", Audience, clock, TestKey.Make("jwt-1", "ES256"));
    }

    public string Name { get; }

    public FakeClock Clock { get; }

    public TestSigner Root { get; }

    public TestSigner Intermediate { get; }

    public TestIssuer Tokens { get; }

    public string Id => $"spiffe://{Name}/shop/checkout";

    public CertificateWish Wish => new() { Uris = [Id] };

    /// <summary>A workload's certificate with the intermediate that signed it, as a client sends them.</summary>
    public Evidence Svid(CertificateWish? wish = null) => new(null, Intermediate.Issue(wish ?? Wish)) { Chain = [Intermediate.Certificate] };

    public JsonObject Claims(string? subject = null) => new()
    {
        ["sub"] = subject ?? Id, ["aud"] = new JsonArray(Audience), ["exp"] = Clock.Seconds + 300, ["iat"] = Clock.Seconds,
    };

    public string Token(JsonObject? claims = null) => Tokens.Sign(claims ?? Claims());

    public static JsonObject RootEntry(X509Certificate2 root) => new()
    {
        ["kty"] = "EC", ["use"] = "x509-svid", ["x5c"] = new JsonArray(Convert.ToBase64String(root.RawData)),
    };

    public static JsonObject KeyEntry(TestKey key)
    {
        var entry = key.Jwk();
        entry["use"] = "jwt-svid";
        entry.Remove("alg");
        return entry;
    }

    public byte[] Bundle(long sequence = 1, params JsonObject[] more) => Encoding.UTF8.GetBytes(new JsonObject
    {
        ["keys"] = new JsonArray([RootEntry(Root.Certificate), .. Tokens.Keys.Select(KeyEntry), .. more]), ["spiffe_sequence"] = sequence, ["spiffe_refresh_hint"] = 300,
    }.ToJsonString());

    public KeySource Source(Func<byte[]>? fetch = null) =>
        new(Name, KeyPace.OfUrl, _ => Task.FromResult(fetch?.Invoke() ?? Bundle()), Clock, NullLogger<KeySource>.Instance, SpiffeBundle.Parse);

    /// <summary>A broker's attestation that trusts these domains, each by its own bundle.</summary>
    public static WorkloadAttestation Attestation(params IReadOnlyList<TestDomain> domains) => Attestation([.. domains.Select(domain => (domain, domain.Source()))]);

    public static WorkloadAttestation Attestation(params IReadOnlyList<(TestDomain Domain, KeySource Bundle)> domains)
    {
        var kind = new SpiffeEvidence();
        var clock = domains[0].Domain.Clock;
        var tokens = domains.Select(d => new WorkloadSource(
            SourceName(d.Domain), kind, kind.Fit(new TokenRules(null, Audience, kind.UsualAlgorithms, TimeSpan.FromHours(1), kind.UsualTypes, d.Bundle)),
            new WorkloadSourceOptions { Kind = "spiffe", Spiffe = new SpiffeSourceOptions { TrustDomain = d.Domain.Name } }));
        var certificates = domains.Select(d => new SvidSource(SourceName(d.Domain), d.Domain.Name, TimeSpan.FromHours(1), d.Bundle, clock));
        return new WorkloadAttestation(new TokenSources(tokens, AttestationBench.Own, new TokenReader(clock)), new SvidSources(certificates), null);

        static string SourceName(TestDomain domain) => domain.Name.Replace('.', '-');
    }
}
