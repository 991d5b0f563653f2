using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CredentialBroker.Backends.Conformance;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Certificate;

public sealed class CertificateGrantTests
{
    private const string Section = """
        target: mesh
        path: "/ns/{workload.namespace}/sa/{job}"
        parameters: { job: { type: slug } }
        dnsNames: [checkout.shop.svc]
        usages: [client]
        """;

    private static readonly Dictionary<string, string> Facts = new() { ["workload.namespace"] = "shop", ["workload.uri"] = "k8s://prod/shop/checkout" };

    [Fact]
    public async Task A_certificate_says_what_the_template_says_and_nothing_else()
    {
        await using var harness = new CertificateHarness();
        var grant = ((Narrowed.To)Compile(harness, Section)!.Narrow(Job("build"), null, Facts)).Grant;
        var order = harness.NewOrder(TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(1)) with { Grant = grant };
        var minted = await harness.Backend.MintAsync(harness.Backend.Plan(order), order, default);
        using var leaf = X509Certificate2.CreateFromPem(CertificateHarness.Parts(minted.Secret)["certificate"]);

        Assert.Equal($"CN={order.LeaseId}, O=CredentialBroker", leaf.Subject);
        Assert.Equal("/ns/shop/sa/build", new Uri(((CertificateGrant)grant).SpiffeId).AbsolutePath);
        var names = leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single();
        Assert.Equal(["checkout.shop.svc"], names.EnumerateDnsNames());
        Assert.Contains("spiffe://prod.example/ns/shop/sa/build", System.Text.Encoding.Latin1.GetString(names.RawData), StringComparison.Ordinal);
        Assert.False(leaf.Extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority);
        Assert.Equal(X509KeyUsageFlags.DigitalSignature, leaf.Extensions.OfType<X509KeyUsageExtension>().Single().KeyUsages);
        Assert.Equal("1.3.6.1.5.5.7.3.2", Assert.Single(leaf.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages.Cast<Oid>()).Value);
        Assert.Equal(order.EndsAt / 1000 * 1000, new DateTimeOffset(leaf.NotAfter).ToUnixTimeMilliseconds());
        Assert.Equal(32, leaf.SerialNumber.Length);
        Assert.Equal(Revocability.Condition, harness.Backend.RevocabilityOf(grant));
        Assert.Equal(Revocability.ExpiryOnly, harness.Backend.RevocabilityOf((CertificateGrant)grant with { ChecksRevocation = false }));
        Assert.Equal(("spiffe://prod.example/ns/shop/sa/build", 2), (Assert.Single(grant.Privileges).Resource, grant.Privileges[0].Actions.Count));
    }

    [Fact]
    public async Task A_renewal_has_a_new_serial_and_the_handle_keeps_both_until_they_expire()
    {
        await using var harness = new CertificateHarness();
        var order = harness.NewOrder(TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(20));
        var first = await harness.Backend.MintAsync(harness.Backend.Plan(order), order, default);
        var second = await harness.Backend.RenewAsync(first.Handle!, order with { EndsAt = order.EndsAt + 300_000 }, default);
        var both = CertificateBackend.LivingSerials(second.Handle!, order.EndsAt - 300_000)!;
        Assert.Equal(2, both.Select(serial => serial.Number).Distinct().Count());
        Assert.Single(CertificateBackend.LivingSerials(second.Handle!, order.EndsAt)!);
        await harness.PassAsync(TimeSpan.FromMinutes(6));
        var third = await harness.Backend.RenewAsync(second.Handle!, order with { EndsAt = order.EndsAt + 600_000 }, default);
        Assert.Equal(2, CertificateBackend.LivingSerials(third.Handle!, 0)!.Count);

        var handle = first.Handle!;
        await Assert.ThrowsAsync<BackendException>(async () =>
        {
            for (var i = 0; i < 100; i++) handle = (await harness.Backend.RenewAsync(handle, order with { EndsAt = order.EndsAt + 600_000 }, default)).Handle!;
        });
        Assert.True(handle.Length <= Handle.MaxBytes);
    }

    [Fact]
    public async Task Nothing_that_fills_a_hole_leaves_its_segment()
    {
        await using var harness = new CertificateHarness();
        var grant = Compile(harness, Section.Replace("{ type: slug }", "{ type: enum, values: [\"a/b\", \"..\", \".\", \"a:b\", ok] }", StringComparison.Ordinal))!;
        string Code(string job, string ns = "shop", Intent? approved = null) => grant.Narrow(Job(job), approved, new Dictionary<string, string> { ["workload.namespace"] = ns }) is Narrowed.Refused refused
            ? refused.Code
            : "granted";
        Assert.Equal("granted", Code("ok"));
        foreach (var job in new[] { "a/b", "..", ".", "a:b", "other", "" }) Assert.Equal(ReasonCodes.ParameterRefused, Code(job));
        foreach (var ns in new[] { "a/b", "..", ".", "", "a b", "a%2fb", "a\0", "*", "{job}", "ä", new string('a', 129) }) Assert.Equal(ReasonCodes.ParameterRefused, Code("ok", ns));
        Assert.Equal(ReasonCodes.IntentRefused, Code("ok", approved: new Intent(null, new Dictionary<string, string> { ["job"] = ".." })));
        Assert.IsType<Narrowed.Refused>(grant.Narrow(new Intent(["admin"]), null, Facts));
        Assert.IsType<Narrowed.Refused>(grant.Narrow(null, null, Facts));
    }

    [Theory]
    [InlineData("{ target: other, path: /fixed, usages: [client] }", "target")]
    [InlineData("{ target: mesh, path: /ns/shop, usages: [client] }", "path")]
    [InlineData("{ target: mesh, path: /ns/shop/sa/a/b, usages: [client] }", "path")]
    [InlineData("{ target: mesh, path: '/ns/../sa/a', usages: [client] }", "path")]
    [InlineData("{ target: mesh, path: '/ns//sa/a', usages: [client] }", "path")]
    [InlineData("{ target: mesh, path: '/ns/*/sa/a', usages: [client] }", "path")]
    [InlineData("{ target: mesh, path: '/{workload.namespace}', usages: [client] }", "path")]
    [InlineData("{ target: mesh, path: '/ns/{x}/sa/a', usages: [client] }", "path")]
    [InlineData("{ target: mesh, path: /fixed, parameters: { x: { type: slug } }, usages: [client] }", "parameters.x")]
    [InlineData("{ target: mesh, path: /fixed, usages: [client], dnsNames: [other.svc] }", "dnsNames[0]")]
    [InlineData("{ target: mesh, path: /fixed, usages: [signing] }", "usages[0]")]
    [InlineData("{ target: mesh, path: /fixed }", "usages")]
    [InlineData("{ target: mesh, path: /fixed, usages: [client], subject: CN=root }", "subject")]
    public async Task A_mistake_is_told_with_its_place(string section, string path)
    {
        await using var harness = new CertificateHarness();
        var mistakes = new Mistakes("t.yaml");
        Assert.Null(harness.Backend.Compile(Yaml.Parse(section), mistakes));
        Assert.Contains(mistakes.All, mistake => mistake.Path == $"backend.certificate.{path}");
    }

    [Fact]
    public void A_target_allows_whole_names_only()
    {
        var sound = CertificateHarness.Targets[CertificateHarness.TargetName];
        Assert.Empty(sound.Validate("x"));
        foreach (var wrong in new CertificateTarget[]
        {
            sound with { TrustDomain = "" }, sound with { TrustDomain = "Prod.example" }, sound with { TrustDomain = "a/b" }, sound with { Paths = [] }, sound with { Paths = ["ns"] },
            sound with { Paths = ["/ns/a*"] }, sound with { Paths = ["/ns/../x"] }, sound with { DnsNames = ["*.svc"] }, sound with { DnsNames = ["A.svc"] }, sound with { DnsNames = ["a..svc"] },
            sound with { Usages = [] }, sound with { Usages = ["any"] },
        }) Assert.Single(wrong.Validate("x"));
    }

    private static Intent Job(string job) => new(null, new Dictionary<string, string> { ["job"] = job });

    private static Grant? Compile(CertificateHarness harness, string section) => harness.Backend.Compile(Yaml.Parse(section), new Mistakes("t.yaml"));
}
