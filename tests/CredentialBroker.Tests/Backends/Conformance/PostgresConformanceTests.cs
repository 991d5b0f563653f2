using CredentialBroker.TestInfra;

namespace CredentialBroker.Backends.Conformance;

[Collection("postgres")]
public sealed class PostgresConformanceTests(PostgresFixture postgres)
{
    private static readonly Dictionary<string, (string Check, Func<PostgresHarness, Backend> Of)> Broken = new()
    {
        ["PlanIsRandom"] = ("plan is pure", on => new Mutations.PlanIsRandom(on.Backend)),
        ["HandleIsHuge"] = ("handle is small", on => new Mutations.HandleIsHuge(on.Backend)),
        ["HandleHoldsSecret"] = ("handle holds no secret", on => new Mutations.HandleHoldsSecret(on.Backend)),
        ["SecretIsAnother"] = ("minted credential works", on => new Mutations.SecretIsAnother(on.Backend)),
        ["ExpiryIgnored"] = ("expiry is as ordered", on => new Mutations.ExpiryIgnored(on.Backend)),
        ["ExpiryNeverComes"] = ("expired credential is refused", on => new Mutations.ExpiryIgnored(on.Backend)),
        ["MintIgnoresDeadline"] = ("late mint makes nothing", on => new Mutations.MintIgnoresDeadline(on.Backend)),
        ["SecondMintForgotten"] = ("second mint replaces the first", on => new Mutations.SecondMintForgotten(on.Backend)),
        ["RenewDoesNothing"] = ("renew lives longer", on => new Mutations.RenewDoesNothing(on.Backend)),
        ["RenewRevivesEnded"] = ("renew after end makes nothing", on => new Mutations.RenewRevivesEnded(on.Backend)),
        ["EndDoesNothing"] = ("ended credential is refused", on => new Mutations.EndDoesNothing(on.Backend)),
        ["EndLeavesLogin"] = ("ended credential is refused", on => new Mutations.EndLeavesLogin(on.Backend, on.Rig)),
        ["SecondEndFails"] = ("end twice is harmless", on => new Mutations.SecondEndFails(on.Backend)),
        ["ConcurrentEndFails"] = ("concurrent ends succeed", on => new Mutations.SecondEndFails(on.Backend)),
        ["EndNeedsMint"] = ("end before mint succeeds", on => new Mutations.EndNeedsMint(on.Backend)),
        ["ProbeAlwaysAlive"] = ("probe tells the truth", on => new Mutations.ProbeAlwaysAlive(on.Backend)),
        ["EndForgetsSessions"] = ("end cuts sessions", on => new Mutations.EndForgetsSessions(on.Backend, on.Rig)),
    };

    public static TheoryData<string> Names => [.. Broken.Keys];

    [Fact]
    public async Task The_backend_passes_every_check()
    {
        await using var harness = await PostgresHarness.StartAsync(postgres);
        Assert.Equal("", string.Join("\n", await BackendConformance.RunAsync(harness)));
    }

    [Fact]
    public async Task The_backend_passes_every_check_behind_its_guard()
    {
        await using var harness = await PostgresHarness.StartAsync(postgres);
        using var meters = new Meters();
        var metrics = new BackendMetrics(meters);
        using var guarded = new GuardedBackend(harness.Backend, _ => new GateLimits(4, 4), metrics, TimeProvider.System);
        harness.Backend = guarded;
        Assert.Equal("", string.Join("\n", await BackendConformance.RunAsync(harness)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_broken_backend_fails_the_suite(string mutation)
    {
        await using var harness = await PostgresHarness.StartAsync(postgres);
        var (check, of) = Broken[mutation];
        harness.Backend = of(harness);
        Assert.StartsWith(check, Assert.Single(await BackendConformance.RunAsync(harness, check)), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_check_notices_something() => Assert.Empty(BackendConformance.Checks.Keys.Except(Broken.Values.Select(broken => broken.Check)));
}
