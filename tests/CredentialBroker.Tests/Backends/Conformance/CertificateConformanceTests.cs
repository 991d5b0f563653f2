namespace CredentialBroker.Backends.Conformance;

public sealed class CertificateConformanceTests
{
    private static readonly Dictionary<string, (string Check, Func<Backend, Backend> Of)> Broken = new()
    {
        ["PlanIsRandom"] = ("plan is pure", real => new Mutations.PlanIsRandom(real)),
        ["HandleIsHuge"] = ("handle is small", real => new Mutations.HandleIsHuge(real)),
        ["HandleHoldsSecret"] = ("handle holds no secret", real => new Mutations.HandleHoldsSecret(real)),
        ["SecretIsAnother"] = ("minted credential works", real => new Mutations.SecretIsAnother(real)),
        ["ExpiryIgnored"] = ("expiry is as ordered", real => new Mutations.ExpiryIgnored(real)),
        ["ExpiryNeverComes"] = ("expired credential is refused", real => new Mutations.ExpiryIgnored(real)),
        ["MintIgnoresDeadline"] = ("late mint makes nothing", real => new Mutations.MintIgnoresDeadline(real)),
        ["RenewDoesNothing"] = ("renew lives longer", real => new Mutations.RenewDoesNothing(real)),
        ["SecondEndFails"] = ("end twice is harmless", real => new Mutations.SecondEndFails(real)),
        ["EndNeedsMint"] = ("end before mint succeeds", real => new Mutations.EndNeedsMint(real)),
        ["ConcurrentEndFails"] = ("concurrent ends succeed", real => new Mutations.SecondEndFails(real)),
        ["ProbeAlwaysAlive"] = ("probe tells the truth", real => new Mutations.ProbeAlwaysAlive(real)),
    };

    public static TheoryData<string> Names => [.. Broken.Keys];

    [Fact]
    public async Task The_backend_passes_every_check()
    {
        await using var harness = new CertificateHarness();
        Assert.Empty(await BackendConformance.RunAsync(harness));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_broken_backend_fails_the_suite(string mutation)
    {
        await using var harness = new CertificateHarness();
        var (check, of) = Broken[mutation];
        harness.Backend = of(harness.Backend);
        Assert.StartsWith(check, Assert.Single(await BackendConformance.RunAsync(harness, check)), StringComparison.Ordinal);
    }
}
