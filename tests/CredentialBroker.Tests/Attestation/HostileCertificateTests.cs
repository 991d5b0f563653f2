using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CredentialBroker.Attestation;
using CredentialBroker.Protocol;
using CredentialBroker.Tests.TestInfra;

namespace CredentialBroker.Tests.Attestation;

/// <summary>R14, R27: X.509-SVIDs by client certificate, and what is wrong with those that are refused.</summary>
public sealed class HostileCertificateTests
{
    private static readonly FakeClock Clock = new();
    private static readonly TestDomain Prod = new("prod.example", Clock);
    private static readonly TestDomain Test = new("test.example", Clock);

    // Its root is named as the honest one's, so that only the key tells them apart.
    private static readonly TestDomain Twin = new("prod.example", Clock, "CN=prod.example root");

    private static readonly Dictionary<string, (string Code, Func<Evidence> Forge)> Cases = new()
    {
        ["no URI"] = (ReasonCodes.EvidenceCertificate, () => Leaf(w => w with { Uris = [] })),
        ["a DNS name only"] = (ReasonCodes.EvidenceCertificate, () => Leaf(w => w with { Uris = [], DnsNames = ["checkout.shop"] })),
        ["two URIs"] = (ReasonCodes.EvidenceCertificate, () => Leaf(w => w with { Uris = [Prod.Id, "spiffe://prod.example/admin"] })),
        ["the same URI twice"] = (ReasonCodes.EvidenceCertificate, () => Leaf(w => w with { Uris = [Prod.Id, Prod.Id] })),
        ["a URI of the web beside"] = (ReasonCodes.EvidenceCertificate, () => Leaf(w => w with { Uris = [Prod.Id, "https://prod.example/"] })),
        ["a URI of the web alone"] = (ReasonCodes.EvidenceCertificate, () => Leaf(w => w with { Uris = ["https://prod.example/shop"] })),
        ["the domain alone"] = (ReasonCodes.EvidenceCertificate, () => Named("spiffe://prod.example")),
        ["a percent"] = (ReasonCodes.EvidenceCertificate, () => Named("spiffe://prod.example/shop%2fcheckout")),
        ["a dot segment"] = (ReasonCodes.EvidenceCertificate, () => Named("spiffe://prod.example/shop/../admin")),
        ["an empty segment"] = (ReasonCodes.EvidenceCertificate, () => Named("spiffe://prod.example//shop")),
        ["a trailing slash"] = (ReasonCodes.EvidenceCertificate, () => Named("spiffe://prod.example/shop/")),
        ["a port"] = (ReasonCodes.EvidenceCertificate, () => Named("spiffe://prod.example:8443/shop")),
        ["a user"] = (ReasonCodes.EvidenceCertificate, () => Named("spiffe://a@prod.example/shop")),
        ["a query"] = (ReasonCodes.EvidenceCertificate, () => Named("spiffe://prod.example/shop?x=1")),
        ["a fragment"] = (ReasonCodes.EvidenceCertificate, () => Named("spiffe://prod.example/shop#x")),
        ["another case in the domain"] = (ReasonCodes.EvidenceCertificate, () => Named("spiffe://Prod.example/shop")),
        ["another case in the scheme"] = (ReasonCodes.EvidenceCertificate, () => Named("SPIFFE://prod.example/shop")),
        ["an embedded NUL"] = (ReasonCodes.EvidenceCertificate, () => Named("spiffe://prod.example/shop\0.evil.example")),
        ["a line break"] = (ReasonCodes.EvidenceCertificate, () => Named("spiffe://prod.example/shop\n")),
        ["octets outside ASCII"] = (ReasonCodes.EvidenceCertificate, () => Leaf(w => w with { Uris = [], More = [NameBytes("spiffe://prod.example/sh\u043ep"u8)] })),
        ["2049 octets"] = (ReasonCodes.EvidenceCertificate, () => Named("spiffe://prod.example/" + new string('a', 2049 - 22))),
        ["alternative names twice"] = (ReasonCodes.EvidenceCertificate, NamedTwice),
        ["alternative names that are no sequence"] = (ReasonCodes.EvidenceCertificate, () => Leaf(w => w with { Uris = [], More = [new X509Extension("2.5.29.17", [0x04, 0x01, 0x00], false)] })),
        ["alternative names with data behind them"] = (ReasonCodes.EvidenceCertificate, () => Leaf(w => w with { Uris = [], More = [new X509Extension("2.5.29.17", [.. NameBytes("spiffe://prod.example/shop"u8).RawData, 0x05, 0x00], false)] })),
        ["a leaf that is a CA"] = (ReasonCodes.EvidenceCertificate, () => Leaf(w => w with { Authority = true })),
        ["a leaf that may sign certificates"] = (ReasonCodes.EvidenceCertificate, () => Leaf(w => w with { Usage = X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyCertSign })),
        ["a leaf that may sign revocation lists"] = (ReasonCodes.EvidenceCertificate, () => Leaf(w => w with { Usage = X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.CrlSign })),
        ["no key usage"] = (ReasonCodes.EvidenceCertificate, () => Leaf(w => w with { Usage = null })),
        ["key usage that is not critical"] = (ReasonCodes.EvidenceCertificate, () => Leaf(w => w with { UsageCritical = false })),
        ["key usage without signatures"] = (ReasonCodes.EvidenceCertificate, () => Leaf(w => w with { Usage = X509KeyUsageFlags.KeyEncipherment })),
        ["for servers only"] = (ReasonCodes.EvidenceCertificate, () => Leaf(w => w with { ExtendedUses = [SvidForm.ServerUse] })),
        ["for code signing only"] = (ReasonCodes.EvidenceCertificate, () => Leaf(w => w with { ExtendedUses = ["1.3.6.1.5.5.7.3.3"] })),
        ["basic constraints that cannot be read"] = (ReasonCodes.EvidenceCertificate, () => Leaf(w => w with { More = [new X509Extension("2.5.29.19", [0x30, 0x05, 0x01], true)] })),
        ["more than 16 KiB"] = (ReasonCodes.EvidenceCertificate, () => Leaf(w => w with { More = [new X509Extension("1.2.3.4", new byte[16 * 1024], false)] })),

        ["a domain nobody trusts"] = (ReasonCodes.EvidenceUntrustedIssuer, () => Named("spiffe://evil.example/shop")),
        ["no domain's, by a public root"] = (ReasonCodes.EvidenceUntrustedIssuer, () => new(null, TestSigner.Root("CN=public", Clock).Issue(Prod.Wish with { Uris = ["spiffe://public.example/x"] }))),

        ["signed by itself"] = (ReasonCodes.EvidenceChain, () => new(null, SelfSigned())),
        ["signed by another domain's authority"] = (ReasonCodes.EvidenceChain, () => Test.Svid(Prod.Wish)),
        ["another domain's name by this one's authority"] = (ReasonCodes.EvidenceChain, () => Prod.Svid(Test.Wish)),
        ["a root of the same name with another key"] = (ReasonCodes.EvidenceChain, () => Twin.Svid()),
        ["a root of the same name, sent along"] = (ReasonCodes.EvidenceChain, () => Twin.Svid() with { Chain = [Twin.Intermediate.Certificate, Twin.Root.Certificate] }),
        ["an extra root beside the honest ones"] = (ReasonCodes.EvidenceChain, () => new(null, Twin.Root.Issue(Prod.Wish)) { Chain = [Twin.Root.Certificate, Prod.Intermediate.Certificate, Prod.Root.Certificate] }),
        ["the intermediate is missing"] = (ReasonCodes.EvidenceChain, () => Prod.Svid() with { Chain = [] }),
        ["another intermediate came"] = (ReasonCodes.EvidenceChain, () => Prod.Svid() with { Chain = [Test.Intermediate.Certificate] }),
        ["signed by a workload's certificate"] = (ReasonCodes.EvidenceChain, () => By(Prod.Wish)),
        ["signed by an intermediate that is no CA"] = (ReasonCodes.EvidenceChain, () => By(CertificateWish.Signer("CN=no ca") with { Authority = false })),
        ["signed by an intermediate that may not sign"] = (ReasonCodes.EvidenceChain, () => By(CertificateWish.Signer("CN=no sign") with { Usage = X509KeyUsageFlags.DigitalSignature })),
        ["signed below an intermediate without room"] = (ReasonCodes.EvidenceChain, BelowPathLengthZero),
        ["signed by an intermediate named for another domain"] = (ReasonCodes.EvidenceChain, () => By(CertificateWish.Signer("CN=foreign") with { Uris = ["spiffe://test.example"] })),
        ["signed by an intermediate of two names"] = (ReasonCodes.EvidenceChain, () => By(CertificateWish.Signer("CN=both") with { Uris = ["spiffe://prod.example", "spiffe://test.example"] })),
        ["signed by an intermediate for servers only"] = (ReasonCodes.EvidenceChain, () => By(CertificateWish.Signer("CN=servers") with { ExtendedUses = [SvidForm.ServerUse] })),
        ["outside the intermediate's permitted names"] = (ReasonCodes.EvidenceChain, () => By(CertificateWish.Signer("CN=permitted") with { More = [NameConstraint(0, "test.example")] })),
        ["inside the intermediate's excluded names"] = (ReasonCodes.EvidenceChain, () => By(CertificateWish.Signer("CN=excluded") with { More = [NameConstraint(1, "prod.example")] })),
        ["a critical extension nobody knows"] = (ReasonCodes.EvidenceChain, () => Leaf(w => w with { More = [new X509Extension("1.2.3.4.5", [0x05, 0x00], true)] })),
        ["a critical extension nobody knows in the intermediate"] = (ReasonCodes.EvidenceChain, () => By(CertificateWish.Signer("CN=odd") with { More = [new X509Extension("1.2.3.4.5", [0x05, 0x00], true)] })),
        ["a chain of six"] = (ReasonCodes.EvidenceChain, () => Deep(4)),
        ["more certificates than a chain has"] = (ReasonCodes.EvidenceChain, () => Prod.Svid() with { Chain = [.. Enumerable.Repeat(Prod.Intermediate.Certificate, 6)] }),
        ["a changed signature"] = (ReasonCodes.EvidenceChain, Tampered),

        ["expired"] = (ReasonCodes.EvidenceLifetime, () => Leaf(w => w with { Begins = -60, Ends = -1 })),
        ["not valid yet"] = (ReasonCodes.EvidenceLifetime, () => Leaf(w => w with { Begins = 1, Ends = 30 })),
        ["lives longer than an hour and its minute"] = (ReasonCodes.EvidenceLifetime, () => Leaf(w => w with { Begins = -1, Ends = 62 })),
        ["the intermediate is expired"] = (ReasonCodes.EvidenceLifetime, () => By(CertificateWish.Signer("CN=old", ends: -1))),
        ["the intermediate is not valid yet"] = (ReasonCodes.EvidenceLifetime, () => By(CertificateWish.Signer("CN=new") with { Begins = 1 })),

        ["SHA-1"] = (ReasonCodes.EvidenceAlgorithm, () => Leaf(w => w with { Hash = HashAlgorithmName.SHA1 })),
        ["SHA-1 in the intermediate"] = (ReasonCodes.EvidenceAlgorithm, () => By(CertificateWish.Signer("CN=sha1") with { Hash = HashAlgorithmName.SHA1 })),
        ["RSA of 1024 bits"] = (ReasonCodes.EvidenceAlgorithm, () => Leaf(w => w with { Key = "1024" })),
        ["RSA of 1024 bits in the intermediate"] = (ReasonCodes.EvidenceAlgorithm, () => By(CertificateWish.Signer("CN=short") with { Key = "1024" })),
        ["EC of 192 bits"] = (ReasonCodes.EvidenceAlgorithm, () => Leaf(w => w with { Key = "P-192" })),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task R27_is_refused_with_its_own_code(string name) => await TestDomain.Attestation(Prod, Test).RefusesAsync(Cases[name].Forge(), Cases[name].Code);

    [Fact]
    public async Task R14_a_certificate_of_the_trust_domain_proves_the_workload()
    {
        var evidence = Prod.Svid();
        var workload = await TestDomain.Attestation(Prod, Test).ProvenAsync(evidence);
        Assert.Equal(("prod-example", "spiffe", Prod.Id, Prod.Id, 5), (workload.Source, workload.Kind, workload.Uri, workload.Instance, workload.Strength));
        Assert.Equal($"prod-example:x5t.{Convert.ToHexStringLower(SHA256.HashData(evidence.Certificate!.RawData))}", workload.EvidenceId);
        Assert.Equal(new DateTimeOffset(evidence.Certificate.NotAfter).ToUnixTimeMilliseconds(), workload.EvidenceExpiresAt);
        Assert.Equal(EvidenceReuse.Always, workload.Reuse);
    }

    public static TheoryData<string> Sound => ["P-256", "P-384", "2048"];

    [Theory]
    [MemberData(nameof(Sound))]
    public async Task Every_sound_key_proves(string key) => _ = await TestDomain.Attestation(Prod).ProvenAsync(Leaf(w => w with { Key = key }));

    [Fact]
    public async Task What_the_standard_leaves_open_is_accepted()
    {
        var attestation = TestDomain.Attestation(Prod);
        _ = await attestation.ProvenAsync(Leaf(w => w with { ExtendedUses = [] }));
        _ = await attestation.ProvenAsync(Leaf(w => w with { DnsNames = ["checkout.shop"] }));
        _ = await attestation.ProvenAsync(Leaf(w => w with { PathLength = null, More = [new X509BasicConstraintsExtension(false, false, 0, true)] }));
        _ = await attestation.ProvenAsync(new Evidence(null, Prod.Root.Issue(Prod.Wish)));
        _ = await attestation.ProvenAsync(Deep(2));
        _ = await attestation.ProvenAsync(By(CertificateWish.Signer("CN=inside") with { More = [NameConstraint(0, "prod.example")] }));
    }

    [Fact]
    public async Task The_brokers_clock_is_the_one_that_counts()
    {
        var clock = new FakeClock(Clock.GetUtcNow());
        var domain = new TestDomain("prod.example", clock);
        var attestation = TestDomain.Attestation(domain);
        var evidence = domain.Svid();
        _ = await attestation.ProvenAsync(evidence);
        clock.Advance(TimeSpan.FromMinutes(60));
        await attestation.RefusesAsync(evidence, ReasonCodes.EvidenceLifetime);
    }

    [Fact]
    public async Task A_bearer_that_came_is_what_is_judged()
    {
        var attestation = TestDomain.Attestation(Prod, Test);
        await attestation.RefusesAsync(Prod.Svid() with { Bearer = "abc" }, ReasonCodes.EvidenceMalformed);
        var workload = await attestation.ProvenAsync(Prod.Svid() with { Bearer = Test.Token() });
        Assert.Equal((Test.Id, 2), (workload.Uri, workload.Strength));
    }

    [Fact]
    public async Task A_domain_whose_bundle_cannot_be_had_vouches_for_nobody() => await TestDomain
        .Attestation((Prod, Prod.Source(() => throw new HttpRequestException("down")))).RefusesAsync(Prod.Svid(), ReasonCodes.EvidenceKeysUnavailable);

    [Fact]
    public void Evidence_tells_nothing_of_itself() => Assert.DoesNotContain("secret", new Evidence("secret").ToString(), StringComparison.Ordinal);

    private static Evidence Leaf(Func<CertificateWish, CertificateWish> change) => Prod.Svid(change(Prod.Wish));

    private static Evidence Named(string uri) => Leaf(w => w with { Uris = [], More = [NameBytes(System.Text.Encoding.ASCII.GetBytes(uri))] });

    private static Evidence By(CertificateWish signer)
    {
        var between = Prod.Root.Signer(signer);
        return new Evidence(null, between.Issue(Prod.Wish with { Ends = Math.Max(1, Math.Min(59, signer.Ends)) })) { Chain = [between.Certificate] };
    }

    private static Evidence Deep(int between)
    {
        var chain = new List<TestSigner> { Prod.Root };
        for (var i = 0; i < between; i++) chain.Add(chain[^1].Signer(CertificateWish.Signer($"CN=level {i}")));
        return new Evidence(null, chain[^1].Issue(Prod.Wish)) { Chain = [.. chain.Skip(1).Select(signer => signer.Certificate)] };
    }

    private static Evidence BelowPathLengthZero()
    {
        var upper = Prod.Root.Signer(CertificateWish.Signer("CN=upper") with { PathLength = 0 });
        var lower = upper.Signer(CertificateWish.Signer("CN=lower"));
        return new Evidence(null, lower.Issue(Prod.Wish)) { Chain = [upper.Certificate, lower.Certificate] };
    }

    // The framework signs no certificate with an extension twice, so another one's name is changed afterwards. The signature
    // breaks by that, but the form is judged first.
    private static Evidence NamedTwice()
    {
        var made = Leaf(w => w with { More = [new X509Extension("2.5.29.18", NameBytes("spiffe://prod.example/admin"u8).RawData, false)] });
        var bytes = made.Certificate!.RawData;
        bytes[bytes.AsSpan().IndexOf((ReadOnlySpan<byte>)[0x06, 0x03, 0x55, 0x1D, 0x12]) + 4] = 0x11;
        return made with { Certificate = X509CertificateLoader.LoadCertificate(bytes) };
    }

    private static Evidence Tampered()
    {
        var good = Prod.Svid();
        var bytes = good.Certificate!.RawData;
        bytes[^1] ^= 1;
        return good with { Certificate = X509CertificateLoader.LoadCertificate(bytes) };
    }

    private static X509Certificate2 SelfSigned() => TestSigner.Root("CN=self", Clock, Prod.Wish).Certificate;

    /// <summary>Alternative names with one URI of these octets, whatever they are.</summary>
    private static X509Extension NameBytes(ReadOnlySpan<byte> uri)
    {
        var names = new AsnWriter(AsnEncodingRules.DER);
        using (names.PushSequence()) names.WriteOctetString(uri, new Asn1Tag(TagClass.ContextSpecific, 6));
        return new X509Extension("2.5.29.17", names.Encode(), critical: false);
    }

    /// <summary>Permitted (0) or excluded (1) URIs by their host (RFC 5280 section 4.2.1.10).</summary>
    private static X509Extension NameConstraint(int list, string host)
    {
        var constraints = new AsnWriter(AsnEncodingRules.DER);
        using (constraints.PushSequence())
        using (constraints.PushSequence(new Asn1Tag(TagClass.ContextSpecific, list)))
        using (constraints.PushSequence())
        {
            constraints.WriteCharacterString(UniversalTagNumber.IA5String, host, new Asn1Tag(TagClass.ContextSpecific, 6));
        }

        return new X509Extension("2.5.29.30", constraints.Encode(), critical: true);
    }
}
